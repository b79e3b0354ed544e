"""What the administration's pages of costs share: who sees and who changes them, refusals in their forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.http import HttpResponseRedirect
from django.utils import timezone
from django.views.generic.base import ContextMixin, TemplateResponseMixin

from apps.accounts.forms import add_problem
from apps.accounts.pages import AdminPage
from apps.accounts.permissions import can, require
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms
    from django.http import HttpResponse

    from apps.accounts.models import TenantSettings

UNPROCESSABLE = 422
MANAGE = "costs.manage"


class CostPage(TemplateResponseMixin, ContextMixin, AdminPage):
    """A page for who may read the organisation's costs; what it changes needs `costs.manage`."""

    capability = "costs.read"

    @property
    def organisation(self) -> TenantSettings:
        """The tenant's settings."""
        found: TenantSettings = self.request.organisation  # type: ignore[attr-defined]  # set by TenantPage
        return found

    def page(self, *, status: int = 200, **context: Any) -> HttpResponse:
        """The page's template with this context."""
        context |= {
            "may_manage": can(self.actor, MANAGE),
            "saved": "saved" in self.request.GET,
            "currency": self.organisation.currency,
        }
        return self.render_to_response(self.get_context_data(**context), status=status)

    def require_manage(self) -> None:
        """Refuse who may only read."""
        require(self.actor, MANAGE)

    def took(self, form: forms.Form, work: Callable[[dict[str, Any]], object]) -> bool:
        """Whether the service took the form's data; moments in it are of the organisation's time zone."""
        with timezone.override(ZoneInfo(self.organisation.time_zone)):
            if not form.is_valid():
                return False
        try:
            work(form.cleaned_data)
        except ProblemError as problem:
            add_problem(form, problem)
            return False
        return True

    def saved(self, where: str = "") -> HttpResponseRedirect:
        """Back to the page, which says that it was saved."""
        return HttpResponseRedirect(f"{where or self.request.path}?saved=1")
