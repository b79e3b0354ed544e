"""Planned prices take hold when their time comes, at most `EVERY_S` later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import timezone

from apps.metering.models import ModelPrice
from apps.metering.pricebook.services import price_apply
from apps.tenants.platform import platform_scope
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

EVERY_S: Final = 15.0
MOST_A_ROUND: Final = 500


def apply_due_prices() -> int:
    """Let every model take over what is due, oldest first; how many prices were."""
    with platform_scope():
        due = ModelPrice.across.filter(applied_at=None, valid_from__lte=timezone.now()).order_by("valid_from")
        found: list[tuple[UUID, UUID]] = list(due.values_list("tenant_id", "id")[:MOST_A_ROUND])
    for tenant_id, row_id in found:
        with tenant_scope(tenant_id):
            price_apply(ModelPrice.objects.get(id=row_id))
    return len(found)
