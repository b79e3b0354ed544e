"""Whoever holds a long connection is asked again: a session that ended closes its sockets and streams."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.accounts.services.sessions import credentials_alive
from apps.tenants.aio import in_global_scope, in_scope
from apps.tenants.models import Tenant, TenantState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

logger = logging.getLogger(__name__)

ASK_EVERY_S = 8.0


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the other end, and by which session or API key."""

    tenant_id: UUID
    user_id: UUID
    session_id: UUID | None = None
    api_key_id: UUID | None = None


class Doorkeeper:
    """Asks every few seconds, in one query per tenant, whether the visitors may stay."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._inside: dict[object, tuple[Visitor, Callable[[], None]]] = {}
        self._task: asyncio.Task[None] | None = None

    def enter(self, visitor: Visitor, turn_out: Callable[[], None]) -> Callable[[], None]:
        """Call `turn_out` on the loop once the visitor may not stay; the answer is called on leaving."""
        ticket = object()
        self._inside[ticket] = (visitor, turn_out)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._ask())
        return lambda: self._leave(ticket)

    def _leave(self, ticket: object) -> None:
        self._inside.pop(ticket, None)

    async def _ask(self) -> None:
        while self._inside:
            await asyncio.sleep(ASK_EVERY_S)
            try:
                await self._ask_all()
            except Exception as error:  # noqa: BLE001 - nobody is turned out because the database is away
                logger.warning("Visitors could not be checked: %s.", type(error).__name__)

    async def _ask_all(self) -> None:
        tenants: dict[UUID, list[object]] = defaultdict(list)
        for ticket, (visitor, _) in self._inside.items():
            tenants[visitor.tenant_id].append(ticket)
        active = await in_global_scope(_active, list(tenants))
        for tenant_id, tickets in tenants.items():
            alive = await self._alive(tenant_id, tickets) if tenant_id in active else set()
            for ticket in tickets:
                inside = self._inside.get(ticket)
                if inside is not None and inside[0] not in alive:
                    self._leave(ticket)
                    inside[1]()

    async def _alive(self, tenant_id: UUID, tickets: Iterable[object]) -> set[Visitor]:
        visitors = {self._inside[ticket][0] for ticket in tickets if ticket in self._inside}
        sessions = {visitor.session_id for visitor in visitors if visitor.session_id}
        keys = {visitor.api_key_id for visitor in visitors if visitor.api_key_id}
        ids = await in_scope(tenant_id, credentials_alive, session_ids=sessions, api_key_ids=keys)
        return {visitor for visitor in visitors if (visitor.session_id or visitor.api_key_id) in ids}


def _active(tenant_ids: list[UUID]) -> set[UUID]:
    return set(
        Tenant.objects.filter(id__in=tenant_ids, state=TenantState.ACTIVE).values_list("id", flat=True)
    )


_doorkeeper: Doorkeeper | None = None


def doorkeeper() -> Doorkeeper:
    """The doorkeeper of the running loop."""
    global _doorkeeper  # noqa: PLW0603 - one per web process
    if _doorkeeper is None or _doorkeeper.loop is not asyncio.get_running_loop():
        _doorkeeper = Doorkeeper()
    return _doorkeeper
