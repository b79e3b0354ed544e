"""Handing a file back: always a download, never a page of ours (ASVS 5.0, 5.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.http import FileResponse
from django.utils.http import content_disposition_header

from apps.files.names import clean_name
from apps.files.storage import storage

if TYPE_CHECKING:
    from apps.files.models import File

POLICY: Final = "default-src 'none'; sandbox"
_SHOWN: Final = {"application/pdf", "text/plain", "text/markdown"}


def as_download(file: File) -> FileResponse:
    """The bytes as an attachment that no browser opens in our name.

    Raises FileNotFoundError where the bytes are gone.
    """
    plain = file.media_type if file.media_type in _SHOWN else "application/octet-stream"
    response = FileResponse(storage().open(file.storage_key), content_type=plain)
    response.headers["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=clean_name(file.name)) or "attachment"
    )
    response.headers["Content-Length"] = str(file.size)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response
