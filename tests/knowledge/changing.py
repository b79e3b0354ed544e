"""A second embedding model, and changes of a collection to it, through the application's own services."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.models import User
    from apps.knowledge.models import KnowledgeBase, Reembedding
    from apps.llm.models import Model
    from tests.knowledge.conftest import Library

HASHED = "hashed-768"
"""What the embedding host answers with vectors of 768 numbers."""


def offer(
    library: Library, vendor_model: str = HASHED, *teams: Any, price: Any = None, measured: bool = True
) -> Model:
    """Another embedding model of acme's, for these teams; for Everyone without any."""
    from apps.accounts.models import Team
    from apps.knowledge.models import EmbeddingScale
    from apps.llm.models import Connection, Grant
    from apps.llm.services.models import Offer, model_offer
    from apps.llm.vendors.base import Modality
    from apps.tenants.scope import tenant_scope

    with tenant_scope(library.cast.acme.id):
        connection = Connection.objects.get(vendor="builtin")
        made = Offer(
            vendor_model, Modality.EMBEDDING, name=f"Model {vendor_model}", slug=vendor_model, price=price
        )
        (model,) = model_offer(actor=None, connection=connection, offers=(made,))
        for team in teams or (Team.objects.get(is_everyone=True),):
            Grant.objects.create(team=team, model=model)
        if measured:
            EmbeddingScale.objects.create(model=model, zero=0.0, stretch=1.0)
        return model


def start(library: Library, base: KnowledgeBase, model: Model, person: User | None = None) -> Reembedding:
    """The change of the collection to the model, waiting for a worker."""
    from apps.knowledge.reembedding.services import reembedding_start
    from apps.tenants.scope import tenant_scope

    with tenant_scope(base.tenant_id):
        actor = library.actor(person or library.cast.bob)
        return reembedding_start(actor=actor, knowledge_base=base, model_id=model.id)


def turn(change: Reembedding) -> Reembedding:
    """Have a worker take a turn at it, and its row afterwards."""
    from apps.knowledge.reembedding.working import reembed

    reembed(change.tenant_id, change.id)
    return row(change)


def move(library: Library, change: Reembedding, verb: str) -> Reembedding:
    """Bob pauses, resumes or cancels it."""
    from apps.knowledge.reembedding import services
    from apps.tenants.scope import tenant_scope

    with tenant_scope(change.tenant_id):
        moved: Reembedding = getattr(services, f"reembedding_{verb}")(
            actor=library.actor(library.cast.bob), change=change
        )
        return moved


def row(change: Reembedding) -> Reembedding:
    """The change as it is now."""
    from apps.knowledge.models import Reembedding
    from apps.tenants.scope import tenant_scope

    with tenant_scope(change.tenant_id):
        return Reembedding.objects.select_related("knowledge_base").get(id=change.id)


def update(change: Reembedding, **values: Any) -> None:
    """Set columns of its row."""
    from apps.knowledge.models import Reembedding
    from apps.tenants.scope import tenant_scope

    with tenant_scope(change.tenant_id):
        Reembedding.objects.filter(id=change.id).update(**values)


def vectors(base: KnowledgeBase) -> Counter[UUID]:
    """How many vectors the collection's documents have, by model."""
    from apps.knowledge.models import ChunkVector
    from apps.tenants.scope import tenant_scope

    with tenant_scope(base.tenant_id):
        found = ChunkVector.objects.filter(document__knowledge_base_id=base.id)
        return Counter(found.values_list("model_id", flat=True))


def serving(base: KnowledgeBase) -> tuple[UUID, set[UUID | None]]:
    """The model that the collection names (it has one), and those that its documents name."""
    from apps.knowledge.models import Document, KnowledgeBase
    from apps.tenants.scope import tenant_scope

    with tenant_scope(base.tenant_id):
        own = KnowledgeBase.objects.get(id=base.id).embedding_model_id
        assert own is not None
        of_documents = Document.objects.filter(knowledge_base_id=base.id)
        return own, set(of_documents.values_list("embedding_model_id", flat=True))


def found(library: Library, base: KnowledgeBase, question: str) -> list[str]:
    """Texts that a trial search finds, best first, through the gateway."""
    from apps.knowledge.models import Chunk, TrialSearch
    from apps.knowledge.services import trial_search_start
    from apps.knowledge.trial import search
    from apps.tenants.scope import tenant_scope

    with tenant_scope(base.tenant_id):
        actor = library.actor(library.cast.bob)
        asked = trial_search_start(actor=actor, knowledge_base=base, query=question)
    search(base.tenant_id, asked.id)
    with tenant_scope(base.tenant_id):
        hits = TrialSearch.objects.get(id=asked.id).found
        texts = dict(Chunk.objects.values_list("id", "text"))
    return [text for hit in hits for id_, text in texts.items() if str(id_) == hit["chunk_id"]]
