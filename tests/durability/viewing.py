"""Viewers of runs in the test's own process: the real reader on a loop of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.runs.reader import follow, hub

if TYPE_CHECKING:
    from concurrent.futures import Future


class Reading:
    """A loop with a hub, like a web process's; `watch` collects a run's events."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def watch(self, tenant_id: UUID, run_id: UUID, after: int = 0) -> Watched:
        """Follow the run from a position."""
        watched = Watched()
        watched.future = asyncio.run_coroutine_threadsafe(watched.read(tenant_id, run_id, after), self._loop)
        return watched

    def close(self) -> None:
        """End the hub and the loop."""

        async def end() -> None:
            await hub().close()

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


class Watched:
    """What one viewer has seen; `check` raises where a position was missed or came twice."""

    future: Future[None]

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    async def read(self, tenant_id: UUID, run_id: UUID, after: int) -> None:
        async for event in follow(tenant_id, run_id, after):
            self.events.append(event)

    @property
    def text(self) -> str:
        return "".join(event["text"] for event in self.events if event["kind"] == "text")

    @property
    def position(self) -> int:
        return int(self.events[-1]["end"]) if self.events else 0

    def end(self, seconds: float = 60) -> dict[str, Any]:
        """Wait for the end event."""
        self.future.result(seconds)
        last = self.events[-1]
        assert last["kind"] == "end", last
        return last

    def check(self, start: int = 0) -> None:
        """No gap and no repeat from `start` on."""
        at = start
        for event in self.events:
            assert event["seq"] == at, (at, event)
            at = event["end"]

    def wait(self, is_so: Callable[[Watched], bool], seconds: float = 60) -> None:
        """Wait until it is so."""
        deadline = time.monotonic() + seconds
        while not is_so(self):
            assert time.monotonic() < deadline, f"not seen in {seconds} s: {self.events[-3:]}"
            time.sleep(0.01)
