"""Which embedding model serves a collection, which one it is changing to, and whose grant its calls rest on.

What a collection holds goes to models that all of its teams may use: Everyone's, and for one that is shared
with chosen teams those that each of them was granted. The first of these teams, by name, pays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.knowledge.embedding import embedding_models, preferred, shown
from apps.knowledge.models import KnowledgeBase, KnowledgeBaseTeam, Reembedding, Visibility
from apps.knowledge.reembedding_models import EMBEDDING
from apps.llm.gateway import Caller
from apps.llm.selectors import models_for_every_team
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from uuid import UUID

    from apps.knowledge.embedding import EmbeddingModel
    from apps.llm.models import Model


@dataclass(frozen=True, slots=True)
class Plan:
    """What a document of the collection is embedded with, in the caller's name.

    `serving` is searched; None where no model may be asked, and `is_barred` where it has one that may not be
    now. `coming` is the one that it changes to.
    """

    who: Caller
    serving: EmbeddingModel | None
    coming: EmbeddingModel | None
    is_barred: bool = False

    @property
    def models(self) -> list[EmbeddingModel]:
        """Both, the one that is searched first."""
        return [model for model in (self.serving, self.coming) if model is not None]


def plan_of(knowledge_base: KnowledgeBase, user_id: UUID | None) -> Plan:
    """How its documents are embedded now, for the person who brought them; in a scope."""
    team_ids = _team_ids(knowledge_base)
    offered = {model.id: model for model in _offered(team_ids)}
    if knowledge_base.embedding_model_id is None:
        serving = preferred(offered.values())
    else:
        serving = offered.get(knowledge_base.embedding_model_id)
    coming_id = (
        Reembedding.objects.filter(knowledge_base=knowledge_base, state__in=EMBEDDING)
        .values_list("model_id", flat=True)
        .first()
    )
    coming = offered.get(coming_id) if coming_id else None
    return Plan(
        Caller(knowledge_base.tenant_id, team_ids[0] if team_ids else None, user_id),
        shown(serving) if serving else None,
        shown(coming) if coming else None,
        is_barred=serving is None and knowledge_base.embedding_model_id is not None,
    )


def offered_models(knowledge_base: KnowledgeBase, modality: Modality = Modality.EMBEDDING) -> list[Model]:
    """The models of a kind that the collection may be given, by name; in a scope."""
    return models_for_every_team(_team_ids(knowledge_base), modality.value)


def caller_of(knowledge_base: KnowledgeBase, user_id: UUID | None) -> Caller:
    """Who asks a model for the collection, for this person; in a scope."""
    team_ids = _team_ids(knowledge_base)
    return Caller(knowledge_base.tenant_id, team_ids[0] if team_ids else None, user_id)


def serving_model(knowledge_base: KnowledgeBase) -> EmbeddingModel | None:
    """The model that its documents name; None before the first one, or when it was turned off. In a scope."""
    id_ = knowledge_base.embedding_model_id
    return embedding_models([id_]).get(id_) if id_ else None


def knowledge_base_lock(knowledge_base_id: UUID) -> KnowledgeBase | None:
    """The collection, whose model now stays to the transaction's end; None when it is gone.

    Locked before its changes of model, and both before its documents.
    """
    return KnowledgeBase.objects.select_for_update(no_key=True).filter(id=knowledge_base_id).first()


def _offered(team_ids: list[UUID]) -> list[Model]:
    return models_for_every_team(team_ids, Modality.EMBEDDING.value)


def _team_ids(knowledge_base: KnowledgeBase) -> list[UUID]:
    if knowledge_base.visibility != Visibility.TEAMS:
        return []
    rows = KnowledgeBaseTeam.objects.filter(knowledge_base=knowledge_base).order_by("team__name", "team_id")
    return list(rows.values_list("team_id", flat=True))
