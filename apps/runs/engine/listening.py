"""How an engine hears of stops, and how it finds runs whose hint was lost."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING
from uuid import UUID

from apps.runs import rows
from apps.runs.live import CONTROL
from apps.runs.subscription import Subscription
from apps.tenants.aio import in_global_scope
from apps.tenants.models import Tenant, TenantState
from apps.tenants.quick import in_quick_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.runs.engine.engine import Engine

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
LOOK_OLDER_S = 2.0
TENANTS_A_LOOK = 100


async def listen(stop: Callable[[UUID], None]) -> None:
    """Call `stop` for each id on the control channel; never returns."""

    def take(data: bytes) -> None:
        try:
            stop(UUID(data.decode()))
        except ValueError:
            logger.warning("The control channel carried something that is no id.")

    await Subscription((CONTROL,), take).keep()


async def look(engine: Engine) -> None:
    """Every two seconds take runs that are queued for so long that their hint is lost; never returns."""
    at = 0
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            tenants = await in_global_scope(_tenants)
            at = at if at < len(tenants) else 0
            for tenant_id in tenants[at : at + TENANTS_A_LOOK]:
                if not engine.has_room:
                    break
                for run_id in await in_quick_scope(tenant_id, rows.queued_since, LOOK_OLDER_S, 20):
                    if run_id not in engine.active and engine.has_room:
                        engine.take_in([(tenant_id, run_id)])
            at += TENANTS_A_LOOK
        except Exception as error:  # noqa: BLE001 - the look must outlive every fault of the database
            logger.warning("The look into Postgres failed: %s.", type(error).__name__)


def _tenants() -> list[UUID]:
    return list(Tenant.objects.filter(state=TenantState.ACTIVE).order_by("id").values_list("id", flat=True))
