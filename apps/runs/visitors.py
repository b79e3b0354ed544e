"""Who opens a long connection: a signed-in person of the host's tenant, or an API key."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings

from apps.accounts.middleware import COOKIE, actor_by_key, name_tenant_by_key
from apps.accounts.permissions import has_scope
from apps.accounts.services.sessions import session_open
from apps.runs.doorkeeper import Visitor
from apps.tenants.aio import in_scope
from apps.tenants.hosts import UnknownHostError, atenant_of_host

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from apps.accounts.middleware import ActingRequest

SCOPE = "chat"
_DEFAULT_PORTS = {"http": 80, "https": 443}


async def visitor_of_socket(scope: Mapping[str, Any]) -> Visitor | None:
    """The person whose session cookie came from one of our own pages; None for everybody else."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host", "")
    if not is_own_origin(headers.get("origin", ""), host):
        return None
    try:
        tenant = await atenant_of_host(host)
        cookies = SimpleCookie(headers.get("cookie", ""))
    except (UnknownHostError, CookieError):
        return None
    morsel = cookies.get(COOKIE)
    if tenant is None or not tenant.is_active or morsel is None:
        return None
    return await in_scope(tenant.id, _by_cookie, tenant.id, morsel.value)


def is_own_origin(origin: str, host: str) -> bool:
    """Whether the page that opened the socket came from this very host and port.

    Of an installation at https only over https: who sits on the line writes what http shows.
    """
    try:
        parts = urlsplit(origin)
        if settings.BASE_URL.startswith("https:") and parts.scheme != "https":
            return False
        theirs = (parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme))
        ours = urlsplit(f"{parts.scheme}://{host}")
        return bool(parts.hostname) and theirs == (
            ours.hostname,
            ours.port or _DEFAULT_PORTS.get(parts.scheme),
        )
    except ValueError:
        return False


async def visitor_of_request(request: ActingRequest) -> Visitor | None:
    """The caller of a stream, by API key with the scope `chat` or by session cookie."""
    if "HTTP_AUTHORIZATION" in request.META:
        if not await _named_by_key(request) or request.tenant is None:
            return None
        return await in_scope(request.tenant.id, _by_key, request)
    token = request.COOKIES.get(COOKIE)
    if request.tenant is None or not token:
        return None
    return await in_scope(request.tenant.id, _by_cookie, request.tenant.id, token)


async def _named_by_key(request: ActingRequest) -> bool:
    return await sync_to_async(name_tenant_by_key)(request)


def _by_cookie(tenant_id: UUID, token: str) -> Visitor | None:
    session = session_open(token)
    return Visitor(tenant_id, session.user_id, session_id=session.id) if session else None


def _by_key(request: ActingRequest) -> Visitor | None:
    actor = actor_by_key(request)
    if actor is None or not has_scope(actor, SCOPE):
        return None
    return Visitor(actor.tenant_id, actor.user_id, api_key_id=actor.api_key_id)
