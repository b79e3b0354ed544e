"""A chat's pictures: shown in the page from our own origin, or handed out as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from apps.accounts.api.base import TenantApi
from apps.chat import errors
from apps.chat.selectors import access_picture
from apps.files.delivery import as_download, as_picture

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import StreamingHttpResponse
    from rest_framework.request import Request


class PictureApi(TenantApi):
    """One picture."""

    scope = "chat"

    @extend_schema(
        operation_id="picture_read",
        tags=["conversations"],
        parameters=[OpenApiParameter("download", bool, description="As a file to keep.")],
        responses={(200, "image/*"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, file_id: UUID) -> StreamingHttpResponse:
        """The bytes, for the person whose chat it is in; nobody else, whatever they know of it."""
        file = access_picture(self.actor, file_id).file
        try:
            return as_download(file) if "download" in request.query_params else as_picture(file)
        except FileNotFoundError:
            raise errors.not_found() from None
