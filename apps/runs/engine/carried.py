"""One run while an engine carries it: its whole text in memory, and how far each copy of it has come."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from apps.runs.live import channel_number, log_key
from apps.runs.log import END, REPLACED, TEXT, Log, base_of

if TYPE_CHECKING:
    from apps.runs.engine.turns import Turns
    from apps.runs.models import Run


CLEANUP_S = 10.0
"""How long a cancelled handler may take to settle."""


class Carried:
    """A claimed run. `published`, `logged` and `kept` are positions: viewers, Redis log, Postgres."""

    __slots__ = (
        "_turns", "channel", "cut", "done", "handler", "is_dirty", "is_ending", "is_lost", "is_over",
        "is_stopped", "kept", "key", "log", "log_key", "logged", "logged_at", "logged_entries", "published",
        "result", "run", "spoke", "steps",
    )  # fmt: skip

    def __init__(self, run: Run, turns: Turns) -> None:
        self.run = run
        self.key = str(run.id)
        self._turns = turns
        self.log = Log(base_of(run.attempts))
        self.published = self.logged = self.kept = self.log.start
        self.channel = channel_number(self.key)
        self.log_key = log_key(run.tenant_id, self.key, run.fence)
        self.logged_at = 0.0
        self.logged_entries = 0
        """Length that the log in Redis must have; -1 when it must be written whole."""
        self.is_dirty = self.spoke = False
        self.is_stopped = self.is_lost = self.is_ending = self.is_over = False
        self.steps = 0
        self.result: dict[str, Any] = {}
        self.handler: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = loop.create_future()
        self.cut: asyncio.Future[None] = loop.create_future()
        """Set when a cancelled handler does not end by itself."""

    def say(self, kind: str, payload: Any) -> None:
        """Append to the log and let it out with the next turn."""
        if self.is_over:
            return
        self.log.append(kind, payload)
        if kind == TEXT and not self.spoke:
            self.spoke = True
            self._turns.urge(self)
        elif not self.is_dirty:
            self._turns.touch(self)

    def withdraw(self, text: str, reason: str) -> None:
        """Take back all that was said: viewers are told at once, every copy of the log is written anew."""
        if not self.is_over:
            self.log.append(REPLACED, {"text": text, "reason": reason})
            self._turns.rewrite(self)

    def finish(self, payload: dict[str, Any]) -> None:
        """The end is committed: append it and let it out at once."""
        self.log.append(END, payload)
        self.is_over = True
        self._turns.urge(self)

    def stop(self) -> None:
        """The person's wish: cancel the handler, which closes the provider's connection."""
        self.is_stopped = True
        self._cancel()

    def interrupt(self) -> None:
        """This process ends: cancel the handler; the run ends `interrupted` with its text."""
        self._cancel()

    def lose(self) -> None:
        """Another fence holds the run: nothing more may be written anywhere."""
        self.is_lost = self.is_over = True
        self._cancel()

    def _cancel(self) -> None:
        if self.handler is not None and not self.handler.done():
            self.handler.cancel()
            self.handler.get_loop().call_later(CLEANUP_S, self._abandon)

    def _abandon(self) -> None:
        if not self.cut.done():
            self.cut.set_result(None)
