"""/v1/files: given by themselves, to be put into vector stores; seen by the key's person alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.api.openai.stores.base import StoreApi, UploadStoreApi, listed
from apps.api.openai.stores.ids import FILE, read_id
from apps.api.openai.stores.inputs import PURPOSES
from apps.api.openai.stores.shapes import file_id, file_shape
from apps.files.api.uploads import uploaded_file
from apps.files.delivery import as_download
from apps.files.limits import refuse_long_body
from apps.knowledge.stores import services
from apps.knowledge.stores.access import access_file, access_kept, kept_files
from apps.rest.errors import ProblemError, invalid, not_found

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponseBase
    from rest_framework.request import Request

    from apps.knowledge.models import KeptFile

SHORTEST_S: Final = 3_600
LONGEST_S: Final = 2_592_000
MOST: Final = 10_000


@extend_schema(exclude=True)
class FileListApi(UploadStoreApi):
    """The files that the key's person gave."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer 413 before anything of a too long body is parsed."""
        try:
            refuse_long_body(request)
        except ProblemError as problem:
            return self._refuse(request, problem, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: Request) -> Response:
        """Newest first, or `order=asc`; `purpose` narrows."""
        rows = kept_files(self.actor)
        if purpose := request.query_params.get("purpose"):
            rows = rows.filter(purpose=purpose[:20].replace("\0", ""))

        def find(text: str) -> KeptFile | None:
            wanted = read_id(FILE, text)
            return rows.filter(file_id=wanted).first() if wanted else None

        return listed(request, rows, lambda kept: file_shape(kept.file, kept), find=find, most=MOST)

    def post(self, request: Request) -> Response:
        """Keep a file; its content decides what it is."""
        purpose = request.POST.get("purpose", "")
        if purpose not in PURPOSES:
            message = f"One of {', '.join(PURPOSES)}: files are kept here to be put into vector stores."
            raise invalid([{"field": "purpose", "message": message}])
        lasts = _lasts(request)
        file = uploaded_file(request)
        kept = services.file_keep(
            actor=self.actor, name=file.name or "", stream=file, purpose=purpose, lasts=lasts
        )
        return Response(file_shape(kept.file, kept))


@extend_schema(exclude=True)
class FileApi(StoreApi):
    """One file."""

    def get(self, request: Request, given_id: UUID) -> Response:
        """One that the person gave, or whose document they may read."""
        kept = kept_files(self.actor).filter(file_id=given_id).first()
        return Response(file_shape(kept.file if kept else access_file(self.actor, given_id), kept))

    def delete(self, request: Request, given_id: UUID) -> Response:
        """Delete it, also out of every store that the person put it into."""
        services.file_forget(actor=self.actor, kept=access_kept(self.actor, given_id))
        return Response({"id": file_id(given_id), "object": "file", "deleted": True})


@extend_schema(exclude=True)
class FileContentApi(StoreApi):
    """A file's bytes."""

    def get(self, request: Request, given_id: UUID) -> HttpResponseBase:
        """As they were given, as a download."""
        try:
            return as_download(access_file(self.actor, given_id))
        except FileNotFoundError:
            raise not_found() from None


def _lasts(request: Request) -> timedelta | None:
    raw = request.POST.get("expires_after[seconds]")
    if raw is None:
        return None
    is_number = raw.isascii() and raw.isdigit() and SHORTEST_S <= int(raw[:9]) <= LONGEST_S
    if request.POST.get("expires_after[anchor]") != "created_at" or not is_number:
        message = f"An anchor created_at, and seconds from {SHORTEST_S} to {LONGEST_S}."
        raise invalid([{"field": "expires_after", "message": message}])
    return timedelta(seconds=int(raw))
