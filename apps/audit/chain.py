"""The hash chain over a tenant's events: each seal covers one event and the seal before it.

Sealing runs in maintenance, as the platform role, after the events were written: no user's transaction
waits on the chain, and an event that commits late is sealed by the next pass. Verifying finds every sealed
event that was changed or removed, and every seal that was; only where the newest ones are gone together with
their events does nothing in the database tell of it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.db import connections
from django.db.models import Exists, OuterRef, Subquery

from apps.audit.models import AuditEvent, AuditSeal
from apps.tenants.platform import PLATFORM, for_each_tenant, platform_scope

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

BATCH: Final = 2_000
LATE: Final = timedelta(minutes=10)
"""An event older than the newest sealed one by more waits for the day's pass over all: no scope of the
application lasts that long."""
_COLUMNS: Final = (
    "id", "tenant_id", "created_at", "actor_id", "actor_name", "api_key_id", "ip", "action",
    "target_type", "target_id", "before", "after", "detail",
)  # fmt: skip


def _digest(previous: str, number: int, event: dict[str, Any]) -> str:
    plain = json.dumps(event, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{number}\n{plain}".encode()).hexdigest()


def seal_tenant(tenant_id: UUID, *, all_times: bool = False) -> int:
    """Chain events that are not sealed yet, at most BATCH; returns how many. One sealer at a time.

    Reads the events since the newest sealed one, less LATE; with `all_times` every event.
    """
    with platform_scope():
        with connections[PLATFORM].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"audit|{tenant_id}"])
        last = AuditSeal.across.filter(tenant_id=tenant_id).order_by("-number").first()
        number, digest = (last.number, last.digest) if last else (0, "")
        since = None if all_times or last is None else _time_of(last)
        seals: list[AuditSeal] = []
        for event in _unsealed(tenant_id, since).values(*_COLUMNS)[:BATCH]:
            number += 1
            digest = _digest(digest, number, event)
            seals.append(AuditSeal(tenant_id=tenant_id, number=number, event_id=event["id"], digest=digest))
        AuditSeal.across.bulk_create(seals)
        return len(seals)


def _time_of(seal: AuditSeal) -> datetime | None:
    """When its event was made; None where that is gone."""
    events = AuditEvent.across.filter(tenant_id=seal.tenant_id, id=seal.event_id)
    made: datetime | None = events.values_list("created_at", flat=True).first()
    return made


def _unsealed(tenant_id: UUID, since: datetime | None) -> Any:
    """In the order of their making. The few since then are looked up one by one, never with all seals."""
    seals = AuditSeal.across.filter(tenant_id=tenant_id, event_id=OuterRef("id"))
    events = AuditEvent.across.filter(tenant_id=tenant_id).order_by("created_at", "id")
    if since is None:
        return events.filter(~Exists(seals))
    recent = events.filter(created_at__gte=since - LATE)
    return recent.alias(seal=Subquery(seals.values("number")[:1])).filter(seal=None)


def seal_all() -> int:
    """Seal every tenant's new events; run by maintenance."""
    return for_each_tenant(seal_tenant)


def seal_late() -> int:
    """Seal what committed too late for `seal_all`; run by maintenance when it begins and once a day."""
    return for_each_tenant(partial(seal_tenant, all_times=True))


def verify_tenant(tenant_id: UUID) -> list[str]:
    """What does not fit the chain, one sentence each; empty when every sealed event is as it was."""
    found: list[str] = []
    number, digest = 0, ""
    with platform_scope():
        while True:
            seals = list(
                AuditSeal.across.filter(tenant_id=tenant_id, number__gt=number).order_by("number")[:BATCH]
            )
            if not seals:
                return found
            rows = AuditEvent.across.filter(tenant_id=tenant_id, id__in=[seal.event_id for seal in seals])
            events = {event["id"]: event for event in rows.values(*_COLUMNS)}
            for seal in seals:
                found.extend(_faults(seal, number + 1, digest, events.get(seal.event_id)))
                number, digest = seal.number, seal.digest


def _faults(seal: AuditSeal, expected: int, previous: str, event: dict[str, Any] | None) -> list[str]:
    faults = []
    if seal.number != expected:
        faults.append(f"Seals {expected} to {seal.number - 1} were removed.")
    if event is None:
        faults.append(f"Seal {seal.number}: event {seal.event_id} was removed.")
    elif _digest(previous, seal.number, event) != seal.digest:
        faults.append(
            f"Seal {seal.number}: event {seal.event_id} ({event['action']}, "
            f"{event['created_at']:%Y-%m-%d %H:%M} UTC) or its seal was changed."
        )
    return faults
