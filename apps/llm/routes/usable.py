"""Whether a route can answer a team at all, by the models that the team may use. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.llm.routes.definitions import (
    ByClass,
    ByTask,
    Cascade,
    Definition,
    Ensemble,
    Fallback,
    Judge,
    Ranked,
    Ref,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

LEAST_VOICES = 2


def is_usable(ref: Ref, definitions: Mapping[UUID, Definition], models: Collection[UUID]) -> bool:
    """Whether the model is among those the team may use, or the route has all that it needs of them."""
    if ref.kind == "model":
        return ref.id in models
    definition = definitions.get(ref.id)
    return definition is not None and all(
        sum(is_usable(inner, definitions, models) for inner in refs) >= least
        for least, refs in _needs(definition)
    )


def _needs(definition: Definition) -> tuple[tuple[int, tuple[Ref, ...]], ...]:
    """How many of which references a route can not do without."""
    match definition:
        case Fallback(members=members) | ByClass(members=members):
            return ((1, members),)
        case Ranked(candidates=candidates):
            return ((1, tuple(rated.ref for rated in candidates)),)
        case ByTask(rules=rules, otherwise=otherwise):
            return ((1, (otherwise, *(rule.use for rule in rules))),)
        case Cascade(first, _, second):
            return ((1, (first, second)),)
        case Judge(answerer, judge):
            return ((1, (answerer,)), (1, (judge,)))
        case Ensemble(members=members, synthesiser=synthesiser):
            return ((LEAST_VOICES, members), (1, (synthesiser,)))
