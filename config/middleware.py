"""Headers of every answer and the CSRF check, both free of thread hops so that streams stay quick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

POLICY = "; ".join([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    "manifest-src 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types svelte-trusted-html pdf-worker",
    "report-uri /csp-report",
])  # fmt: skip
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
    "Cache-Control": "no-store",
}


def security_headers() -> dict[str, str]:
    """The headers of every answer."""
    headers = dict(_HEADERS)
    if settings.SECURE_HSTS_SECONDS:
        headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
    return headers


def file_headers() -> dict[str, str]:
    """Those of static files: without a page's own, since a script's policy would bind its worker."""
    names = {
        "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Resource-Policy",
        "Strict-Transport-Security",
    }  # fmt: skip
    return {name: value for name, value in security_headers().items() if name in names}


class SecurityHeaders:
    """Puts the security headers on every answer; a view that set one itself keeps its own."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.headers = security_headers()
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)
            self.is_async = True
        else:
            self.is_async = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._acall(request)
        return self._protect(self.get_response(request))

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        return self._protect(await self.get_response(request))

    def _protect(self, response: HttpResponseBase) -> HttpResponseBase:
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        return response


class CsrfMiddleware(CsrfViewMiddleware):
    """Django's CSRF check, called on the event loop: it only compares strings."""

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        self.process_request(request)
        answer: Any = self.get_response(request)
        return self.process_response(request, await answer)

    async def process_view(self, request: HttpRequest, *view: Any) -> Any:  # type: ignore[override]  # async on purpose
        """Refuse an unsafe request without a matching token."""
        return super().process_view(request, *view)
