"""Upload endpoints: refused by their length before a byte is read, one file in the field `file`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from apps.accounts.api.base import IdempotentMixin, TenantApi
from apps.files.limits import refuse_long_body
from apps.rest.errors import ProblemError, invalid

if TYPE_CHECKING:
    from django.http import HttpResponseBase
    from rest_framework.request import Request


class UploadInput(serializers.Serializer[Any]):
    """The multipart form of an upload."""

    file = serializers.FileField()


UPLOAD_SCHEMA = {"multipart/form-data": UploadInput}


class UploadApi(IdempotentMixin, TenantApi):
    """An endpoint whose POST takes a file, once for each Idempotency-Key."""

    parser_classes = [MultiPartParser]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer 413 before anything of a too long body is parsed."""
        try:
            refuse_long_body(request)
        except ProblemError as problem:
            return self._refuse(request, problem, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)


def uploaded_file(request: Request) -> Any:
    """The one file of the form, an UploadedFile; raises 400 without it."""
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise invalid([{"field": "file", "message": "Send one file as multipart/form-data, named `file`."}])
    return file
