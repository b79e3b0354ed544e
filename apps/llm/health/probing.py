"""A probe: a worker asks a connection's host whether host and key work, without any model and any cost."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from apps.llm.endpoints import Place, endpoint_of
from apps.llm.health.models import BreakerState, ConnectionHealth
from apps.llm.health.notes import probe_note, trial_claim
from apps.llm.health.rules import Standing
from apps.llm.models import AllowedHost, Connection
from apps.llm.vendors.base import ErrorKind, VendorError
from apps.llm.vendors.interface import Endpoint
from apps.llm.vendors.registry import vendor_for
from apps.tenants.aio import in_scope

if TYPE_CHECKING:
    from uuid import UUID

LIMIT_S: Final = 30.0
JUST_NOW: Final = timedelta(seconds=10)


async def run_probe(tenant_id: UUID, connection_id: UUID) -> None:
    """Ask, and note the result; nothing where it was asked just now, or where another makes the trial."""
    begun = monotonic()
    kind: ErrorKind | None = None
    try:
        claimed = await in_scope(tenant_id, _claim, connection_id)
        if claimed is None:
            return
        vendor, endpoint = claimed
        async with asyncio.timeout(LIMIT_S):
            await vendor_for(vendor).check(endpoint)
    except VendorError as error:
        kind = error.kind
    except TimeoutError:
        kind = ErrorKind.TIMEOUT
    await in_scope(tenant_id, probe_note, connection_id, kind, round((monotonic() - begun) * 1000))


def _claim(connection_id: UUID) -> tuple[str, Endpoint] | None:
    connection = Connection.objects.filter(pk=connection_id, is_enabled=True).first()
    if connection is None or not _is_wanted(connection):
        return None
    is_allowed = AllowedHost.objects.filter(host=connection.host, port=connection.port).exists()
    return connection.vendor, endpoint_of(Place.of(connection), is_allowed=is_allowed)


def _is_wanted(connection: Connection) -> bool:
    """Whether nobody probed it just now; of one that is down, whether this is its one trial."""
    health = ConnectionHealth.objects.filter(connection=connection).first()
    if health is None:
        return True
    if health.state != BreakerState.CLOSED:
        return trial_claim(Standing(connection.pk, due_s=0.0))
    return health.probed_at is None or health.probed_at < timezone.now() - JUST_NOW
