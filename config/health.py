"""/livez answers while the process lives; /readyz asks the database and Redis, a second each at most."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import redis.asyncio
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from apps.tenants.aio import in_global_scope
from apps.tenants.models import Tenant

if TYPE_CHECKING:
    from collections.abc import Awaitable

log = logging.getLogger(__name__)
_SECONDS = 1.0


async def livez(request: HttpRequest) -> HttpResponse:
    """200 as long as the event loop turns."""
    return HttpResponse("ok\n", content_type="text/plain")


async def _database() -> None:
    await in_global_scope(Tenant.objects.exists)


async def _redis() -> None:
    client = redis.asyncio.from_url(
        settings.REDIS_URL, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS
    )
    try:
        await client.ping()
    finally:
        await client.aclose()


async def _holds(check: Awaitable[None]) -> bool:
    try:
        await asyncio.wait_for(check, _SECONDS)
    except Exception:  # noqa: BLE001 - whatever it is, the part is not ready
        return False
    return True


async def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database and Redis answer; 503 without the database. Redis only slows things down."""
    database, broker = await asyncio.gather(_holds(_database()), _holds(_redis()))
    return JsonResponse({"database": database, "redis": broker}, status=200 if database else 503)


@csrf_exempt
async def csp_report(request: HttpRequest) -> HttpResponse:
    """Take a browser's report of a blocked resource; the first 2,000 bytes go to the log."""
    log.warning("content policy report: %r", request.body[:2000])
    return HttpResponse(status=204)
