"""OpenAI's filters over attributes: comparisons joined by `and` and `or`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEEPEST: Final = 8
MOST: Final = 100
_COMPARED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda have, value: have == value,
    "ne": lambda have, value: have != value,
    "gt": lambda have, value: have > value,
    "gte": lambda have, value: have >= value,
    "lt": lambda have, value: have < value,
    "lte": lambda have, value: have <= value,
    "in": lambda have, value: have in value,
    "nin": lambda have, value: have not in value,
}


class UnreadableFilterError(ValueError):
    """It is none; the message says what is wrong."""


def check(given: Any, depth: int = 1) -> int:
    """How many comparisons it has; raises UnreadableFilterError."""
    if not isinstance(given, dict) or depth > DEEPEST:
        raise UnreadableFilterError(f"A filter is an object, nested at most {DEEPEST} deep.")
    if given.get("type") in {"and", "or"}:
        parts = given.get("filters")
        if not isinstance(parts, list) or not parts:
            raise UnreadableFilterError("'and' and 'or' need a list of filters.")
        count = sum(check(part, depth + 1) for part in parts[: MOST + 1])
        if count > MOST or len(parts) > MOST:
            raise UnreadableFilterError(f"A filter has at most {MOST} comparisons.")
        return count
    _check_comparison(given)
    return 1


def matches(given: Mapping[str, Any], attributes: Mapping[str, Any]) -> bool:
    """Whether the attributes pass a checked filter; what is not said of a file compares to nothing."""
    if given["type"] in {"and", "or"}:
        parts = (matches(part, attributes) for part in given["filters"])
        return all(parts) if given["type"] == "and" else any(parts)
    have = attributes.get(given["key"])
    if have is None:
        return given["type"] in {"ne", "nin"}
    try:
        return _COMPARED[given["type"]](have, given["value"])
    except TypeError:
        return False


def _check_comparison(given: Mapping[str, Any]) -> None:
    kind, value = given.get("type"), given.get("value")
    if kind not in _COMPARED or not isinstance(given.get("key"), str):
        raise UnreadableFilterError(f"A comparison has a key, a value and a type: {', '.join(_COMPARED)}.")
    is_list = kind in {"in", "nin"}
    values = value if isinstance(value, list) and is_list else [value]
    if is_list != isinstance(value, list) or not all(isinstance(each, str | int | float) for each in values):
        raise UnreadableFilterError(
            "The value is a string, a number or a boolean; a list of them with in and nin."
        )
