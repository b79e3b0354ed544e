"""Every error leaves in one shape (RFC 9457); a fault of ours tells its reference and nothing else."""

from __future__ import annotations

import logging

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from rest_framework import exceptions, serializers


def body_of(error: Exception) -> tuple[int, dict[str, object]]:
    from apps.rest.errors import problem_handler

    response = problem_handler(error, {})
    assert response.content_type == "application/problem+json"
    return response.status_code, response.data


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (exceptions.NotFound(), 404, "not_found"),
        (PermissionDenied(), 403, "forbidden"),
        (exceptions.NotAuthenticated(), 401, "unauthenticated"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
        (IntegrityError('duplicate key value violates "secret_name"'), 409, "conflict"),
        (DataError("invalid byte"), 400, "invalid"),
        (OperationalError("server closed"), 503, "unavailable"),
    ],
)
def test_known_errors_have_their_status_and_code(error: Exception, status: int, code: str) -> None:
    found, body = body_of(error)
    assert (found, body["status"], body["code"]) == (status, status, code)
    assert "secret_name" not in str(body)
    assert set(body) - {"errors", "reference"} == {"type", "title", "status", "detail", "code"}


def test_nested_fields_are_named_by_path() -> None:
    class Inner(serializers.Serializer[object]):
        size = serializers.IntegerField(max_value=3)

    class Outer(serializers.Serializer[object]):
        name = serializers.CharField()
        inner = Inner()

    form = Outer(data={"inner": {"size": 9}})
    with pytest.raises(exceptions.ValidationError) as raised:
        form.is_valid(raise_exception=True)
    status, body = body_of(raised.value)
    assert status == 400
    assert body["errors"] == [
        {"field": "name", "message": "This field is required."},
        {"field": "inner.size", "message": "Ensure this value is less than or equal to 3."},
    ]


def test_a_fault_of_ours_hides_its_text_and_logs_it_under_the_reference(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, logger="apps.rest.errors"):
        status, body = body_of(RuntimeError("canary"))
    assert status == 500
    assert "canary" not in str(body)
    assert caplog.messages == [f"fault {body['reference']}"]


def test_throttling_tells_when_to_come_back() -> None:
    from apps.rest.errors import problem_handler

    response = problem_handler(exceptions.Throttled(wait=2.3), {})
    assert (response.status_code, response.headers["Retry-After"]) == (429, "3")


def test_a_missing_and_a_hidden_object_read_the_same() -> None:
    from apps.rest.errors import not_found

    assert body_of(Http404("no row")) == body_of(not_found())


def test_unknown_fields_are_refused() -> None:
    from apps.rest.serializers import InputSerializer

    class Form(InputSerializer):
        name = serializers.CharField()

    form = Form(data={"name": "x", "role": "owner", "tenant_id": "1"})
    assert not form.is_valid()
    assert {str(name): [str(text) for text in texts] for name, texts in form.errors.items()} == {
        "role": ["This field is not known here."],
        "tenant_id": ["This field is not known here."],
    }
