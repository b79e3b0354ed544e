"""Upkeep of files and vector stores that were made for a time. Runs as the platform role across tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models.functions import Now
from django.utils import timezone

from apps.knowledge.models import Document, KeptFile, StoreSetting
from apps.knowledge.removing import documents_remove
from apps.knowledge.stores.selectors import EXPIRY
from apps.knowledge.stores.services import file_forget
from apps.tenants.platform import platform_scope
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

MOST_A_SWEEP: Final = 100


def sweep_stores() -> int:
    """One pass: how many expired files were deleted and expired stores emptied."""
    with platform_scope():
        files = KeptFile.across.filter(expires_at__lt=Now()).order_by("expires_at")
        kept = list(files.values_list("tenant_id", "id")[:MOST_A_SWEEP])
        filled = StoreSetting.across.filter(knowledge_base__documents__isnull=False)
        over = filled.annotate(at=EXPIRY).filter(at__lt=Now())
        stores = list(over.values_list("tenant_id", "knowledge_base_id").distinct()[:MOST_A_SWEEP])
    for tenant_id, id_ in kept:
        _forget(tenant_id, id_)
    for tenant_id, id_ in stores:
        _empty(tenant_id, id_)
    return len(kept) + len(stores)


def _forget(tenant_id: UUID, kept_id: UUID) -> None:
    with tenant_scope(tenant_id):
        expired = KeptFile.objects.select_for_update(of=("self",)).select_related("file")
        kept = expired.filter(id=kept_id, expires_at__lt=timezone.now()).first()
        if kept is not None:
            file_forget(actor=None, kept=kept)


def _empty(tenant_id: UUID, knowledge_base_id: UUID) -> None:
    """Remove the documents of a store that is still expired; the store itself stays and says so."""
    with tenant_scope(tenant_id):
        still = StoreSetting.objects.annotate(at=EXPIRY).filter(
            knowledge_base_id=knowledge_base_id, at__lt=Now()
        )
        if still.exists():
            rows = Document.objects.select_for_update().filter(knowledge_base_id=knowledge_base_id)
            documents_remove(list(rows.order_by("id")))
