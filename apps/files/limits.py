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
"""Bytes that a multipart body needs beside its files."""
AT_ONCE: Final = 4
"""Files of the largest size that one form may carry together; smaller ones may be more."""


def megabytes(size: int) -> str:
    """A size in words: "25 MB", below one "97.7 KB"."""
    number, unit = (size / 1024 / 1024, "MB") if size >= 1024 * 1024 else (size / 1024, "KB")
    return f"{number:,.1f}".removesuffix(".0") + f" {unit}"


def too_large() -> ProblemError:
    """413: one file over its limit."""
    limit = megabytes(settings.MAX_UPLOAD_BYTES)
    return ProblemError(
        413,
        "file_too_large",
        "The file is too large",
        f"A file may have up to {limit}. Nothing was saved. Split it, or make it smaller, and upload that.",
    )


def together() -> int:
    """Bytes that the files of one form may have together."""
    return AT_ONCE * int(settings.MAX_UPLOAD_BYTES)


def too_large_together() -> ProblemError:
    """413: the files of one form over the limit of all."""
    return ProblemError(
        413,
        "upload_too_large",
        "The files are too large to go together",
        f"Files sent at once may have up to {megabytes(together())} together, each of them up to "
        f"{megabytes(settings.MAX_UPLOAD_BYTES)}. Nothing was saved. Upload them in smaller groups.",
    )


def empty() -> ProblemError:
    """400: no bytes."""
    return ProblemError(
        400,
        "file_empty",
        "The file is empty",
        "Nothing was saved. Check that it is the right file and upload it again.",
    )


def refuse_long_body(request: Any, *, several: bool = False) -> None:
    """Raise 413 by the request's own Content-Length, before its form is parsed."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    most = together() if several else settings.MAX_UPLOAD_BYTES
    if length.isascii() and length.isdigit() and int(length[:18]) > most + ENVELOPE:
        raise too_large_together() if several else too_large()


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
