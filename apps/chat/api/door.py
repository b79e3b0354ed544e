"""A door of its own for a message that is sent from the page, in front of Django.

Django's handler, its threads and the ORM cost 6 ms of CPU for each message, most of what stands before its
first token. The door takes what is plain: a signed-in person's own chat, words alone, nothing wrong. All
else goes on to the view, which checks by these same functions and alone decides what is refused and how.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, InterfaceError

from apps.accounts.api.base import refuse_forged
from apps.accounts.middleware import COOKIE, actor_by_cookie
from apps.chat import outputs, services
from apps.chat.parts import MAX_TEXT
from apps.rest.asgi import body_of, header_pairs, read_messages, replayed, respond
from apps.rest.errors import ProblemError
from apps.tenants.hosts import UnknownHostError, atenant_of_host
from apps.tenants.quick import in_quick_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.rest.asgi import Application, Receive, Scope, Send

MAX_BODY: Final = 2 * MAX_TEXT
_PATH: Final = re.compile(r"/api/v1/conversations/([0-9a-f-]{36})/messages")
_FIELDS: Final = frozenset({"client_id", "text", "parent_id", "model"})


class MessageDoor:
    """Accepts plain messages itself and hands everything else to `inner`; `headers` go on every answer."""

    def __init__(self, inner: Application, headers: Mapping[str, str]) -> None:
        self._inner = inner
        self._headers = [*header_pairs(headers), (b"content-type", b"application/json")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        path = _PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if path is None or scope["method"] != "POST":
            await self._inner(scope, receive, send)
            return
        messages = await read_messages(receive, MAX_BODY)
        accepted = await _accepted(scope, path[1], body_of(messages))
        if accepted is None:
            await self._inner(scope, replayed(messages, receive), send)
        else:
            await respond(send, 202, self._headers, accepted)


async def _accepted(scope: Scope, conversation: str, raw: bytes | None) -> bytes | None:
    """The answer to a plain message that was accepted; None for any other."""
    question = None if raw is None or len(raw) > MAX_BODY else _plain(raw)
    conversation_id = _uuid(conversation)
    if question is None or conversation_id is None:
        return None
    request: Any = ASGIRequest(dict(scope), BytesIO())
    if COOKIE not in request.COOKIES or "HTTP_AUTHORIZATION" in request.META:
        return None
    try:
        refuse_forged(request)
        request.tenant = await atenant_of_host(request.META.get("HTTP_HOST", ""))
    except (ProblemError, UnknownHostError):
        return None
    if request.tenant is None or not request.tenant.is_active:
        return None
    try:
        return await in_quick_scope(request.tenant.id, _send, request, conversation_id, question)
    except (DatabaseError, InterfaceError):
        return None


def _send(request: Any, conversation_id: UUID, question: services.Send) -> bytes | None:
    """Session, message and answer inside the scope. What `message_send` refuses it has not begun to write."""
    actor = actor_by_cookie(request)
    if actor is None:
        return None
    try:
        sent = services.message_send(actor=actor, conversation_id=conversation_id, send=question)
    except ProblemError:
        return None
    return orjson.dumps(outputs.accepted(sent.question, sent.answer, {}), option=orjson.OPT_UTC_Z)


def _plain(raw: bytes) -> services.Send | None:
    """Words alone, each field of its right kind; None for anything that the view has to look at."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict) or not found.keys() <= _FIELDS:
        return None
    text, model, parent = found.get("text"), found.get("model"), found.get("parent_id")
    client_id, parent_id = _uuid(found.get("client_id")), _uuid(parent)
    if client_id is None or (parent is not None and parent_id is None):
        return None
    if not isinstance(text, str) or not 0 < len(text) <= MAX_TEXT or "\0" in text:
        return None
    if model is not None and not (isinstance(model, str) and model.isprintable()):
        return None
    return services.Send(client_id, text, parent_id, model)


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
