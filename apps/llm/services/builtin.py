"""What every tenant has from the start: the installation's own small models, free of charge."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.conf import settings

from apps.accounts.models import Team
from apps.llm.endpoints import BUILTIN, EXTRACTIVE
from apps.llm.models import Connection, Grant, Model
from apps.llm.services.grants import default_set
from apps.llm.services.models import Offer, model_offer
from apps.llm.vendors.base import Modality
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

FREE: Final = (Decimal(0), Decimal(0), "USD")
CHAT_SLUG: Final = "smollm2-135m-instruct"
EMBEDDING_SLUG: Final = "all-minilm-l6-v2"
MULTILINGUAL_SLUG: Final = "multilingual-e5-small"
EXTRACTIVE_SLUG: Final = "extractive"
_SERVED: Final = (
    Offer(
        CHAT_SLUG,
        Modality.CHAT,
        name="Atrium small",
        slug=CHAT_SLUG,
        purpose="A small demonstration model that runs on this installation.",
        context_window=4096,
        price=FREE,
    ),
    Offer(
        EMBEDDING_SLUG,
        Modality.EMBEDDING,
        name="MiniLM",
        slug=EMBEDDING_SLUG,
        purpose="Finds passages in English documents. Runs on this installation.",
        price=FREE,
    ),
    Offer(
        MULTILINGUAL_SLUG,
        Modality.EMBEDDING,
        name="E5 multilingual",
        slug=MULTILINGUAL_SLUG,
        purpose="Finds passages in about a hundred languages; a third as fast. Runs on this installation.",
        price=FREE,
    ),
)
_QUOTES: Final = Offer(
    EXTRACTIVE_SLUG,
    Modality.CHAT,
    name="Quotes from documents",
    slug=EXTRACTIVE_SLUG,
    purpose="Answers with the best passages, word for word. No model is asked.",
    price=FREE,
)


def builtin_connection_ensure(tenant_id: UUID) -> list[Model]:
    """Give the tenant the installation's own models, granted to Everyone, where it has them not yet.

    The model server's two only where the operator runs one (settings.MODEL_SERVER_URL); the chat model
    becomes Everyone's default where there is none. Safe to call again: what an administrator changed stays.
    """
    with tenant_scope(tenant_id):
        models: list[Model] = []
        if settings.MODEL_SERVER_URL:
            models += _ensure(BUILTIN, "Built-in models", _SERVED)
        models += _ensure(EXTRACTIVE, "Quotes from documents", (_QUOTES,))
        everyone = Team.objects.get(is_everyone=True)
        if not Grant.objects.filter(team=everyone, is_default=True).exists():
            _default(everyone, models)
        return models


def _ensure(vendor: str, name: str, offers: tuple[Offer, ...]) -> list[Model]:
    """The vendor's one connection with these models; only what is new is granted."""
    connection = Connection.objects.filter(vendor=vendor).first() or Connection.objects.create(
        vendor=vendor, name=name
    )
    known = set(connection.models.values_list("slug", flat=True))
    models = model_offer(actor=None, connection=connection, offers=offers)
    everyone = Team.objects.get(is_everyone=True)
    Grant.objects.bulk_create(
        [Grant(team=everyone, model=model) for model in models if model.slug not in known]
    )
    return models


def _default(everyone: Team, models: list[Model]) -> None:
    chat = [model for model in models if model.modality == Modality.CHAT.value]
    granted = set(Grant.objects.filter(team=everyone).values_list("model_id", flat=True))
    usable = [model for model in chat if model.pk in granted]
    if usable:
        default_set(actor=None, team=everyone, model=usable[0])
