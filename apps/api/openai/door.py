"""A door of its own for POST /v1/chat/completions, in front of Django.

Django's handler and its threads cost 3 ms of CPU for each request, a third of all. An answer needs none.
Everything else, and every host that is not plainly known, goes on to Django, whose view serves the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from apps.api.openai import serving
from apps.api.openai.access import Bearer
from apps.api.openai.confirming import CONFIRM, confirmed_rules
from apps.api.openai.serving import MAX_BODY, Answer
from apps.rest.asgi import Application, Receive, Scope, Send, header_pairs
from apps.tenants.hosts import UnknownHostError, atenant_of_host

_CONFIRM: Final = CONFIRM.lower().encode()
PATH: Final = "/v1/chat/completions"


class CompletionsDoor:
    """Serves chat completions itself and hands everything else to `inner`; `headers` go on every answer."""

    def __init__(self, inner: Application, headers: Mapping[str, str]) -> None:
        self._inner = inner
        self._headers = header_pairs(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._inner(scope, receive, send)
            return
        headers = dict(scope["headers"])
        try:
            tenant = await atenant_of_host(headers.get(b"host", b"").decode("latin-1"))
        except UnknownHostError:
            await self._inner(scope, receive, send)
            return
        if tenant is not None and not tenant.is_active:
            await self._inner(scope, receive, send)
            return
        raw = await _read(receive)
        if raw is not None:
            bearer = Bearer(_header(headers, b"authorization"), tenant, _confirmed(headers))
            await self._serve(bearer, raw, receive, send)

    async def _serve(self, bearer: Bearer, raw: bytes, receive: Receive, send: Send) -> None:
        """Answers, unless the client goes first: then the answer is cancelled, and with it the model."""
        answering = asyncio.ensure_future(self._answer(bearer, raw, send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not answering.done():
                answering.cancel()
                await asyncio.wait((answering,))
        if not answering.cancelled():
            answering.result()

    async def _answer(self, bearer: Bearer, raw: bytes, send: Send) -> None:
        if len(raw) > MAX_BODY:
            answer = serving.refusal(serving.too_large())
        else:
            answer = await serving.answered(serving.complete(bearer, raw))
        try:
            await self._write(answer, send)
        finally:
            answer.cancel()

    async def _write(self, answer: Answer, send: Send) -> None:
        own = header_pairs(answer.headers)
        names = {name for name, _ in own}
        headers = [*own, *(pair for pair in self._headers if pair[0] not in names)]
        body = answer.body
        if isinstance(body, bytes):
            headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if isinstance(body, bytes):
            await send({"type": "http.response.body", "body": body})
            return
        async for chunk in body:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _header(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


def _confirmed(headers: Mapping[bytes, bytes]) -> tuple[str, ...]:
    return confirmed_rules(_header(headers, _CONFIRM)) if _CONFIRM in headers else ()


async def _read(receive: Receive) -> bytes | None:
    """The body, cut just above the limit; None when the client left before its end."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if size <= MAX_BODY:
            parts.append(message.get("body", b""))
            size += len(parts[-1])
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
