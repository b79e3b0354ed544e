"""The organisation's embedding model, and vectors of the one size that the tables hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.knowledge.models import VECTOR_DIMENSIONS
from apps.llm.selectors import models_for_teams
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

BUILT_IN: Final = "all-minilm-l6-v2"
_KNOWN_LANGUAGES: Final = {BUILT_IN: frozenset({"en"})}


class UnfitVectorError(Exception):
    """The model gives more dimensions than the tables hold."""


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """The model that documents and questions are embedded with; `known` = None for many languages."""

    id: UUID
    slug: str
    known: frozenset[str] | None

    @property
    def dimensions(self) -> int | None:
        """What to ask the host for; the built-in model has its size by nature."""
        return None if self.slug == BUILT_IN else VECTOR_DIMENSIONS


def embedding_model() -> EmbeddingModel | None:
    """The built-in model where Everyone may use it, else the oldest that Everyone may; in a scope.

    One for the whole organisation: vectors of two models can not be compared.
    """
    models = models_for_teams((), Modality.EMBEDDING.value)
    if not models:
        return None
    first = min(models, key=lambda model: (model.slug != BUILT_IN, model.created_at, model.slug))
    return EmbeddingModel(first.id, first.slug, _KNOWN_LANGUAGES.get(first.slug))


def fitted(vector: Sequence[float]) -> list[float]:
    """The vector with zeros up to the tables' size; raises UnfitVectorError when it is longer."""
    if len(vector) > VECTOR_DIMENSIONS:
        raise UnfitVectorError
    return [*vector, *([0.0] * (VECTOR_DIMENSIONS - len(vector)))]
