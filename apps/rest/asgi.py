"""What the doors in front of Django share: ASGI's names, and a body that may be read twice."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextvars import ContextVar
from typing import Any, Final

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


_request_id: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """What the request being served is called, in its answer and in the log; made up outside of one."""
    return _request_id.get() or secrets.token_hex(6)


class RequestIds:
    """Calls each request by an id of its own, which its answer carries as `x-request-id`."""

    def __init__(self, inner: Application) -> None:
        self._inner: Final = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        made = secrets.token_hex(6)
        _request_id.set(made)
        header = (b"x-request-id", made.encode())

        def named(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), header]
            return send(message)

        await self._inner(scope, receive, named)


def header_pairs(headers: Mapping[str, str]) -> Headers:
    """Headers as ASGI wants them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


async def read_messages(receive: Receive, most: int) -> list[Message]:
    """The request's messages up to the end of its body, or until more than `most` bytes have come."""
    messages: list[Message] = []
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False) or size > most:
            return messages


def body_of(messages: Sequence[Message]) -> bytes | None:
    """The whole body; None when it did not come whole."""
    last = messages[-1]
    if last["type"] != "http.request" or last.get("more_body", False):
        return None
    return b"".join(message.get("body", b"") for message in messages)


def replayed(messages: Sequence[Message], receive: Receive) -> Receive:
    """A `receive` that gives the messages once more, and then what comes after them."""
    waiting = list(reversed(messages))

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def respond(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """A whole answer."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
