"""The call behind Test and the list of models: database, network, database, never two at once."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from apps.llm.endpoints import Place, endpoint_of
from apps.llm.health.notes import probe_note
from apps.llm.models import AllowedHost, CheckKind, CheckState, Connection, ConnectionCheck
from apps.llm.vendors.base import ErrorKind, VendorError
from apps.llm.vendors.interface import Endpoint
from apps.llm.vendors.registry import vendor_for
from apps.tenants.aio import in_scope

if TYPE_CHECKING:
    from uuid import UUID

LIMIT_S: Final = 30.0
MOST_MODELS: Final = 2000


async def run_check(tenant_id: UUID, check_id: UUID) -> None:
    """Claim the check, ask the host, write what came out in our words; never raises for the host's sake."""
    begun = monotonic()
    values: dict[str, Any]
    try:
        claimed = await in_scope(tenant_id, _claim, check_id)
        if claimed is None:
            return
        kind, vendor, endpoint = claimed
        async with asyncio.timeout(LIMIT_S):
            values = await _asked(kind, vendor, endpoint)
    except VendorError as error:
        values = _failed(error.kind, error.message)
    except TimeoutError:
        values = _failed(ErrorKind.TIMEOUT, "The host did not answer within 30 seconds. Check the address.")
    values["ms"] = round((monotonic() - begun) * 1000)
    await in_scope(tenant_id, _finish, check_id, values)


def _claim(check_id: UUID) -> tuple[str, str, Endpoint] | None:
    claimed = ConnectionCheck.objects.filter(pk=check_id, state=CheckState.QUEUED).update(
        state=CheckState.RUNNING
    )
    if not claimed:
        return None
    check = ConnectionCheck.objects.select_related("connection").get(pk=check_id)
    connection: Connection = check.connection
    is_allowed = AllowedHost.objects.filter(host=connection.host, port=connection.port).exists()
    return check.kind, connection.vendor, endpoint_of(Place.of(connection), is_allowed=is_allowed)


async def _asked(kind: str, vendor: str, endpoint: Endpoint) -> dict[str, Any]:
    if kind == CheckKind.TEST:
        await vendor_for(vendor).check(endpoint)
        return {"state": CheckState.DONE, "message": "The host answered and accepts the key."}
    listed = sorted(await vendor_for(vendor).list_models(endpoint), key=lambda model: model.id)[:MOST_MODELS]
    found = [asdict(model) for model in listed]
    return {"state": CheckState.DONE, "message": f"{len(found)} models", "found": found}


def _failed(kind: ErrorKind, message: str) -> dict[str, Any]:
    return {"state": CheckState.FAILED, "error_kind": kind.value, "message": message[:500]}


def _finish(check_id: UUID, values: dict[str, Any]) -> None:
    """Keep the result; a test also tells the connection's breaker."""
    rows = ConnectionCheck.objects.filter(pk=check_id)
    rows.update(finished_at=timezone.now(), **values)
    connection_id = rows.filter(kind=CheckKind.TEST).values_list("connection_id", flat=True).first()
    if connection_id is not None:
        kind = values.get("error_kind")
        probe_note(connection_id, ErrorKind(kind) if kind else None, values["ms"])
