"""Embedding models: which there are, and how each wants to be asked (which serves a collection: serving)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from apps.guardrails.cutting import beginning
from apps.knowledge.models import MOST_DIMENSIONS, EmbeddingDefault, EmbeddingScale
from apps.knowledge.relevance import IDENTITY, Scale, scale_of
from apps.llm.errors import ModelNotFoundError
from apps.llm.gateway import EmbedCall
from apps.llm.selectors import enabled_models, models_for_every_team
from apps.llm.services.builtin import EMBEDDING_SLUG, MULTILINGUAL_SLUG
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.guardrails.classes import DataClass
    from apps.llm.gateway import Caller
    from apps.llm.models import Model

QUERY_CHARACTERS: Final = 2_000
_PREFIXES: Final = {
    "e5-": ("query: ", "passage: "),
    "nomic-embed-text": ("search_query: ", "search_document: "),
    "mxbai-embed": ("Represent this sentence for searching relevant passages: ", ""),
}
"""Some models tell questions from passages by words in front (E5: Wang et al., 2022; the others' cards)."""
_ENGLISH_ONLY: Final = (
    "all-minilm", "all-mpnet", "bge-small-en", "bge-base-en", "bge-large-en", "gte-small", "gte-base",
    "gte-large", "e5-small-v2", "e5-base-v2", "e5-large-v2", "embed-english", "mxbai-embed",
    "nomic-embed-text-v1", "embed-text-v1", "ada-002",
)  # fmt: skip
"""Models whose cards promise English alone; another's vectors count in every language."""
_SHORTENED: Final = {
    "text-embedding-3-large": 1024,
    "gemini-embedding": 1536,
    "nova-2-multimodal-embeddings": 1024,
    "qwen3-embedding-8b": 1024,
}
"""Models of 3,000 dimensions and more that were trained to be cut short (Kusupati et al., 2022)."""


_T = TypeVar("_T")


class UnfitVectorError(Exception):
    """The model gives more dimensions than the tables hold."""


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A model that documents and questions are embedded with; `known` = None for many languages.

    `scale` makes its cosines comparable with other models' (apps.knowledge.relevance); `is_measured` where
    that is its family's.
    """

    id: UUID
    slug: str
    vendor_model: str
    known: frozenset[str] | None
    name: str = ""
    scale: Scale = IDENTITY
    is_measured: bool = True

    @property
    def dimensions(self) -> int | None:
        """What to ask the host for; None for the model's own size."""
        return _of_family(self.vendor_model, _SHORTENED)

    def query(self, text: str) -> str:
        """A question as the model wants it."""
        return self._prefixes[0] + text

    def passage(self, text: str) -> str:
        """A document's text as the model wants it."""
        return self._prefixes[1] + text

    @property
    def _prefixes(self) -> tuple[str, str]:
        return _of_family(self.vendor_model, _PREFIXES) or ("", "")


def embedding_model() -> EmbeddingModel | None:
    """What new collections that any team may read begin with; in a scope."""
    model = preferred(models_for_every_team((), Modality.EMBEDDING.value))
    return None if model is None else shown(model)


def preferred(models: Collection[Model]) -> Model | None:
    """The organisation's choice, else the built-in model, else the oldest; None of none."""
    chosen = EmbeddingDefault.objects.values_list("model_id", flat=True).first()
    return min(models, key=lambda model: (model.id != chosen, *_preference(model)), default=None)


def embedding_model_named(slug: str) -> EmbeddingModel:
    """The model of this slug, if Everyone may use it; raises ModelNotFoundError. In a scope."""
    for model in models_for_every_team((), Modality.EMBEDDING.value):
        if model.slug == slug:
            return shown(model)
    raise ModelNotFoundError


def embedding_models(ids: Collection[UUID]) -> dict[UUID, EmbeddingModel]:
    """Those of these models that are on; the gateway knows who may ask them. In a scope."""
    found = {model.id: shown(model) for model in enabled_models(ids, Modality.EMBEDDING.value)}
    unknown = [id_ for id_, model in found.items() if not model.is_measured]
    for row in EmbeddingScale.objects.filter(model_id__in=unknown) if unknown else ():
        scale = Scale(zero=row.zero, stretch=row.stretch, across=row.zero)
        found[row.model_id] = replace(found[row.model_id], scale=scale)
    return found


def query_call(
    who: Caller,
    model: EmbeddingModel,
    *texts: str,
    conversation_id: UUID | None = None,
    purpose: str = "query",
) -> EmbedCall:
    """The call for the vectors of questions."""
    return EmbedCall(
        who=who,
        model_id=model.id,
        texts=tuple(model.query(beginning(text, QUERY_CHARACTERS)) for text in texts),
        purpose=purpose,
        side="query",
        dimensions=model.dimensions,
        conversation_id=conversation_id,
    )


def passage_call(
    who: Caller,
    model: EmbeddingModel,
    texts: Iterable[str],
    *,
    purpose: str = "ingest",
    data_class: DataClass | None = None,
) -> EmbedCall:
    """The call for the vectors of passages; `data_class` is the highest of their documents'."""
    return EmbedCall(
        who=who,
        model_id=model.id,
        texts=tuple(map(model.passage, texts)),
        purpose=purpose,
        dimensions=model.dimensions,
        data_class=data_class,
    )


def fitted(vector: Sequence[float]) -> list[float]:
    """The vector as a row holds it; raises UnfitVectorError when it is too long for one."""
    if len(vector) > MOST_DIMENSIONS:
        raise UnfitVectorError
    return list(vector)


def shown(model: Model) -> EmbeddingModel:
    """The model as searches and readers know it."""
    name = model.vendor_model.lower()
    is_english = any(family in name for family in _ENGLISH_ONLY)
    scale = scale_of(model.vendor_model)
    return EmbeddingModel(
        model.id,
        model.slug,
        model.vendor_model,
        frozenset({"en"}) if is_english else None,
        model.name,
        scale or IDENTITY,
        is_measured=scale is not None,
    )


def _preference(model: Model) -> tuple[bool, bool, datetime, str]:
    """The multilingual one is slower: a collection chooses it."""
    return (model.slug != EMBEDDING_SLUG, model.slug == MULTILINGUAL_SLUG, model.created_at, model.slug)


def _of_family(vendor_model: str, facts: Mapping[str, _T]) -> _T | None:
    name = vendor_model.lower()
    return next((fact for family, fact in facts.items() if family in name), None)
