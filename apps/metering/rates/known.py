"""The limits of each tenant, remembered by this process for five seconds: a call pays a look into a dict."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from django.db import DatabaseError, InterfaceError

from apps.metering.rates.rules import Rule
from apps.tenants.postgresql.statements import Statement
from apps.tenants.quick import in_quick_scope
from apps.tenants.scope import current_tenant_id, execute

if TYPE_CHECKING:
    from uuid import UUID

KEPT_S: Final = 5.0
_MOST_KEPT: Final = 10_000
_RULES: Final = Statement("""
SELECT team_id, "of", model_id, requests, tokens FROM metering_ratelimit WHERE tenant_id = %s
""")

_kept: dict[UUID, tuple[float, tuple[Rule, ...]]] = {}
_renewing: dict[UUID, asyncio.Task[None]] = {}
logger = logging.getLogger(__name__)


async def rules_of(tenant_id: UUID) -> tuple[Rule, ...]:
    """The tenant's limits as they were at most a moment over five seconds ago; none for most.

    What is too old is looked up beside the call, which does not wait for it.
    """
    kept = _kept.get(tenant_id)
    if kept is None:
        return _remember(tenant_id, await in_quick_scope(tenant_id, _load))
    if kept[0] < time.monotonic() and not _is_renewing(tenant_id):
        _renewing[tenant_id] = asyncio.ensure_future(_renew(tenant_id))
    return kept[1]


def _is_renewing(tenant_id: UUID) -> bool:
    """Whether this loop looks already; what a loop left undone when it was closed counts no more."""
    task = _renewing.get(tenant_id)
    return task is not None and task.get_loop() is asyncio.get_running_loop()


def _load() -> tuple[Rule, ...]:
    return tuple(Rule(*row) for row in execute(_RULES, [current_tenant_id()]).rows)


def _remember(tenant_id: UUID, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    _kept[tenant_id] = (time.monotonic() + KEPT_S, rules)
    return rules


async def _renew(tenant_id: UUID) -> None:
    try:
        _remember(tenant_id, await in_quick_scope(tenant_id, _load))
    except (DatabaseError, InterfaceError) as error:
        logger.warning("Rate limits could not be read again: %s.", type(error).__name__)
    finally:
        _renewing.pop(tenant_id, None)
