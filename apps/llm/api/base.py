"""What the endpoints of this app share: the capability, strict input, and a service's errors as a problem."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from apps.accounts.api.base import TenantApi
from apps.llm.permissions import MANAGE
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rest_framework.request import Request
    from rest_framework.serializers import Serializer


class ModelsApi(TenantApi):
    """An endpoint for those who manage models; an API key needs the scope `admin`."""

    scope = "admin"
    capability = MANAGE


def taken(request: Request, kind: type[Serializer[Any]]) -> dict[str, Any]:
    """The request's body as the serializer checks it; raises a 400 problem by field."""
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


@contextmanager
def refusals() -> Iterator[None]:
    """A service's ValidationError becomes a 400 problem with the same fields and words."""
    try:
        yield
    except ValidationError as error:
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        found = [{"field": name, "message": text} for name, texts in by_field.items() for text in texts]
        raise invalid(found) from error
