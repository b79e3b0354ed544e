"""Closing a call in the ledger: neither a cancelled task nor a restarting database loses the count."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, TypeVar

from django.db import DatabaseError, InterfaceError

from apps.metering.services import usage_close
from apps.tenants.grouped import in_shared_batch, in_shared_batch_soon

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from uuid import UUID

    from apps.metering.services import Closing

R = TypeVar("R")

RETRY_PAUSES = (0.5, 2.0, 5.0, 10.0, 20.0)
_log = logging.getLogger(__name__)
_closing: set[asyncio.Task[object]] = set()


async def close(tenant_id: UUID, closing: Closing) -> None:
    """Close the call in the ledger even when the caller is cancelled again meanwhile.

    A database that is away is tried again in the background for about 40 s; what is still open after that,
    the maintenance job settles.
    """
    written = in_shared_batch(tenant_id, usage_close, closing)
    await asyncio.shield(_keep(asyncio.ensure_future(_write(tenant_id, closing, written))))


def close_soon(tenant_id: UUID, closing: Closing) -> None:
    """As `close`, without waiting: in the transaction in which the call's run ends, if that comes at once."""
    written = in_shared_batch_soon(tenant_id, usage_close, closing)
    _keep(asyncio.ensure_future(_write(tenant_id, closing, written)))


async def _write(tenant_id: UUID, closing: Closing, written: Awaitable[object]) -> None:
    try:
        await written
    except (DatabaseError, InterfaceError):
        _keep(asyncio.ensure_future(_write_again(tenant_id, closing)))


async def _write_again(tenant_id: UUID, closing: Closing) -> None:
    for pause in RETRY_PAUSES:
        await asyncio.sleep(pause)
        try:
            await in_shared_batch(tenant_id, usage_close, closing)
        except (DatabaseError, InterfaceError):
            continue
        return
    _log.error("A ledger row stays open: the database did not come back.", extra={"tenant": str(tenant_id)})


def _keep(task: asyncio.Task[R]) -> asyncio.Task[R]:
    """Hold the task until it ends: the event loop itself only holds it weakly."""
    _closing.add(task)
    task.add_done_callback(_closing.discard)
    return task
