"""An engine takes no more runs than it has places, also of those whose hints were lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from apps.runs import rows
from apps.runs.engine import listening
from apps.runs.engine.engine import Engine
from apps.tenants.quick import close_connections

if TYPE_CHECKING:
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
    lost = [uuid4() for _ in range(PLACES + 1)]
    monkeypatch.setattr(listening, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(listening, "_tenants", lambda: [cast.acme.id])
    monkeypatch.setattr(rows, "queued_since", lambda seconds, most: lost)

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
