"""An engine takes no more runs than it has places, also of those whose hints were lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from apps.runs.engine import listening
from apps.runs.engine.engine import Engine
from apps.runs.registry import register
from apps.runs.services import run_create
from apps.tenants.quick import close_connections
from apps.tenants.scope import tenant_scope
from tests.durability.scripted.kind import SCRIPTED

if TYPE_CHECKING:
    from uuid import UUID

    import pytest

    from tests.factories import Cast

PLACES = 2


class _Busy(Engine):
    """Carries every run forever."""

    def __init__(self) -> None:
        super().__init__("nowhere", places=PLACES)
        self.taken: list[UUID] = []
        self.is_full = asyncio.Event()

    async def take(self, tenant_id: UUID, run_id: UUID) -> None:
        self.taken.append(run_id)
        if len(self.taken) == PLACES:
            self.is_full.set()
        await asyncio.Event().wait()


def test_runs_whose_hints_were_lost_wait_for_a_place(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    register(SCRIPTED)
    monkeypatch.setattr(listening, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(listening, "LOOK_OLDER_S", 0.0)
    with tenant_scope(cast.acme.id):
        for _ in range(PLACES + 1):
            run_create(kind="scripted", team_id=cast.engineering.pk, user_id=cast.bob.pk, input={})

    async def several_looks() -> list[UUID]:
        engine = _Busy()
        looking = asyncio.create_task(listening.look(engine))
        async with asyncio.timeout(20):
            await engine.is_full.wait()
        await asyncio.sleep(0.2)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        await close_connections()
        return engine.taken

    assert len(asyncio.run(several_looks())) == PLACES
