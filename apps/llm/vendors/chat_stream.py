"""One streamed answer: bytes from egress, events, deltas, deadlines, and an honest end."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Protocol

from apps.egress import EgressFailed, Response
from apps.llm.vendors.base import Delta, ErrorKind, Finished, TextDelta, VendorError
from apps.llm.vendors.deadlines import Deadlines
from apps.llm.vendors.errors import error, error_of_failure
from apps.llm.vendors.interface import Timeouts
from apps.llm.vendors.pacing import pace_of_loop
from apps.llm.vendors.sse import EventParser, EventTooLongError

DONE = b"[DONE]"
EVENT_STREAM = "text/event-stream"
LINES = "application/x-ndjson"
_STREAMS = frozenset({EVENT_STREAM, LINES, "application/vnd.amazon.eventstream"})
CLOSING_SECONDS = 0.25
_MISSHAPEN = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)
_BOM = b"\xef\xbb\xbf"
_PAGES = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml"})


class Events(Protocol):
    """State of one answer in a vendor's dialect.

    `ended` is true once the reason of the end came; what follows can only add usage. `gave` is true once
    there was a delta. `marked` is true once the host's own end mark came: nothing more is read.
    """

    ended: bool
    gave: bool
    marked: bool

    def feed(self, data: Any) -> list[Delta]:
        """Deltas of one event as the parser gives it, or of a whole JSON answer in bytes.

        Raises VendorError for an error object and for what cannot be read.
        """

    def finished(self) -> Finished:
        """The end; raises VendorError (interrupted) when the host never said why it ended."""


class Parser(Protocol):
    """Takes chunks that may be cut anywhere, gives whole events."""

    def feed(self, chunk: bytes) -> list[Any]:
        """Events that `chunk` completes; raises EventTooLongError or VendorError."""

    def close(self) -> list[Any]:
        """What the end of the body completes."""


async def read_stream(
    open_answer: Callable[[], Awaitable[Response]],
    events: Events,
    timeouts: Timeouts,
    parser: Parser | None = None,
) -> AsyncGenerator[Delta, None]:
    """Deltas of the answer that `open_answer` brings, Finished last; raises VendorError.

    An error after a delta is never retryable. Whoever closes the generator closes the host's socket.
    """
    started = asyncio.get_running_loop().time()
    answer = await open_answer()
    deadlines = Deadlines(timeouts, started, answer.close)
    stream = _Stream(answer, events, deadlines, parser or EventParser())
    pace = pace_of_loop()
    try:
        with pace.kept() as voice:
            while (batch := await stream.next_deltas()) is not None:
                for delta in batch:
                    yield delta
                if events.gave and not events.ended:
                    pace.rest(answer, voice)
        yield _end_of(events)
        await answer.finish(CLOSING_SECONDS)
    except VendorError as failed:
        failed.retryable = failed.retryable and not events.gave
        raise
    finally:
        stream.close()


def _end_of(events: Events) -> Finished:
    try:
        return events.finished()
    except _MISSHAPEN:
        raise error(ErrorKind.PROTOCOL, detail="an end of no known shape") from None


class _Stream:
    """Reads chunk by chunk; a whole JSON answer to a streamed call is taken as one event."""

    __slots__ = (
        "_answer",
        "_came",
        "_deadlines",
        "_events",
        "_failed",
        "_over",
        "_parser",
        "_seen",
        "_whole",
    )

    def __init__(self, answer: Response, events: Events, deadlines: Deadlines, parser: Parser) -> None:
        self._answer = answer
        self._events = events
        self._deadlines = deadlines
        self._parser = parser
        self._whole: list[bytes] | None = None
        self._failed: VendorError | None = None
        self._seen = False
        self._came = False
        self._over = False

    async def next_deltas(self) -> list[Delta] | None:
        """Deltas of the next chunk, perhaps none; None at the end; what came before an error comes first."""
        if self._failed is not None:
            raise self._failed
        if self._over:
            return None
        deadlines = self._deadlines
        if self._came:
            deadlines.content_came()
        deadlines.waiting = True
        try:
            chunk = await self._answer.next_chunk()
        except EgressFailed as failed:
            if not self._events.ended:
                raise self._failure(failed) from None
            chunk = b""
        deadlines.waiting = False
        return self._deltas_of(chunk)

    def close(self) -> None:
        """Stop the clock and give the socket up."""
        self._deadlines.stop()
        self._answer.close()

    def _deltas_of(self, chunk: bytes) -> list[Delta]:
        batch: list[Delta] = []
        try:
            self._take(chunk, batch)
        except VendorError as failed:
            if not batch:
                raise
            self._failed = failed
        except _MISSHAPEN as misread:
            self._failed = error(ErrorKind.PROTOCOL, detail=f"an event of no known shape: {misread}"[:200])
            if not batch:
                raise self._failed from None
        if self._events.ended:
            self._deadlines.answer_ended()
        self._came = bool(batch) and not self._events.ended
        return _joined(batch) if len(batch) > 1 else batch

    def _take(self, chunk: bytes, batch: list[Delta]) -> None:
        """Put the chunk's deltas into `batch`, so that they stand even where this raises."""
        if not self._seen:
            self._look_at(chunk)
        if self._whole is not None:
            self._take_whole(chunk, batch)
            return
        try:
            found = self._parser.feed(chunk) if chunk else self._parser.close()
        except EventTooLongError:
            raise error(ErrorKind.PROTOCOL, detail="an event without an end") from None
        feed = self._events.feed
        for data in found:
            if data == DONE:
                self._events.marked = self._over = True
                return
            if chunk:
                batch += feed(data)
            else:
                self._take_rest(data, batch)
        self._over = self._events.marked or not chunk

    def _take_rest(self, data: Any, batch: list[Delta]) -> None:
        """An event cut off by the end is no error of its own: the missing finish reason is."""
        try:
            batch += self._events.feed(data)
        except VendorError as failed:
            if failed.kind is not ErrorKind.PROTOCOL:
                raise

    def _take_whole(self, chunk: bytes, batch: list[Delta]) -> None:
        assert self._whole is not None  # noqa: S101 - for the type checker
        self._whole.append(chunk)
        if not chunk:
            self._over = True
            batch += self._events.feed(b"".join(self._whole).removeprefix(_BOM))

    def _look_at(self, chunk: bytes) -> None:
        """Tell an event stream from a whole JSON answer and from a page; raises VendorError (protocol)."""
        beginning = chunk.removeprefix(_BOM).lstrip()
        kind = self._answer.content_type
        if kind in _PAGES or beginning.startswith(b"<") or (not chunk and kind not in _STREAMS):
            raise error(ErrorKind.PROTOCOL, detail=f"a {kind or 'nameless'} body in place of an answer")
        if beginning.startswith((b"{", b"[")) and kind != LINES:
            self._whole = []
        self._seen = bool(beginning)

    def _failure(self, failed: EgressFailed) -> VendorError:
        expired = self._deadlines.expired
        if expired:
            return error(ErrorKind.TIMEOUT, detail=f"limit passed: {expired.replace('_', ' ')}")
        if failed.reason == "cut":
            return error(ErrorKind.INTERRUPTED, detail="the connection ended in mid-answer")
        return error_of_failure(failed)


def _joined(batch: list[Delta]) -> list[Delta]:
    """The deltas of one read with neighbouring texts as one: what follows works once for each delta."""
    joined: list[Delta] = []
    for delta in batch:
        if isinstance(delta, TextDelta) and joined and isinstance(last := joined[-1], TextDelta):
            joined[-1] = TextDelta(last.text + delta.text)
        else:
            joined.append(delta)
    return joined
