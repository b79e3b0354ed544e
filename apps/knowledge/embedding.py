"""Embedding models: which there are, how they are called, and vectors of the one size that tables hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.knowledge.models import MOST_DIMENSIONS
from apps.llm.errors import ModelNotFoundError
from apps.llm.gateway import EmbedCall
from apps.llm.selectors import models_for_teams
from apps.llm.services.builtin import EMBEDDING_SLUG, MULTILINGUAL_SLUG
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.llm.gateway import Caller
    from apps.llm.models import Model

QUERY_CHARACTERS: Final = 2_000
_KNOWN_LANGUAGES: Final = {EMBEDDING_SLUG: frozenset({"en"})}
_OF_FIXED_SIZE: Final = frozenset({EMBEDDING_SLUG, MULTILINGUAL_SLUG})


class UnfitVectorError(Exception):
    """The model gives more dimensions than the tables hold."""


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A model that documents and questions are embedded with; `known` = None for many languages."""

    id: UUID
    slug: str
    vendor_model: str
    known: frozenset[str] | None

    @property
    def dimensions(self) -> int | None:
        """What to ask the host for; the built-in models have their size by nature."""
        return None

    def query(self, text: str) -> str:
        """A question as the model wants it."""
        return f"query: {text}" if self._is_e5 else text

    def passage(self, text: str) -> str:
        """A document's text as the model wants it."""
        return f"passage: {text}" if self._is_e5 else text

    @property
    def _is_e5(self) -> bool:
        """E5 tells questions from passages by a prefix (Wang et al., 2022)."""
        return "e5-" in self.vendor_model.lower()


def embedding_model() -> EmbeddingModel | None:
    """The built-in model where Everyone may use it, else the oldest that Everyone may; in a scope.

    The choice of a collection goes before it; vectors of two models can not be compared.
    """
    models = _usable()
    if not models:
        return None
    return _shown(min(models, key=_preference))


def embedding_model_named(slug: str) -> EmbeddingModel:
    """The model of this slug, if Everyone may use it; raises ModelNotFoundError. In a scope."""
    for model in _usable():
        if model.slug == slug:
            return _shown(model)
    raise ModelNotFoundError


def embedding_models(ids: Collection[UUID]) -> dict[UUID, EmbeddingModel]:
    """Those of these models that can still be asked; in a scope."""
    return {model.id: _shown(model) for model in _usable() if model.id in ids}


def query_call(
    who: Caller, model: EmbeddingModel, *texts: str, conversation_id: UUID | None = None
) -> EmbedCall:
    """The call for the vectors of questions."""
    return EmbedCall(
        who=who,
        model_id=model.id,
        texts=tuple(model.query(text[:QUERY_CHARACTERS]) for text in texts),
        purpose="query",
        side="query",
        dimensions=model.dimensions,
        conversation_id=conversation_id,
    )


def passage_call(
    who: Caller, model: EmbeddingModel, texts: Iterable[str], *, purpose: str = "ingest"
) -> EmbedCall:
    """The call for the vectors of passages."""
    return EmbedCall(
        who=who,
        model_id=model.id,
        texts=tuple(map(model.passage, texts)),
        purpose=purpose,
        dimensions=model.dimensions,
    )


def fitted(vector: Sequence[float]) -> list[float]:
    """The vector as a row holds it; raises UnfitVectorError when it is too long for one."""
    if len(vector) > MOST_DIMENSIONS:
        raise UnfitVectorError
    return list(vector)


def _usable() -> list[Model]:
    return models_for_teams((), Modality.EMBEDDING.value)


def _preference(model: Model) -> tuple[bool, bool, datetime, str]:
    """The multilingual one is slower: a collection chooses it."""
    return (model.slug != EMBEDDING_SLUG, model.slug == MULTILINGUAL_SLUG, model.created_at, model.slug)


def _shown(model: Model) -> EmbeddingModel:
    return EmbeddingModel(model.id, model.slug, model.vendor_model, _KNOWN_LANGUAGES.get(model.slug))
