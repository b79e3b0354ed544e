"""What a collection is measured with: as it is set now, or otherwise, so that runs can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.knowledge.embedding import EmbeddingModel, embedding_models
from apps.knowledge.serving import offered_models, serving_model
from apps.knowledge.tuning import Tuned, tuning_check, tuning_of
from apps.llm.vendors.base import Modality
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.knowledge.models import KnowledgeBase
    from apps.llm.models import Model


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants measured; None for the collection's own, or for no answers and no judge.

    `embedding_id` names a model whose vectors stand beside those that are searched.
    """

    tuned: Tuned | None = None
    embedding_id: UUID | None = None
    answers_id: UUID | None = None
    judge_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """The same, settled: what the run's row keeps."""

    tuned: Tuned
    embedding_id: UUID | None
    answers_id: UUID | None
    judge_id: UUID | None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Setting:
        """From what the row keeps."""
        tuned = Tuned(stored["passages"], stored["words"], stored["strictness"], _id(stored, "reranker_id"))
        return cls(tuned, _id(stored, "embedding_id"), _id(stored, "answers_id"), _id(stored, "judge_id"))


def setting_for(base: KnowledgeBase, wanted: Wanted) -> dict[str, Any]:
    """What the row keeps; raises ProblemError 400 by field, as for a model that may not be asked."""
    tuned = wanted.tuned or tuning_of(base)
    if wanted.tuned is not None:
        tuning_check(base, tuned)
    if wanted.judge_id and not wanted.answers_id:
        raise invalid([{"field": "judge_id", "message": "Choose a model that answers as well."}])
    slugs = {
        "reranker": _slug(base, tuned.reranker_id, Modality.RERANK, "reranker_id"),
        "answers": _slug(base, wanted.answers_id, Modality.CHAT, "answers_id"),
        "judge": _slug(base, wanted.judge_id, Modality.CHAT, "judge_id"),
    }
    embedding = _embedding(base, wanted.embedding_id)
    ids = {"answers_id": wanted.answers_id, "judge_id": wanted.judge_id, "reranker_id": tuned.reranker_id}
    return {
        **tuned.output(),
        **slugs,
        **{name: str(id_) if id_ else None for name, id_ in ids.items()},
        "embedding": embedding.slug if embedding else None,
        "embedding_id": str(embedding.id) if embedding else None,
    }


def chat_models_for(base: KnowledgeBase) -> list[Model]:
    """The models that may answer and judge for the collection, by name."""
    return offered_models(base, Modality.CHAT)


def _embedding(base: KnowledgeBase, embedding_id: UUID | None) -> EmbeddingModel | None:
    if embedding_id is None:
        return serving_model(base)
    return embedding_models([embedding_id]).get(embedding_id)


def _slug(base: KnowledgeBase, model_id: UUID | None, modality: Modality, field: str) -> str | None:
    if model_id is None:
        return None
    for model in offered_models(base, modality):
        if model.id == model_id:
            return model.slug
    if field == "reranker_id":
        return None
    message = "Choose a model that every team of this collection may use."
    raise invalid([{"field": field, "message": message}])


def _id(stored: Mapping[str, Any], name: str) -> UUID | None:
    found = stored.get(name)
    return UUID(found) if found else None
