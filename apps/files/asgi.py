"""The door of the web process: a body over the limit is answered before it is read, not after."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final

import orjson
from django.conf import settings
from django.template.loader import render_to_string

from apps.files.limits import ENVELOPE, together, too_large, too_large_together
from apps.rest.asgi import Receive, Scope, Send

_POLICY: Final = b"default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'"

LINGER_SECONDS: Final = 10.0
"""How long a refused body is still taken in, and thrown away, so that its sender comes to read the answer."""


class BodyLimit:
    """Passes requests on whose body is at most a file's limit and its envelope; answers 413 to others.

    A page's form may carry several files: it has the limit of all together. Django spools a whole body to
    disk before any view sees it, so a view's own check comes too late.
    """

    def __init__(self, application: Callable[[Any, Any, Any], Awaitable[None]]) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection. What declares its length is held to it by the server; the rest is counted."""
        most = (together() if _is_form(scope) else settings.MAX_UPLOAD_BYTES) + ENVELOPE
        length = _declared(scope) if scope["type"] == "http" else 0
        if length is None:
            await _Counted(self._application, receive, send, most).serve(scope)
        elif length > most:
            await _refuse(scope, receive, send)
        else:
            await self._application(scope, receive, send)


class _Counted:
    """One request whose body is counted as it comes."""

    def __init__(self, application: Any, receive: Receive, send: Send, most: int) -> None:
        self._application, self._receive, self._send = application, receive, send
        self._left = most
        self._has_answered = False

    async def serve(self, scope: Scope) -> None:
        await self._application(scope, self._counting, self._watched)
        if self._left < 0 and not self._has_answered:
            await _refuse(scope, self._receive, self._send)

    async def _counting(self) -> MutableMapping[str, Any]:
        if self._left < 0:
            return {"type": "http.disconnect"}
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        return message if self._left >= 0 else {"type": "http.disconnect"}

    async def _watched(self, message: MutableMapping[str, Any]) -> None:
        self._has_answered = True
        await self._send(message)


def _is_form(scope: Scope) -> bool:
    """Whether a page sends files; the API takes one in a request."""
    kind = dict(scope.get("headers", ())).get(b"content-type", b"")
    return kind.startswith(b"multipart/form-data") and not scope["path"].startswith(("/api/", "/v1/"))


def _declared(scope: Scope) -> int | None:
    """The Content-Length; 0 where a request has no body, None where it does not say."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length")
    if length is None:
        return None if b"transfer-encoding" in headers else 0
    return int(length[:18]) if length.isdigit() else None


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 413: a page to a browser's form, a problem to everything else.

    A connection that is closed on bytes under way is reset, and the answer lost with it: many clients read
    only when they have written all. So the answer goes out first, and the end waits for the body's.
    """
    problem = too_large_together() if _is_form(scope) else too_large()
    if b"text/html" in dict(scope["headers"]).get(b"accept", b""):
        body = render_to_string("errors/problem.html", {"problem": problem}).encode()
        kind = b"text/html; charset=utf-8"
    elif scope["path"].startswith("/v1/"):
        body, kind = orjson.dumps(problem.openai_body()), b"application/json"
    else:
        body, kind = orjson.dumps(problem.body()), b"application/problem+json"
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"content-security-policy", _POLICY),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if b"expect" not in dict(scope["headers"]):
        with suppress(TimeoutError):
            await asyncio.wait_for(_drain(receive), LINGER_SECONDS)
    await send({"type": "http.response.body"})


async def _drain(receive: Receive) -> None:
    """Throw away what is left of a body."""
    is_open = True
    while is_open:
        message = await receive()
        is_open = message["type"] == "http.request" and bool(message.get("more_body"))
