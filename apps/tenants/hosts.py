"""From a Host header to its tenant. Nothing else names one, except a verified session or API key."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from apps.tenants.aio import in_global_scope
from apps.tenants.models import Tenant, TenantHost, TenantState
from apps.tenants.scope import global_scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

_KEPT_SECONDS = 5.0
_RENEWED_SECONDS = 1.0
_PAUSE_SECONDS = 0.25
_MOST_KEPT = 10_000
logger = logging.getLogger(__name__)
_LOOPBACK = ("127.0.0.1", "[::1]", "localhost")


class UnknownHostError(Exception):
    """The Host header names neither the installation nor an organisation."""


@dataclass(frozen=True, slots=True)
class TenantRef:
    """What a request knows of its tenant before any scope is open."""

    id: UUID
    slug: str
    is_active: bool


_kept: dict[str, tuple[float, TenantRef | None]] = {}
_renewing: dict[str, asyncio.Task[None]] = {}


def bare_host() -> str:
    """The installation's own host name, without port: of ATRIUM_BASE_URL."""
    return urlsplit(settings.BASE_URL).hostname or "localhost"


def host_name(header: str) -> str:
    """The Host header's name in lower case, without port and trailing dot."""
    name = header.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0].rstrip(".")


def _ref(tenant: Tenant) -> TenantRef:
    return TenantRef(tenant.id, tenant.slug, tenant.state == TenantState.ACTIVE)


def _look_up(name: str) -> TenantRef | None:
    row = TenantHost.objects.select_related("tenant").filter(host=name).first()
    if row is not None:
        return _ref(row.tenant)
    if name != bare_host() and name not in _LOOPBACK:
        raise UnknownHostError(name)
    return _only()


def _only() -> TenantRef | None:
    tenants = list(Tenant.objects.all()[:2])
    return _ref(tenants[0]) if len(tenants) == 1 else None


def _remembered(name: str) -> tuple[bool, TenantRef | None]:
    kept = _kept.get(name)
    if kept is not None and kept[0] > time.monotonic():
        return True, kept[1]
    return False, None


def _remember(name: str, ref: TenantRef | None) -> TenantRef | None:
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    _kept[name] = (time.monotonic() + _KEPT_SECONDS, ref)
    return ref


def _is_ageing(key: str) -> bool:
    kept = _kept.get(key)
    return kept is not None and kept[0] - time.monotonic() < _KEPT_SECONDS - _RENEWED_SECONDS


def _looked_up(key: str, look_up: Callable[[str], TenantRef | None], asked: str) -> TenantRef | None:
    """What is remembered, else looked up."""
    known, ref = _remembered(key)
    if known:
        return ref
    with global_scope():
        return _remember(key, look_up(asked))


async def _found(key: str, look_up: Callable[[str], TenantRef | None], asked: str) -> TenantRef | None:
    """What is remembered, else looked up; what is asked for often is renewed before a request has to wait."""
    known, ref = _remembered(key)
    if not known:
        return _remember(key, await in_global_scope(look_up, asked))
    if key not in _renewing and _is_ageing(key):
        _renewing[key] = asyncio.ensure_future(_renew(key, look_up, asked))
    return ref


async def _renew(key: str, look_up: Callable[[str], TenantRef | None], asked: str) -> None:
    """Look up again, a moment after the request that asked, which has the processor till then."""
    try:
        await asyncio.sleep(_PAUSE_SECONDS)
        _remember(key, await in_global_scope(look_up, asked))
    except UnknownHostError:
        _kept.pop(key, None)
    except Exception:
        logger.exception("A host could not be looked up again: the next request looks for itself.")
    finally:
        _renewing.pop(key, None)


def forget_hosts() -> None:
    """Drop what was looked up: for tests and for the process that changes a tenant."""
    _kept.clear()


def tenant_of_host(header: str) -> TenantRef | None:
    """The tenant of a Host header; None on the bare host of several tenants; raises UnknownHostError.

    Looked up at most every five seconds, so a suspension acts within that time.
    """
    name = host_name(header)
    return _looked_up(name, _look_up, name)


async def atenant_of_host(header: str) -> TenantRef | None:
    """`tenant_of_host` for coroutines."""
    name = host_name(header)
    return await _found(name, _look_up, name)


def oldest_tenant() -> TenantRef | None:
    """The first of the installation's tenants that are active; None without one."""
    with global_scope():
        tenant = Tenant.objects.filter(state=TenantState.ACTIVE).order_by("created_at", "id").first()
    return None if tenant is None else _ref(tenant)


def _of_slug(slug: str) -> TenantRef | None:
    """Raises UnknownHostError, so that what is not there is not remembered."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise UnknownHostError(slug)
    return _ref(tenant)


def tenant_of_slug(slug: str) -> TenantRef | None:
    """The tenant that an API key names; None when there is none."""
    try:
        return _looked_up(f"slug:{slug}", _of_slug, slug)
    except UnknownHostError:
        return None


async def atenant_of_slug(slug: str) -> TenantRef | None:
    """`tenant_of_slug` for coroutines."""
    try:
        return await _found(f"slug:{slug}", _of_slug, slug)
    except UnknownHostError:
        return None
