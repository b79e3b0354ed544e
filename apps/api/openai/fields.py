"""Reads single fields of a request's JSON, and refuses what does not fit in OpenAI's words. Pure."""

from collections.abc import Mapping
from typing import Any

from apps.api.openai.errors import DialectError, invalid


def body_object(body: object) -> Mapping[str, Any]:
    """The body's fields; DialectError (400) for anything but an object, as each reader here raises one."""
    if not isinstance(body, Mapping):
        raise invalid("The body is a JSON object.")
    return body


def unrecognised(name: str) -> DialectError:
    """400: a parameter that nobody knows here."""
    return invalid(f"Unrecognized request argument supplied: {name[:100]}", name[:100], "unknown_parameter")


def model_named(fields: Mapping[str, Any]) -> str:
    """The model's id."""
    model = fields.get("model")
    if not isinstance(model, str) or not model or "\0" in model:
        raise invalid("You must provide a 'model' parameter: GET /v1/models lists them.", "model")
    return model


def flag(fields: Mapping[str, Any], name: str) -> bool:
    """True or false; false where it is left out."""
    value = fields.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(f"'{name}' is true or false.", name)
    return bool(value)


def number(fields: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    """A number from `low` to `high`; None where it is left out."""
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise invalid(f"'{name}' is a number between {low} and {high}.", name)
    return float(value)


def whole(fields: Mapping[str, Any], name: str, low: int | None) -> int | None:
    """A whole number of at least `low` (None: any); None where it is left out."""
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        raise invalid(f"'{name}' is a whole number.", name)
    if low is not None and value < low:
        raise invalid(f"'{name}' is at least {low}.", name)
    return value


def text(fields: Mapping[str, Any], name: str) -> str | None:
    """A string; None where it is left out."""
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(f"'{name}' is a string.", name)
    return value


def words(value: object, where: str, most: int) -> str:
    """A string of 1 to `most` characters that can be kept: without NUL."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise invalid(f"'{where}' is a string that is not empty.", where)
    if len(value) > most:
        raise invalid(f"'{where}' has at most {most:,} characters.", where, "string_above_max_length")
    return value


def refuse_others(fields: Mapping[str, Any], known: frozenset[str]) -> None:
    """Nothing is dropped in silence: a parameter with a value that is not `known` is refused."""
    for name in fields.keys() - known:
        if fields[name] is not None:
            raise unrecognised(name)
