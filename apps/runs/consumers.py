"""The socket `/ws/runs`: one per tab, many runs, read-only. A skin on the reader.

The client sends `{"type": "follow", "run": ID, "after": 0}` and `{"type": "unfollow", "run": ID}`; it gets
the run's events with `"type": "event"`, `{"type": "gone", "run": ID}` and `{"type": "ping"}`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson
from channels.generic.websocket import AsyncWebsocketConsumer

from apps.runs.doorkeeper import Visitor, doorkeeper
from apps.runs.log import event_of
from apps.runs.permissions import may_follow
from apps.runs.reader import Viewer, attach, hub
from apps.runs.visitors import visitor_of_socket

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

PING_S: Final = 10.0
MOST_RUNS: Final = 100
SIGNED_OUT: Final = 4401
TOO_MUCH: Final = 4429
MALFORMED: Final = 4400
PING: Final = orjson.dumps({"type": "ping"}).decode()


class RunsConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One socket. What was said while it was slow is merged; its memory does not grow with the answers."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._viewers: dict[str, Viewer] = {}
        self._checked: set[str] = set()
        self._dirty: dict[str, None] = {}
        self._news: asyncio.Future[None] | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._is_quiet = False
        self._pump_task: asyncio.Task[None] | None = None
        self._leave: Callable[[], None] | None = None
        self._visitor: Visitor | None = None

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does, without its thread hop for connections: no handler here touches the database."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        """Accept a signed-in person from our own pages; 403 otherwise."""
        self._visitor = visitor = await visitor_of_socket(self.scope)
        if visitor is None:
            await self.close()
            return
        await self.accept()
        self._leave = doorkeeper().enter(visitor, self._turn_out)
        self._pump_task = asyncio.create_task(self._pump())
        self._listen_for_silence()

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        """Follow or unfollow a run; anything else closes the socket."""
        try:
            asked = orjson.loads(message.get("text") or b"")
            kind, run_id = asked["type"], UUID(asked["run"])
            after = int(asked.get("after", 0))
        except (ValueError, KeyError, TypeError, AttributeError):
            await self.close(MALFORMED)
            return
        if kind == "unfollow":
            self._drop(str(run_id))
        elif kind == "follow" and len(self._viewers) < MOST_RUNS:
            self._follow(run_id, max(after, 0))
        else:
            await self.close(TOO_MUCH if kind == "follow" else MALFORMED)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """Let go of everything."""
        for key in list(self._viewers):
            self._drop(key)
        if self._leave is not None:
            self._leave()
        self._end_pump()
        await super().websocket_disconnect(message)

    def _follow(self, run_id: UUID, after: int) -> None:
        key = str(run_id)
        self._drop(key)
        if self._visitor is not None:
            self._viewers[key] = attach(self._visitor.tenant_id, run_id, after, lambda: self._wake(key))
            self._wake(key)

    def _drop(self, key: str) -> None:
        viewer = self._viewers.pop(key, None)
        self._checked.discard(key)
        if viewer is not None:
            hub().detach(viewer)

    def _wake(self, key: str) -> None:
        self._is_quiet = False
        self._dirty[key] = None
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _turn_out(self) -> None:
        self._end_pump()
        for key in list(self._viewers):
            self._drop(key)
        self._closing = asyncio.ensure_future(self.close(SIGNED_OUT))

    async def _pump(self) -> None:
        """Send what is new, one run after the other; when nothing is, a ping now and then."""
        loop = asyncio.get_running_loop()
        while True:
            while self._dirty:
                key = next(iter(self._dirty))
                del self._dirty[key]
                await self._send_new(key)
            news = self._news = loop.create_future()
            await news
            if not self._dirty:
                await self.base_send({"type": "websocket.send", "text": PING})

    def _listen_for_silence(self) -> None:
        """Wake the pump for a ping when nothing was said since the last time; no timer for each token."""
        if self._is_quiet and self._news is not None and not self._news.done():
            self._news.set_result(None)
        self._is_quiet = True
        self._silence = asyncio.get_running_loop().call_later(PING_S / 2, self._listen_for_silence)

    def _end_pump(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
        if self._pump_task is not None:
            self._pump_task.cancel()

    async def _send_new(self, key: str) -> None:
        viewer = self._viewers.get(key)
        if viewer is None or not viewer.is_known:
            return
        if key not in self._checked and not self._is_allowed(viewer):
            self._drop(key)
            await self._say({"type": "gone", "run": key})
            return
        for item in viewer.take():
            await self._say({"type": "event", **event_of(key, item)})
        if viewer.is_over:
            self._drop(key)
        elif viewer.has_more:
            self._dirty[key] = None

    def _is_allowed(self, viewer: Viewer) -> bool:
        run = viewer.run
        if run is None or self._visitor is None or not may_follow(self._visitor.user_id, run):
            return False
        self._checked.add(viewer.key)
        return True

    async def _say(self, said: dict[str, Any]) -> None:
        await self.base_send({"type": "websocket.send", "text": orjson.dumps(said).decode()})
