"""Who is at the other end of a request: by session cookie on an organisation's host, or by API key."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings

from apps.accounts.actors import Actor
from apps.accounts.services.keys import api_key_authenticate
from apps.accounts.services.sessions import session_open
from apps.accounts.tokens import read_key
from apps.tenants.hosts import tenant_of_slug
from apps.tenants.middleware import TenantRequest
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpResponseBase

COOKIE = "__Host-atrium" if settings.IS_HTTPS else "atrium_session"


class ActingRequest(TenantRequest):
    """A request that knows who acts: None until it was asked, or when nobody is signed in."""

    actor: Actor | None


def address_of(request: Any) -> str | None:
    """The caller's address, for throttling and audit; behind a proxy the last hop that it names.

    Without a port, which some proxies write behind it; None where what is named is no address.
    """
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if last := forwarded.rpartition(",")[2].strip():
            return _plain_address(last)
    return _plain_address(request.META.get("REMOTE_ADDR") or "")


def _plain_address(text: str) -> str | None:
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def bearer_of(request: Any) -> str | None:
    """The text of an Authorization: Bearer header."""
    scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


def actor_by_cookie(request: TenantRequest) -> Actor | None:
    """The signed-in person, in the scope of the host's tenant that the caller has opened."""
    token = request.COOKIES.get(COOKIE)
    if not token or request.tenant is None:
        return None
    session = session_open(token)
    return Actor(session.user, None, session.id, address_of(request)) if session else None


def name_tenant_by_key(request: TenantRequest) -> bool:
    """Point the request at the tenant that its API key names; False when there is no valid-looking key.

    On an organisation's own host a key of another organisation is refused.
    """
    key = read_key(bearer_of(request) or "")
    named = tenant_of_slug(key.slug) if key else None
    if named is None or not named.is_active:
        return False
    if request.tenant is not None and request.tenant.id != named.id:
        return False
    request.tenant = named
    return True


def actor_by_key(request: TenantRequest) -> Actor | None:
    """The key's person, in the scope of the key's tenant that the caller has opened."""
    text = read_key(bearer_of(request) or "")
    key = api_key_authenticate(text) if text else None
    return Actor(key.user, key, None, address_of(request)) if key else None


def signed_in(request: Any) -> Actor | None:
    """The signed-in person of a page request; opens a short scope of its own. Kept on the request."""
    if not hasattr(request, "signed_in_actor"):
        request.signed_in_actor = None
        if request.tenant is not None and request.COOKIES.get(COOKIE):
            with tenant_scope(request.tenant.id):
                request.signed_in_actor = actor_by_cookie(request)
    found: Actor | None = request.signed_in_actor
    return found


class SessionMiddleware:
    """Prepares `request.actor` as not yet known; views ask for it in their own scope."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: ActingRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        request.actor = None
        answer: HttpResponseBase | Awaitable[HttpResponseBase] = self.get_response(request)
        return answer


def clear_cookie(response: HttpResponseBase) -> None:
    """Take the session's cookie away."""
    response.set_cookie(
        COOKIE, "", max_age=0, secure=settings.IS_HTTPS, httponly=True, samesite="Lax", path="/"
    )


def set_cookie(response: HttpResponseBase, token: str, *, seconds: int) -> None:
    """Give the browser its session: out of reach of scripts, other hosts and other sites."""
    response.set_cookie(
        COOKIE, token, max_age=seconds, secure=settings.IS_HTTPS, httponly=True, samesite="Lax", path="/"
    )
