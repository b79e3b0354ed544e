"""The reader's door: `attach` for skins with a loop of their own, `follow` for everybody else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from apps.runs.log import event_of
from apps.runs.reader.hub import Hub
from apps.runs.reader.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from uuid import UUID

    from apps.runs.models import Run

NEVER_S = 3600.0

_hub: Hub | None = None


def hub() -> Hub:
    """The hub of the running loop, started by its first use."""
    global _hub  # noqa: PLW0603 - one hub per web process, that is its point
    if _hub is None or _hub.loop is not asyncio.get_running_loop():
        _hub = Hub()
    return _hub


def expect(run: Run) -> None:
    """After the commit of a new run, from any thread: its track is there before its hint leaves."""
    if _hub is not None and not _hub.loop.is_closed():
        _hub.loop.call_soon_threadsafe(_hub.expect, run)


def attach(tenant_id: UUID, run_id: UUID, after: int, wake: Callable[[], None] | None = None) -> Viewer:
    """A viewer of the run; the caller checks `viewer.run` once it is known, and detaches in the end."""
    return hub().attach(tenant_id, run_id, after, wake)


async def follow(
    tenant_id: UUID, run_id: UUID, after: int, *, ping_s: float = NEVER_S
) -> AsyncGenerator[dict[str, Any], None]:
    """The run's events from position `after` to its end, as api events; ends at once for an unknown run.

    `{"kind": "ping"}` when nothing came for `ping_s` seconds. The caller has checked who may follow.
    """
    here = hub()
    viewer = here.attach(tenant_id, run_id, after, None)
    try:
        while True:
            for item in viewer.take():
                yield event_of(viewer.key, item)
            if viewer.is_over:
                return
            if not viewer.has_more and not await viewer.wait(ping_s):
                yield {"kind": "ping"}
    finally:
        here.detach(viewer)
