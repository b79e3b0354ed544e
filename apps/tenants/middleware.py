"""Names the tenant of every request by its host. Opens no scope: the view's dispatch does."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from apps.tenants.hosts import TenantRef, UnknownHostError, atenant_of_host, tenant_of_host

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_WITHOUT_TENANT = ("/livez", "/readyz", "/static/")


class TenantRequest(HttpRequest):
    """A request with its tenant: None on the bare host of several organisations."""

    tenant: TenantRef | None


def _refused(request: HttpRequest, status: int) -> HttpResponse:
    template = "errors/host.html" if status == HTTPStatus.BAD_REQUEST else "errors/suspended.html"
    return render(request, template, status=status)


class TenantMiddleware:
    """Sets `request.tenant`; 400 for an unknown host, 403 for a suspended organisation."""

    sync_capable = True
    async_capable = True

    def __init__(
        self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]
    ) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: TenantRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._acall(request)
        request.tenant = None
        if not request.path.startswith(_WITHOUT_TENANT):
            try:
                request.tenant = tenant_of_host(request.META.get("HTTP_HOST", ""))
            except UnknownHostError:
                return _refused(request, 400)
        return self._suspended(request) or self.get_response(request)

    async def _acall(self, request: TenantRequest) -> HttpResponseBase:
        request.tenant = None
        if not request.path.startswith(_WITHOUT_TENANT):
            try:
                request.tenant = await atenant_of_host(request.META.get("HTTP_HOST", ""))
            except UnknownHostError:
                return _refused(request, 400)
        response = self._suspended(request) or self.get_response(request)
        return response if isinstance(response, HttpResponseBase) else await response

    def _suspended(self, request: TenantRequest) -> HttpResponse | None:
        if request.tenant is not None and not request.tenant.is_active:
            return _refused(request, 403)
        return None
