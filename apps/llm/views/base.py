"""What the admin pages of this app share: who may see them, and a service's errors beside their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.views.generic.base import ContextMixin, TemplateResponseMixin

from apps.accounts.pages import AdminPage
from apps.llm.permissions import MANAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms

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


def tried(form: forms.Form, work: Callable[[], Any]) -> bool:
    """Whether the service took the form's data; what it refused stands beside the fields."""
    try:
        work()
    except ValidationError as error:
        add_errors(form, error)
        return False
    return True


def add_errors(form: forms.Form, error: ValidationError) -> None:
    """A service's errors by field; those of fields that the form does not have stand above it."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, texts in by_field.items():
        form.add_error(name if name in form.fields else None, texts)
