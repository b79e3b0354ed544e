"""The API's own documentation: the guide with the reference, and the schema. Both for who is signed in."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts import selectors as accounts
from apps.accounts.api.base import TenantApi
from apps.accounts.pages import PersonPage
from apps.chat.parts import MAX_TEXT
from apps.llm import selectors as models

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

POLICY: Final = "; ".join(
    [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
        "font-src 'self'", "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
        "object-src 'none'", "frame-ancestors 'none'", "report-uri /csp-report",
    ]
)  # fmt: skip
"""As everywhere, without Trusted Types: Swagger UI writes markup of the schema, which is our own."""


@cache
def schema() -> dict[str, Any]:
    """The OpenAPI 3 description of every endpoint."""
    generator: Any = SchemaGenerator
    made: dict[str, Any] = generator().get_schema(request=None, public=True)
    return made


class SchemaApi(TenantApi):
    """The schema as JSON; docs/openapi.yaml is the same."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """All of it."""
        return Response(schema())


class DocsPage(PersonPage):
    """Quick start, authentication, streaming, errors, limits, and the full reference; needs no internet."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        model = models.default_model(accounts.everyone().id)
        response = render(
            request,
            "api/docs.html",
            {
                "base_url": f"{request.scheme}://{request.get_host()}",
                "model": model.slug if model else "MODEL",
                "schema_url": reverse("api-schema"),
                "limits": {"max_text": f"{MAX_TEXT:,}", "max_upload_bytes": settings.MAX_UPLOAD_BYTES},
            },
        )
        response["Content-Security-Policy"] = POLICY
        return response
