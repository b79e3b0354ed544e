"""What comes into an endpoint: the body as its serializer takes it, a service's refusals as a problem."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from apps.rest.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rest_framework.request import Request
    from rest_framework.serializers import Serializer


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
