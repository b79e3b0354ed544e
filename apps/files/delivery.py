"""Handing a file back: a download or a raster picture, never a page of ours (ASVS 5.0, 5.4)."""

from __future__ import annotations

import asyncio
from io import SEEK_END
from typing import IO, TYPE_CHECKING, Final

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from apps.files.names import clean_name
from apps.files.storage import storage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from apps.files.models import File

POLICY: Final = "default-src 'none'; sandbox"
_PART: Final = 256 * 1024
_PICTURES: Final = {"image/png", "image/jpeg", "image/webp", "image/gif"}
_HARMLESS: Final = {"application/pdf", "text/plain", "text/markdown"}


def as_download(file: File) -> StreamingHttpResponse:
    """The bytes as an attachment that no browser opens in our name.

    Raises FileNotFoundError where the bytes are gone.
    """
    kind = file.media_type if file.media_type in _HARMLESS else "application/octet-stream"
    return _handed(file, kind, is_attachment=True)


def as_picture(file: File) -> StreamingHttpResponse:
    """The bytes of a raster picture for a page of ours to show; raises FileNotFoundError, also for others."""
    if file.media_type not in _PICTURES:
        raise FileNotFoundError(file.media_type)
    return _handed(file, file.media_type, is_attachment=False)


def as_made(body: IO[bytes], name: str, kind: str) -> StreamingHttpResponse:
    """What was made just now for the person alone, from where it stands; it is closed after its last byte."""
    at = body.tell()
    size = body.seek(0, SEEK_END) - at
    body.seek(at)
    return _given(body, name, size, kind, is_attachment=True)


def _handed(file: File, kind: str, *, is_attachment: bool) -> StreamingHttpResponse:
    body = storage().open(file.storage_key)
    return _given(body, clean_name(file.name), file.size, kind, is_attachment=is_attachment)


def _given(body: IO[bytes], name: str, size: int, kind: str, *, is_attachment: bool) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_parts(body), content_type=kind)
    response.headers["Content-Disposition"] = (
        content_disposition_header(as_attachment=is_attachment, filename=name) or "attachment"
    )
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Content-Length"] = str(size)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response


async def _parts(body: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while part := await asyncio.to_thread(body.read, _PART):
            yield part
    finally:
        body.close()
