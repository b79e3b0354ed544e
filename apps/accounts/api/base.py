"""The base of every REST endpoint: who acts, in which tenant, in one transaction, as problem JSON."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from django.db import connection
from django.http import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.request import Request, clone_request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.actors import Actor
from apps.accounts.api.idempotency import repeated_or_run
from apps.accounts.middleware import actor_by_cookie, actor_by_key, bearer_of, name_tenant_by_key
from apps.accounts.permissions import has_scope, require
from apps.rest.errors import ProblemError, fault_of, forbidden, unauthenticated
from apps.tenants.edges import rewind_files
from apps.tenants.outside import in_tries
from apps.tenants.scope import discard, tenant_scope

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class _Csrf(CsrfViewMiddleware):
    def _reject(self, request: Any, reason: str) -> Any:
        return reason


def refuse_forged(request: Any) -> None:
    """Raise 403 for a write by cookie that does not come from our own pages."""
    check: Any = _Csrf(lambda _: None)  # type: ignore[arg-type]  # never called
    check.process_request(request)
    elsewhere = request.META.get("HTTP_SEC_FETCH_SITE", "same-origin") not in ("same-origin", "none")
    if elsewhere or check.process_view(request, None, (), {}):
        raise ProblemError(
            403,
            "csrf",
            "This request did not come from the page",
            "Nothing was changed. Reload the page and try again.",
        )


class TenantApi(APIView):
    """An endpoint in its caller's tenant: dispatch opens the scope; a status >= 400 keeps nothing.

    `scope` is the API key scope that the endpoint belongs to, `capability` what the role must give.
    """

    scope: ClassVar[str] = ""
    capability: ClassVar[str] = ""
    actor: Actor

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The view; CSRF is checked where a cookie names the actor."""
        view = super().as_view(**initkwargs)
        view.csrf_exempt = True
        return view

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Name the tenant, open its scope, answer and render inside it."""
        by_key = bearer_of(request) is not None
        if (by_key and not name_tenant_by_key(request)) or request.tenant is None:
            return self._refuse(request, unauthenticated(), *args, **kwargs)
        self._by_key = by_key
        try:
            return in_tries(lambda: self._answered(request, *args, **kwargs))
        except Exception as error:  # noqa: BLE001 - a failed connect or commit must leave as a problem too
            return self._refuse(request, fault_of(error), *args, **kwargs)
        finally:
            connection.close()

    def _answered(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        rewind_files(request)
        with tenant_scope(request.tenant.id):
            response = super().dispatch(request, *args, **kwargs)
            if isinstance(response, Response):
                response.render()
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                discard()
            return response

    def _refuse(self, request: Any, problem: ProblemError, *args: Any, **kwargs: Any) -> Response:
        self.args, self.kwargs = args, kwargs
        self.headers = self.default_response_headers
        self.request = self.initialize_request(request, *args, **kwargs)
        self.format_kwarg = None
        response = problem.response()
        neg = self.perform_content_negotiation(self.request, force=True)
        self.request.accepted_renderer, self.request.accepted_media_type = neg
        response = self.finalize_response(self.request, response, *args, **kwargs)
        response.render()
        return response

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """DRF's request; in a later try with the body that an earlier one read."""
        earlier: Any = self.request
        if isinstance(earlier, Request):
            return clone_request(earlier, str(earlier.method))
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the actor and check scope and capability; raises problems."""
        self.format_kwarg = None
        neg = self.perform_content_negotiation(request, force=True)
        request.accepted_renderer, request.accepted_media_type = neg
        raw: Any = request._request  # noqa: SLF001 - Django's request below DRF's
        actor = actor_by_key(raw) if self._by_key else actor_by_cookie(raw)
        if actor is None:
            raise unauthenticated()
        if not self._by_key and request.method not in _SAFE:
            refuse_forged(raw)
        self.actor = raw.actor = actor
        request.user, request.auth = actor.user, actor.api_key or actor.session_id
        if self.scope and not has_scope(actor, self.scope):
            raise forbidden()
        if self.capability:
            require(actor, self.capability)

    def handle_exception(self, exc: Exception) -> Response:
        """Every error leaves as a problem; what the transaction wrote is discarded by its status."""
        response = fault_of(exc).response()
        response.exception = True
        return response


class IdempotentMixin:
    """POST that a client may repeat with the same Idempotency-Key and get the first answer again."""

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Run `create` once per key."""
        return repeated_or_run(self.actor, request, lambda: self.create(request, *args, **kwargs))  # type: ignore[attr-defined]  # of TenantApi and the endpoint
