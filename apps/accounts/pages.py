"""Base classes of pages: in the tenant's scope, signed in, with a capability."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.views import View

from apps.accounts import selectors
from apps.accounts.middleware import actor_by_cookie
from apps.accounts.permissions import can
from apps.rest.errors import as_problem, not_found
from apps.tenants.edges import respond_in_scope

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from apps.accounts.actors import Actor
    from apps.rest.errors import ProblemError

PER_PAGE: Final = 50


def sign_in_first(request: Any) -> HttpResponseRedirect:
    """Lead to the sign-in page and back."""
    return HttpResponseRedirect(f"{settings.SIGN_IN_URL}?{urlencode({'next': request.get_full_path()})}")


def searched(request: HttpRequest, name: str) -> str:
    """A filter of the address: at most 100 characters that PostgreSQL can hold."""
    return request.GET.get(name, "").strip()[:100].replace("\x00", "")


def paged(request: HttpRequest, rows: QuerySet[Any], **filters: str) -> dict[str, Any]:
    """A page of rows as a template needs it, with the filters as a query that the pager's links keep."""
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    kept = urlencode({name: value for name, value in filters.items() if value})
    return {"page": page, "query": f"{kept}&" if kept else "", "filters": filters}


class TenantPage(View):
    """A page in the scope of the host's tenant; `request.actor` is whoever is signed in, or None."""

    needs_actor: ClassVar[bool] = False
    capability: ClassVar[str] = ""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Open the scope, find the actor, check the capability, render inside; refusals leave as pages."""
        try:
            return respond_in_scope(request, lambda: self._answer(request, *args, **kwargs))
        except Exception as error:
            problem = as_problem(error)
            if problem is None:
                raise
            return self.problem(request, problem)

    def _answer(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.actor = actor_by_cookie(request)
        request.user = request.actor.user if request.actor else None
        request.organisation = selectors.tenant_settings()
        if self.needs_actor and request.actor is None:
            return sign_in_first(request)
        if self.capability and not can(request.actor, self.capability):
            raise not_found()
        return super().dispatch(request, *args, **kwargs)

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """An address that only takes forms, opened by hand: the not-found page with its way home."""
        response = super().http_method_not_allowed(request, *args, **kwargs)
        shown = render(request, "errors/404.html", status=response.status_code)
        shown.headers["Allow"] = response.headers["Allow"]
        return shown

    def problem(self, request: Any, problem: ProblemError) -> HttpResponseBase:
        """Show a refusal as a page; views with forms show it beside the field instead."""
        template = "404" if problem.status == HTTPStatus.NOT_FOUND else "problem"
        response = render(request, f"errors/{template}.html", {"problem": problem}, status=problem.status)
        for name, value in problem.headers.items():
            response.headers[name] = value
        return response


class PersonPage(TenantPage):
    """A page for whoever is signed in."""

    needs_actor = True

    @property
    def actor(self) -> Actor:
        """Who is signed in."""
        actor: Actor = self.request.actor  # type: ignore[attr-defined]  # set by TenantPage
        return actor


class AdminPage(PersonPage):
    """A page of the administration; a person without the capability gets the 404 page."""

    capability = "admin.see"
