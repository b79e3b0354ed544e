"""Where the scope opens for pages: one short transaction around a view, rendered inside it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponseBase, HttpResponseRedirect

from apps.tenants.scope import discard, tenant_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.tenants.middleware import TenantRequest


def respond_in_scope(request: TenantRequest, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Call and render the view in the request's tenant scope; keep nothing it wrote on a status >= 400.

    Without a tenant (the bare host of several organisations) it leads to the page that asks which.
    """
    if request.tenant is None:
        return HttpResponseRedirect(settings.ORGANISATION_URL)
    with tenant_scope(request.tenant.id):
        response = view()
        render = getattr(response, "render", None)
        if callable(render):
            response = render()
        if response.streaming and not getattr(response, "file_to_stream", None):
            raise RuntimeError("A streamed answer would outlive its tenant scope.")
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            discard()
        return response
