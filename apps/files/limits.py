"""How much may come in: per request, per file, per person and per organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from apps.files.models import File
from apps.rest.errors import ProblemError
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.db.models import Q, QuerySet

ENVELOPE: Final = 64 * 1024
"""Bytes that a multipart body needs beside its files."""
_leaving: list[Callable[[], Q]] = []

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


def register_leaving(leaving: Callable[[], Q]) -> None:
    """Have files left out of the quotas that an app above will erase in a moment; asked in a scope."""
    _leaving.append(leaving)


def refuse_size(size: int, *, owner_id: UUID | None) -> None:
    """Raise 400 for no bytes, 409 where they do not fit into the organisation's or the person's quota."""
    if not size:
        raise empty()
    if _is_over(File.objects.all(), size, settings.FILES_TENANT_QUOTA_BYTES):
        raise _over_quota("Your organisation", settings.FILES_TENANT_QUOTA_BYTES)
    own = File.objects.filter(owner_id=owner_id)
    if owner_id is not None and _is_over(own, size, settings.FILES_USER_QUOTA_BYTES):
        raise _over_quota("You", settings.FILES_USER_QUOTA_BYTES)


def refuse_size_alone(size: int, *, owner_id: UUID | None) -> None:
    """The same, right before the row is made: from here to the transaction's end the organisation's other
    files wait, so that uploads side by side can not pass together."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"files {current_tenant_id()}"]
        )
    refuse_size(size, owner_id=owner_id)


def _is_over(files: QuerySet[File], size: int, limit: int) -> bool:
    """What is about to be erased is looked for only where it decides."""
    if _used(files) + size <= limit:
        return False
    for leaving in _leaving:
        files = files.exclude(leaving())
    return _used(files) + size > limit


def _used(files: QuerySet[File]) -> int:
    return int(files.aggregate(total=Sum("size"))["total"] or 0)


def _over_quota(who: str, limit: int) -> ProblemError:
    return ProblemError(
        409,
        "quota_exceeded",
        "There is no room left for this file",
        f"{who} may keep up to {megabytes(limit)} of files. Nothing was saved. "
        "Delete files that are no longer needed, or ask an administrator for more room.",
    )
