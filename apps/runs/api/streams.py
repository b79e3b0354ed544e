"""A run's events as Server-Sent Events: `id` is the position after the event, `event` its kind."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import orjson
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from apps.rest.errors import CONTENT_TYPE, ProblemError, not_found, unauthenticated
from apps.runs.doorkeeper import Visitor, doorkeeper
from apps.runs.log import Item, event_of
from apps.runs.permissions import may_follow
from apps.runs.reader import Viewer, attach, hub
from apps.runs.visitors import visitor_of_request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from apps.accounts.middleware import ActingRequest

PING_S: Final = 10.0
LOOK_UP_S: Final = 10.0
PING: Final = b": ping\n\n"
RETRY: Final = b"retry: 1000\n\n"
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def run_events(request: ActingRequest, run_id: UUID) -> HttpResponseBase:
    """Stream from `Last-Event-ID` or `?after=`; 204 for who has seen the end, 404 for who may not see it."""
    visitor = await visitor_of_request(request)
    if visitor is None:
        return _problem(unauthenticated())
    after = request.headers.get("Last-Event-ID") or request.GET.get("after") or "0"
    if not after.isascii() or not after.isdigit() or len(after) > 18:  # noqa: PLR2004 - below 2**63
        return _problem(
            ProblemError(400, "invalid", "That is no position", "Send the `id` of the last event.")
        )
    viewer = attach(visitor.tenant_id, run_id, int(after))
    refused = await _refusal(viewer, visitor)
    if refused is not None:
        hub().detach(viewer)
        return refused
    return StreamingHttpResponse(_stream(viewer, visitor), content_type="text/event-stream", headers=HEADERS)


async def _refusal(viewer: Viewer, visitor: Visitor) -> HttpResponse | None:
    while not viewer.is_known:
        if not await viewer.wait(LOOK_UP_S):
            return _problem(
                ProblemError(
                    503,
                    "unavailable",
                    "The service is busy",
                    "Nothing was lost. Try again.",
                    headers={"Retry-After": "2"},
                )
            )
    if viewer.run is None or not may_follow(visitor.user_id, viewer.run):
        return _problem(not_found())
    return HttpResponse(status=HTTPStatus.NO_CONTENT) if viewer.has_seen_all else None


async def _stream(viewer: Viewer, visitor: Visitor) -> AsyncIterator[bytes]:
    turned_out = asyncio.Event()

    def turn_out() -> None:
        turned_out.set()
        viewer.wake()

    leave = doorkeeper().enter(visitor, turn_out)
    try:
        yield RETRY
        while not turned_out.is_set():
            items = viewer.take()
            if items:
                yield b"".join(_frame(viewer.key, item) for item in items)
            if viewer.is_over:
                return
            if not viewer.has_more and not await viewer.wait(PING_S):
                yield PING
    finally:
        leave()
        hub().detach(viewer)


def _frame(key: str, item: Item) -> bytes:
    event = event_of(key, item)
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (event["end"], item.kind.encode(), orjson.dumps(event))


def _problem(problem: ProblemError) -> HttpResponse:
    return HttpResponse(
        orjson.dumps(problem.body()),
        status=problem.status,
        content_type=CONTENT_TYPE,
        headers=problem.headers,
    )
