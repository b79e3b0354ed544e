"""Writes a route's definition as JSON, with references as they are stored or as people know them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from apps.llm.routes.definitions import (
    ByClass,
    ByTask,
    Cascade,
    Classifier,
    Definition,
    Ensemble,
    Fallback,
    Judge,
    Ranked,
    Ref,
    When,
)

Name = Callable[[Ref], str]
REFERENCES: Final = frozenset(
    {"members", "ref", "use", "otherwise", "model", "first", "second", "checker", "answerer", "judge"}
    | {"synthesiser"}
)
"""The members of a definition's JSON that hold references."""


def written(definition: Definition, name: Name = str) -> dict[str, Any]:
    """The JSON that `reading.read` reads; `name` writes a reference."""
    match definition:
        case Fallback(members, on, first_token_s):
            return {
                "members": [name(ref) for ref in members],
                "on": sorted(kind.value for kind in on),
                "first_token_s": first_token_s,
            }
        case Ranked():
            return _ranked(definition, name)
        case ByTask(rules, otherwise, classifier):
            return {
                "rules": [{"when": _when(rule.when), "use": name(rule.use)} for rule in rules],
                "otherwise": name(otherwise),
                "classifier": None if classifier is None else _classifier(classifier, name),
            }
        case ByClass() | Cascade() | Judge():
            return _named(definition, name)
        case Ensemble(members, synthesiser, cap):
            return {
                "members": [name(ref) for ref in members],
                "synthesiser": name(synthesiser),
                "cap": None if cap is None else {"amount": f"{cap.amount:f}", "currency": cap.currency},
            }


def _named(definition: ByClass | Cascade | Judge, name: Name) -> dict[str, Any]:
    """What is made of references alone."""
    match definition:
        case ByClass(members):
            return {"members": [name(ref) for ref in members]}
        case Cascade(first, checker, second):
            return {"first": name(first), "checker": name(checker), "second": name(second)}
        case Judge(answerer, judge):
            return {"answerer": name(answerer), "judge": name(judge)}


def _ranked(definition: Ranked, name: Name) -> dict[str, Any]:
    return {
        "candidates": [{"ref": name(rated.ref), "quality": rated.quality} for rated in definition.candidates],
        "abilities": sorted(definition.abilities),
        "minimum_quality": definition.minimum_quality,
    }


def _when(when: When) -> dict[str, Any]:
    """What is set, and nothing else."""
    values: dict[str, Any] = {
        "longer_than": when.longer_than,
        "shorter_than": when.shorter_than,
        "attachments": when.attachments,
        "code": when.code,
        "languages": sorted(when.languages) or None,
        "teams": sorted(str(team) for team in when.teams) or None,
        "hours": list(when.hours) if when.hours else None,
    }
    return {key: value for key, value in values.items() if value is not None}


def _classifier(classifier: Classifier, name: Name) -> dict[str, Any]:
    return {
        "model": name(classifier.model),
        "labels": [
            {"name": label.name, "description": label.description, "use": name(label.use)}
            for label in classifier.labels
        ],
    }


def bound(data: Any, stored: Callable[[str], str]) -> Any:
    """The JSON with every reference as `stored` writes it; anything else as it is."""
    if isinstance(data, list):
        return [bound(item, stored) for item in data]
    if not isinstance(data, Mapping):
        return data
    return {key: _bound(key, value, stored) for key, value in data.items()}


def _bound(key: str, value: Any, stored: Callable[[str], str]) -> Any:
    if key not in REFERENCES:
        return bound(value, stored)
    if isinstance(value, str):
        return stored(value)
    if isinstance(value, list):
        return [stored(item) if isinstance(item, str) else item for item in value]
    return bound(value, stored)
