"""What the gateway tells the breakers: only errors, and what became of a trial."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, InterfaceError

from apps.llm.health.notes import failure_note, success_note, trial_give_back
from apps.llm.health.rules import ELSEWHERE, FAULTS
from apps.tenants.aio import in_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.llm.gateway.loading import Target
    from apps.llm.vendors.base import VendorError

_log = logging.getLogger(__name__)
_reporting: set[asyncio.Task[None]] = set()


async def report_failure(target: Target, error: VendorError) -> bool:
    """Note the error once the call's row is closed; whether another deployment can take the call at once."""
    goes_elsewhere = target.has_other and error.kind in ELSEWHERE
    if target.is_trial and error.kind not in FAULTS:
        report_answer(target)
    elif error.kind in FAULTS or goes_elsewhere:
        await asyncio.shield(_report(target, failure_note, error.kind, is_trial=target.is_trial))
    return goes_elsewhere


def report_answer(target: Target) -> None:
    """The host answered: a trial closes the breaker, soon and without making the answer wait."""
    if target.is_trial:
        _report(target, success_note)


def report_stopped(target: Target) -> None:
    """The caller left before the host said anything: the next call may try."""
    if target.is_trial:
        _report(target, trial_give_back)


def _report(target: Target, note: Callable[..., None], *args: Any, **options: Any) -> asyncio.Task[None]:
    """Write the note in a transaction of its own; what the database refuses changes no call."""

    async def write() -> None:
        try:
            await in_scope(target.found.place.tenant_id, note, target.found.connection_id, *args, **options)
        except (DatabaseError, InterfaceError) as error:
            _log.warning("A connection's health was not noted: %s", type(error).__name__)

    task = asyncio.ensure_future(write())
    _reporting.add(task)
    task.add_done_callback(_reporting.discard)
    return task
