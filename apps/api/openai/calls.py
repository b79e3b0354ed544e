"""A /v1 call from its run's events to what the client receives. Knows no web framework.

The call's run ends when its client goes: nobody else reads the answer.
"""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from apps.api.openai.errors import DialectError, from_failure
from apps.api.openai.responses import PING, ChunkWriter, Gathered, completion
from apps.runs.doorkeeper import Visitor, doorkeeper
from apps.runs.reader import follow
from apps.runs.services import run_cancel_soon

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from apps.api.openai.access import Opened
    from apps.api.openai.requests import Completion

PING_S: Final = 10.0


@dataclass(slots=True)
class Call:
    """One accepted request: its run, followed to its end or cancelled."""

    opened: Opened
    completion: Completion
    is_over: bool = False

    def cancel(self) -> None:
        """The client has gone: stop the model. Does nothing after the end; may be called twice."""
        if not self.is_over:
            self.is_over = True
            run_cancel_soon(self.opened.run_id, self.opened.tenant_id)

    def watch(self) -> Callable[[], None]:
        """Cancels the call within seconds when its key is revoked; what it gives back ends the watch."""
        return watched(self.opened, self.cancel)

    @property
    def answer_id(self) -> str:
        """The id that the client sees."""
        return f"chatcmpl-{self.opened.run_id.hex}"

    def events(self) -> AsyncGenerator[dict[str, Any], None]:
        """The run's events, with a ping after ten silent seconds."""
        return events_of(self.opened)

    async def whole(self) -> bytes:
        """The answer as one JSON object; raises DialectError."""
        gathered = Gathered()
        end: dict[str, Any] | None = None
        async with aclosing(self.events()) as events:
            async for event in events:
                kind = event["kind"]
                if kind == "text":
                    gathered.texts.append(event["text"])
                elif kind == "reasoning":
                    gathered.thoughts.append(event["text"])
                elif kind == "tool":
                    gathered.add_call(event)
                elif kind == "end":
                    end = event
        self.is_over = True
        _raise_failure(end)
        gathered.route = route_of(end)
        return completion(
            answer_id=self.answer_id,
            created=int(time.time()),
            model=self.completion.model,
            gathered=gathered,
            finish_reason=finish_reason(end),
            usage=end and end["usage"],
        )

    async def stream(self) -> AsyncIterator[bytes]:
        """The answer as server-sent events; raises DialectError while nothing has been said.

        Returns with the first token, so that a failure before it has its status; after ten seconds of
        silence the stream begins anyway, with pings.
        """
        events = self.events()
        try:
            first = await _first_said(events)
            if first["kind"] == "end":
                _raise_failure(first)
        except BaseException:
            await events.aclose()
            raise
        return self._written(first, events)

    async def _written(
        self, first: dict[str, Any], events: AsyncGenerator[dict[str, Any], None]
    ) -> AsyncIterator[bytes]:
        writer = ChunkWriter(
            answer_id=self.answer_id,
            created=int(time.time()),
            model=self.completion.model,
            include_usage=self.completion.include_usage,
        )
        leave = self.watch()
        try:
            yield writer.role() + self._chunk(writer, first)
            if first["kind"] == "end":
                return
            async for event in events:
                chunk = self._chunk(writer, event)
                if chunk:
                    yield chunk
            if not self.is_over:
                yield writer.error(from_failure("interrupted").body())
        finally:
            leave()
            await events.aclose()
            self.cancel()

    def _chunk(self, writer: ChunkWriter, event: dict[str, Any]) -> bytes:
        kind = event["kind"]
        if kind == "text":
            return writer.text(event["text"])
        if kind == "reasoning":
            return writer.reasoning(event["text"])
        if kind == "tool":
            return writer.tool_call(event)
        if kind == "end":
            self.is_over = True
            error = failure_of(event)
            return (
                writer.error(error.body())
                if error
                else writer.end(finish_reason(event), event["usage"], route_of(event))
            )
        return PING if kind == "ping" else b""


def watched(opened: Opened, cancel: Callable[[], None]) -> Callable[[], None]:
    """Calls `cancel` within seconds when the key is revoked; what it gives back ends the watch."""
    visitor = Visitor(opened.tenant_id, opened.user_id, api_key_id=opened.api_key_id)
    return doorkeeper().enter(visitor, cancel)


def events_of(opened: Opened) -> AsyncGenerator[dict[str, Any], None]:
    """The run's events, with a ping after ten silent seconds."""
    return follow(opened.tenant_id, opened.run_id, 0, ping_s=PING_S)


async def end_of(opened: Opened) -> dict[str, Any]:
    """The run's end event; raises DialectError for a failure.

    The run is cancelled when the caller goes, and within seconds when the key is revoked.
    """
    end: dict[str, Any] | None = None

    def cancel() -> None:
        run_cancel_soon(opened.run_id, opened.tenant_id)

    leave = watched(opened, cancel)
    try:
        async with aclosing(events_of(opened)) as events:
            async for event in events:
                if event["kind"] == "end":
                    end = event
    finally:
        leave()
        if end is None:
            cancel()
    error = failure_of(end)
    if error is not None or end is None:
        raise error or from_failure("interrupted")
    return end


async def _first_said(events: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    async for event in events:
        if event["kind"] not in {"step", "citation", "replaced"}:
            return event
    raise from_failure("interrupted")


def failure_of(end: dict[str, Any] | None) -> DialectError | None:
    """The error of a run that did not end well; None for one that did."""
    if end is None:
        return from_failure("interrupted")
    if end["state"] == "done":
        return None
    error = end["error"] or {"kind": "interrupted"}
    said = " ".join(f"{error[part].rstrip('.')}." for part in ("title", "detail") if error.get(part))
    return from_failure(error["kind"], retry_after=end["data"].get("retry_after"), said=said)


def finish_reason(end: dict[str, Any] | None) -> str:
    """Why the answer ended, in OpenAI's words."""
    return str(end["data"].get("finish_reason") or "stop") if end else "stop"


def route_of(end: dict[str, Any] | None) -> dict[str, Any] | None:
    """What a route did, where one was asked."""
    route: dict[str, Any] | None = end["data"].get("route") if end else None
    return route


def _raise_failure(end: dict[str, Any] | None) -> None:
    error = failure_of(end)
    if error is not None:
        raise error
