"""Where the scope opens for pages: one short transaction around a view, rendered inside it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponseBase, HttpResponseRedirect

from apps.tenants.outside import in_tries
from apps.tenants.scope import discard, tenant_scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest
    from django.utils.datastructures import MultiValueDict

    from apps.tenants.middleware import TenantRequest


def respond_in_scope(request: TenantRequest, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Call and render the view in the request's tenant scope; keep nothing it wrote on a status >= 400.

    A view that needs the network for a moment (apps.tenants.outside) is called again.
    Without a tenant (the bare host of several organisations) it leads to the page that asks which.
    """
    if request.tenant is None:
        return HttpResponseRedirect(settings.ORGANISATION_URL)
    tenant_id = request.tenant.id
    return in_tries(lambda: _responded(request, tenant_id, view))


def rewind_files(request: HttpRequest) -> None:
    """Let the form's files be read from their beginning: an earlier try may have read them."""
    read: MultiValueDict[str, Any] | None = getattr(request, "_files", None)
    for _, files in read.lists() if read else ():
        for file in files:
            file.seek(0)


def _responded(
    request: TenantRequest, tenant_id: UUID, view: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    rewind_files(request)
    with tenant_scope(tenant_id):
        response = view()
        render = getattr(response, "render", None)
        if callable(render):
            response = render()
        if response.streaming and not getattr(response, "file_to_stream", None):
            raise RuntimeError("A streamed answer would outlive its tenant scope.")
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            discard()
        return response
