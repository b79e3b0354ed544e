"""Cursor pages: {"results": […], "next": opaque or null}, stable while rows come and go."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter

from apps.rest.errors import invalid, not_found

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from apps.rest.errors import ProblemError

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
CURSOR: Final = OpenApiParameter("cursor", str, description="The `next` of the page before.")
LIMIT: Final = OpenApiParameter(
    "limit", int, description=f"Rows of a page: 1 to {MAX_LIMIT}, {DEFAULT_LIMIT} by default."
)


def limit_of(request: Request, *, usual: int = DEFAULT_LIMIT, most: int = MAX_LIMIT) -> int:
    """How many rows a page shall have: what `limit` says, or `usual`; raises 400 for another number."""
    raw = request.query_params.get("limit", str(usual))
    if not raw.isascii() or not raw.isdigit() or len(raw) > len(str(most)) or not 1 <= int(raw) <= most:
        raise invalid([{"field": "limit", "message": f"A whole number from 1 to {most}."}])
    return int(raw)


def encode_cursor(*values: Any) -> str:
    """An opaque cursor for the values that the page is ordered by."""
    plain = [value.isoformat() if isinstance(value, dt.datetime) else str(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[dt.datetime, UUID]:
    try:
        moment, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return dt.datetime.fromisoformat(moment), UUID(key)
    except (ValueError, TypeError, binascii.Error) as error:
        raise _no_cursor() from error


def _decode_id(cursor: str) -> UUID:
    try:
        (key,) = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return UUID(key)
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise _no_cursor() from error


def _no_cursor() -> ProblemError:
    return invalid([{"field": "cursor", "message": "Not a cursor of this list; begin without one."}])


def id_of(text: str) -> UUID:
    """The id that a query parameter names; 404 when it is none, as for an id that does not exist."""
    try:
        return UUID(text)
    except ValueError:
        raise not_found() from None


def page_of(request: Request, rows: QuerySet[Any], *, by: str = "created_at") -> tuple[list[Any], str | None]:
    """One page, newest first by the datetime field and id, and the cursor of the next page or None."""
    limit = limit_of(request)
    cursor = request.query_params.get("cursor")
    if cursor:
        moment, key = _decode(cursor)
        rows = rows.filter(Q(**{f"{by}__lt": moment}) | Q(**{by: moment}, id__lt=key))
    found = list(rows.order_by(f"-{by}", "-id")[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], encode_cursor(getattr(last, by), last.id)


def page_upwards(request: Request, rows: QuerySet[Any]) -> tuple[list[Any], str | None]:
    """One page, oldest first by id (made in the order of time), and the next page's cursor or None."""
    limit = limit_of(request)
    cursor = request.query_params.get("cursor")
    if cursor:
        rows = rows.filter(id__gt=_decode_id(cursor))
    found = list(rows.order_by("id")[: limit + 1])
    return found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None
