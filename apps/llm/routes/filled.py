"""A route's definition from its filled form, and the form's values from a stored definition. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final


def definition_of(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The definition's JSON from the fields of RouteForm, with the stored references that it offers."""
    return _READ[kind](data)


def initial_of(kind: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    """The fields' values from a stored definition."""
    return _WRITTEN[kind](definition)


def numbers(names: Iterable[str], first: str) -> list[int]:
    """The numbers, from 1, of the rows that have this field, in order."""
    pattern = re.compile(rf"{first}_([1-9]\d?)")
    return sorted(int(found[1]) for name in names if (found := pattern.fullmatch(name)))


def _used(data: Mapping[str, Any], name: str) -> list[int]:
    """The rows in which this field is filled."""
    return [n for n in numbers(data, name) if data[f"{name}_{n}"]]


def _filled(data: Mapping[str, Any], name: str) -> list[str]:
    return [data[f"{name}_{n}"] for n in _used(data, name)]


def _fallback(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "members": _filled(data, "member"),
        "on": list(data["on"]),
        "first_token_s": data["first_token_s"],
    }


def _by_class(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"members": _filled(data, "member")}


def _ranked(data: Mapping[str, Any]) -> dict[str, Any]:
    candidates = [
        {"ref": data[f"model_{n}"], "quality": _number(data[f"quality_{n}"])} for n in _used(data, "model")
    ]
    minimum = _number(data["minimum_quality"])
    return {"candidates": candidates, "abilities": list(data["abilities"]), "minimum_quality": minimum}


def _task(data: Mapping[str, Any]) -> dict[str, Any]:
    labels = [
        {"name": data[f"kind_{n}"], "description": data[f"about_{n}"], "use": data[f"kind_use_{n}"]}
        for n in _used(data, "kind")
    ]
    return {
        "rules": [{"when": _when(data, n), "use": data[f"use_{n}"]} for n in _used(data, "use")],
        "otherwise": data["otherwise"],
        "classifier": {"model": data["classifier"], "labels": labels} if data["classifier"] else None,
    }


def _when(data: Mapping[str, Any], n: int) -> dict[str, Any]:
    hours = (data[f"from_{n}"], data[f"to_{n}"])
    values = {
        "longer_than": data[f"longer_{n}"],
        "shorter_than": data[f"shorter_{n}"],
        "attachments": _yes(data[f"attachments_{n}"]),
        "code": _yes(data[f"code_{n}"]),
        "languages": list(data[f"languages_{n}"]),
        "teams": list(data[f"teams_{n}"]),
        "hours": None if hours == (None, None) else [hours[0] or 0, 24 if hours[1] is None else hours[1]],
    }
    return {name: value for name, value in values.items() if value is not None and value != []}


def _ensemble(data: Mapping[str, Any]) -> dict[str, Any]:
    cap = data["cap"]
    return {
        "members": _filled(data, "member"),
        "synthesiser": data["synthesiser"],
        "cap": None if cap is None else {"amount": str(cap), "currency": data["currency"] or "USD"},
    }


def _plain(*names: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return lambda data: {name: data.get(name, "") for name in names}


def _slots(name: str, values: Sequence[str]) -> dict[str, Any]:
    return {f"{name}_{n}": value for n, value in enumerate(values, 1)}


def _fallback_initial(stored: Mapping[str, Any]) -> dict[str, Any]:
    return _slots("member", stored["members"]) | {
        "on": stored["on"],
        "first_token_s": stored["first_token_s"],
    }


def _by_class_initial(stored: Mapping[str, Any]) -> dict[str, Any]:
    return _slots("member", stored["members"])


def _ranked_initial(stored: Mapping[str, Any]) -> dict[str, Any]:
    rated = stored["candidates"]
    return (
        _slots("model", [item["ref"] for item in rated])
        | _slots("quality", [str(item["quality"] or "") for item in rated])
        | {"abilities": stored["abilities"], "minimum_quality": str(stored["minimum_quality"] or "")}
    )


def _task_initial(stored: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"otherwise": stored["otherwise"]}
    for n, rule in enumerate(stored["rules"], 1):
        when = rule["when"]
        hours = when.get("hours") or (None, None)
        found |= {
            f"use_{n}": rule["use"],
            f"longer_{n}": when.get("longer_than"),
            f"shorter_{n}": when.get("shorter_than"),
            f"attachments_{n}": _said(when.get("attachments")),
            f"code_{n}": _said(when.get("code")),
            f"languages_{n}": when.get("languages", []),
            f"teams_{n}": when.get("teams", []),
            f"from_{n}": hours[0],
            f"to_{n}": hours[1],
        }
    classifier = stored.get("classifier") or {"model": "", "labels": []}
    found["classifier"] = classifier["model"]
    for n, label in enumerate(classifier["labels"], 1):
        found |= {
            f"kind_{n}": label["name"],
            f"about_{n}": label["description"],
            f"kind_use_{n}": label["use"],
        }
    return found


def _ensemble_initial(stored: Mapping[str, Any]) -> dict[str, Any]:
    cap = stored.get("cap") or {"amount": None, "currency": "USD"}
    return _slots("member", stored["members"]) | {
        "synthesiser": stored["synthesiser"],
        "cap": cap["amount"],
        "currency": cap["currency"],
    }


def _yes(value: str) -> bool | None:
    return {"yes": True, "no": False}.get(value)


def _said(value: bool | None) -> str:  # noqa: FBT001 - a stored value
    return {True: "yes", False: "no", None: ""}[value]


def _number(value: str) -> int | None:
    return int(value) if value else None


_CASCADE: Final = _plain("first", "checker", "second")
_JUDGE: Final = _plain("answerer", "judge")
_READ: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "fallback": _fallback,
    "data_class": _by_class,
    **dict.fromkeys(("cheapest", "fastest", "best_value"), _ranked),
    "task": _task,
    "cascade": _CASCADE,
    "judge": _JUDGE,
    "ensemble": _ensemble,
}
_WRITTEN: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "fallback": _fallback_initial,
    "data_class": _by_class_initial,
    **dict.fromkeys(("cheapest", "fastest", "best_value"), _ranked_initial),
    "task": _task_initial,
    "cascade": _CASCADE,
    "judge": _JUDGE,
    "ensemble": _ensemble_initial,
}
