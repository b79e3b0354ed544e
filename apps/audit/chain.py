"""The hash chain over a tenant's events: each seal covers the events since the last one and that seal.

Sealing runs in maintenance, as the platform role, some time after the events were written: no user's
transaction waits on the chain. Verifying finds a changed, removed or inserted event.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from apps.audit.models import AuditEvent, AuditSeal
from apps.tenants.platform import PLATFORM, platform_scope, tenant_ids

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

SETTLE_SECONDS: Final = 60
"""An event is sealed this long after it was made, when no open transaction can add an older one."""

BATCH: Final = 5_000
_COLUMNS: Final = (
    "id", "tenant_id", "created_at", "actor_id", "actor_name", "api_key_id", "ip", "action",
    "target_type", "target_id", "before", "after", "detail",
)  # fmt: skip


def _digest(previous: str, events: Iterable[dict[str, Any]]) -> str:
    digest = hashlib.sha256(previous.encode())
    for event in events:
        digest.update(json.dumps(event, sort_keys=True, default=str, ensure_ascii=False).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _events(tenant_id: UUID) -> Any:
    return AuditEvent.across.filter(tenant_id=tenant_id).order_by("id").values(*_COLUMNS)


def seal_tenant(tenant_id: UUID, *, now: dt.datetime | None = None) -> int:
    """Add one link over the settled events since the last; returns how many it covers."""
    before = (now or timezone.now()) - dt.timedelta(seconds=SETTLE_SECONDS)
    with platform_scope():
        last = AuditSeal.across.filter(tenant_id=tenant_id).order_by("-number").first()
        fresh = _events(tenant_id).filter(created_at__lt=before)
        if last is not None:
            fresh = fresh.filter(id__gt=last.last_event_id)
        events = list(fresh[:BATCH])
        if not events:
            return 0
        AuditSeal(
            tenant_id=tenant_id,
            number=last.number + 1 if last else 1,
            first_event_id=events[0]["id"],
            last_event_id=events[-1]["id"],
            events=len(events),
            digest=_digest(last.digest if last else "", events),
        ).save(using=PLATFORM, force_insert=True)
        return len(events)


def seal_all() -> int:
    """Seal every tenant's settled events; run by maintenance."""
    return sum(seal_tenant(tenant_id) for tenant_id in tenant_ids())


def verify_tenant(tenant_id: UUID) -> list[str]:
    """What does not fit the chain, one sentence each; empty when every sealed event is as it was."""
    found: list[str] = []
    previous = ""
    start: UUID | None = None
    with platform_scope():
        for seal in AuditSeal.across.filter(tenant_id=tenant_id).order_by("number"):
            covered = _events(tenant_id).filter(id__lte=seal.last_event_id)
            events = list(covered.filter(id__gt=start) if start else covered)
            if _digest(previous, events) != seal.digest:
                found.append(
                    f"Seal {seal.number} ({seal.created_at:%Y-%m-%d %H:%M} UTC): an event was changed."
                )
            previous, start = seal.digest, seal.last_event_id
    return found
