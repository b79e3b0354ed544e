"""How much may come in: per request, per file, per person and per organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db.models import Sum

from apps.files.models import File
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from uuid import UUID

ENVELOPE: Final = 64 * 1024
"""Bytes that a multipart body needs beside its file."""


def megabytes(size: int) -> str:
    """A size in words: "25 MB"."""
    return f"{size / 1024 / 1024:,.1f}".removesuffix(".0") + " MB"


def too_large() -> ProblemError:
    """413: over the limit of one file."""
    limit = megabytes(settings.MAX_UPLOAD_BYTES)
    return ProblemError(
        413,
        "file_too_large",
        "The file is too large",
        f"A file may have up to {limit}. Nothing was saved. Split it, or make it smaller, and upload that.",
    )


def empty() -> ProblemError:
    """400: no bytes."""
    return ProblemError(
        400,
        "file_empty",
        "The file is empty",
        "Nothing was saved. Check that it is the right file and upload it again.",
    )


def refuse_long_body(request: Any) -> None:
    """Raise 413 by the request's own Content-Length, before any of its body is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isascii() and length.isdigit() and int(length[:18]) > settings.MAX_UPLOAD_BYTES + ENVELOPE:
        raise too_large()


def refuse_size(size: int, *, owner_id: UUID | None) -> None:
    """Raise 400 for no bytes, 409 where they do not fit into the organisation's or the person's quota."""
    if not size:
        raise empty()
    whole = _used(File.objects.all())
    if whole + size > settings.FILES_TENANT_QUOTA_BYTES:
        raise _over_quota("Your organisation", settings.FILES_TENANT_QUOTA_BYTES)
    if owner_id is not None:
        own = _used(File.objects.filter(owner_id=owner_id))
        if own + size > settings.FILES_USER_QUOTA_BYTES:
            raise _over_quota("You", settings.FILES_USER_QUOTA_BYTES)


def _used(files: Any) -> int:
    return int(files.aggregate(total=Sum("size"))["total"] or 0)


def _over_quota(who: str, limit: int) -> ProblemError:
    return ProblemError(
        409,
        "quota_exceeded",
        "There is no room left for this file",
        f"{who} may keep up to {megabytes(limit)} of files. Nothing was saved. "
        "Delete files that are no longer needed, or ask an administrator for more room.",
    )
