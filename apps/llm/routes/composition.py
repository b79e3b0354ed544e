"""Routes that refer to routes: no loops, bounded in depth and in calls. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from apps.llm.routes.definitions import ByTask, Definition, DefinitionError, Ref, refs_of

MOST_LEVELS: Final = 4
MOST_CALLS: Final = 40


def check(route_id: UUID, definition: Definition, others: Mapping[UUID, Definition]) -> None:
    """Raises DefinitionError when the route would reach itself, nest too deep or make too many calls.

    `others` are the definitions of all other routes: those that contain this one are checked again too.
    """
    known = {**others, route_id: definition}
    for field, ref in refs_of(definition):
        if ref.kind == "route" and route_id in _reached(ref.id, known):
            raise DefinitionError(field, "A route can not contain itself, also not through another route.")
    for containing in [route_id, *(other for other in others if route_id in _reached(other, known))]:
        if levels(containing, known) > MOST_LEVELS:
            raise DefinitionError(
                "definition", f"Routes nest at most {MOST_LEVELS} deep. Use models in its place."
            )
        if calls(Ref("route", containing), known) > MOST_CALLS:
            raise DefinitionError(
                "definition", f"One question could make more than {MOST_CALLS} calls. Choose fewer members."
            )


def _reached(start: UUID, known: Mapping[UUID, Definition]) -> set[UUID]:
    """Every route that `start` leads to, itself included."""
    found: set[UUID] = set()
    waiting = [start]
    while waiting:
        route_id = waiting.pop()
        if route_id in found:
            continue
        found.add(route_id)
        if route_id in known:
            waiting += [ref.id for _, ref in refs_of(known[route_id]) if ref.kind == "route"]
    return found


def levels(route_id: UUID, known: Mapping[UUID, Definition]) -> int:
    """How deep routes nest below this one, itself included; it must not contain itself."""
    if route_id not in known:
        return 0
    below = [levels(ref.id, known) for _, ref in refs_of(known[route_id]) if ref.kind == "route"]
    return 1 + max(below, default=0)


def calls(ref: Ref, known: Mapping[UUID, Definition]) -> int:
    """The most model calls that one question can make by this reference."""
    if ref.kind == "model":
        return 1
    definition = known.get(ref.id)
    if definition is None:
        return 0
    if isinstance(definition, ByTask):
        return _calls_by_task(definition, known)
    often = {"answerer": 2, "judge": 2, "synthesiser": 2}
    return sum(often.get(field, 1) * calls(inner, known) for field, inner in refs_of(definition))


def _calls_by_task(definition: ByTask, known: Mapping[UUID, Definition]) -> int:
    """One of those who may be picked, after the classifier."""
    classifier = definition.classifier
    labels = classifier.labels if classifier else ()
    picked = [
        *(rule.use for rule in definition.rules),
        *(label.use for label in labels),
        definition.otherwise,
    ]
    return max(calls(ref, known) for ref in picked) + (calls(classifier.model, known) if classifier else 0)
