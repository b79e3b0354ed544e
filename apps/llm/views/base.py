"""What the admin pages of this app share: who may see them, and how they are drawn."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.generic.base import ContextMixin, TemplateResponseMixin

from apps.accounts.pages import AdminPage
from apps.llm.permissions import MANAGE

UNPROCESSABLE = 422


class ModelsPage(TemplateResponseMixin, ContextMixin, AdminPage):
    """A page for those who manage models; anyone else sees that there is no such page."""

    capability = MANAGE

    def page(self, *, status: int = 200, **context: Any) -> HttpResponse:
        """The page's template with this context."""
        return self.render_to_response(self.get_context_data(**context), status=status)


def uuid_of(text: str) -> UUID:
    """The id that an address or a form names; raises Http404 for what is none."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
