"""What a page and a client see of a collection's embedding model and its change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Sum

from apps.knowledge.embedding import preferred
from apps.knowledge.models import Document, DocumentState, EmbeddingDefault, Reembedding
from apps.knowledge.permissions import access_knowledge_base
from apps.knowledge.reembedding.estimating import Cost, cost_of, size_of
from apps.knowledge.reembedding_models import UNDER_WAY
from apps.knowledge.serving import offered_models, serving_model
from apps.llm.models import Model
from apps.llm.selectors import models_for_every_team, vendor_label
from apps.llm.services.builtin import MULTILINGUAL_SLUG
from apps.llm.vendors.base import Modality
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.knowledge.models import KnowledgeBase
    from apps.knowledge.reembedding.estimating import Size

_MANY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Choice:
    """A model that the collection may be given, and what changing to it would cost."""

    model: Model
    cost: Cost
    is_serving: bool

    @property
    def provider(self) -> str:
        """Who would receive the texts."""
        return vendor_label(self.model.connection.vendor)


@dataclass(frozen=True, slots=True)
class Embedding:
    """A collection's model and what it may be changed to.

    `serving` is None before its first document, and where its model was removed. `beginning` is what a first
    document would be read by. `suggested` fits the collection's languages better, if one does.
    """

    serving: Model | None
    beginning: Model | None
    is_barred: bool
    size: Size
    choices: list[Choice]
    change: Reembedding | None
    suggested: Model | None

    @property
    def is_changing(self) -> bool:
        """Whether a change is neither done nor given up."""
        return self.change is not None and self.change.state in UNDER_WAY


def embedding_of(knowledge_base: KnowledgeBase) -> Embedding:
    """The collection's model, in the caller's scope, in few statements."""
    models = offered_models(knowledge_base)
    serving_id = knowledge_base.embedding_model_id
    size = size_of(knowledge_base)
    known = Model.objects.select_related("connection").filter(id=serving_id) if serving_id else ()
    serving = next(iter(known), None)
    return Embedding(
        serving,
        preferred(models) if serving_id is None else None,
        serving_id is not None and serving_id not in {model.id for model in models},
        size,
        [Choice(model, cost_of(model, size.tokens), model.id == serving_id) for model in models],
        newest_change(knowledge_base),
        suggested_for(knowledge_base),
    )


def newest_change(knowledge_base: KnowledgeBase) -> Reembedding | None:
    """The change that is under way or was the last."""
    rows = Reembedding.objects.filter(knowledge_base=knowledge_base).select_related("started_by")
    return rows.order_by("-created_at", "-id").first()


def change_under_way(knowledge_base: KnowledgeBase) -> Reembedding | None:
    """The change that is neither done nor given up."""
    return Reembedding.objects.filter(knowledge_base=knowledge_base, state__in=UNDER_WAY).first()


def access_reembedding(actor: Actor, reembedding_id: UUID) -> Reembedding:
    """A change of a collection that the actor may change; 404, or 403 for its readers."""
    rows = Reembedding.objects.select_related("started_by")
    found = rows.filter(id=reembedding_id).first()
    if found is None:
        raise not_found()
    access_knowledge_base(actor, found.knowledge_base_id, change=True)
    return found


def default_choices() -> tuple[list[Model], UUID | None]:
    """The models that new collections may begin with, and the one that was chosen, if any."""
    chosen = EmbeddingDefault.objects.values_list("model_id", flat=True).first()
    return models_for_every_team((), Modality.EMBEDDING.value), chosen


def change_output(change: Reembedding) -> dict[str, Any]:
    """A change as clients see it; needs `started_by` loaded."""
    by = change.started_by
    return {
        "id": change.id,
        "knowledge_base_id": change.knowledge_base_id,
        "model": {"id": change.model_id, "name": change.model_name},
        "state": change.state,
        "error": change.error,
        "chunks_total": change.chunks_total,
        "chunks_done": change.chunks_done,
        "tokens": change.tokens,
        "started_by": {"id": by.id, "name": by.name} if by else None,
        "created_at": change.created_at,
        "finished_at": change.finished_at,
    }


def suggested_for(knowledge_base: KnowledgeBase) -> Model | None:
    """The built-in multilingual model, where most of the collection is in languages that its own lacks."""
    ready = Document.objects.filter(knowledge_base=knowledge_base, state=DocumentState.READY)
    sizes = dict(ready.exclude(language="").values_list("language").annotate(Sum("chunk_count")))
    model = serving_model(knowledge_base) if sizes.keys() - {"en"} else None
    if model is None or model.known is None:
        return None
    foreign = sum(chunks for language, chunks in sizes.items() if language not in model.known)
    if foreign <= _MANY * sum(sizes.values()):
        return None
    return next((each for each in offered_models(knowledge_base) if each.slug == MULTILINGUAL_SLUG), None)
