"""One error shape for the REST API: RFC 9457 problem details, with a code, field errors and a reference."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from apps.rest.asgi import request_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

log = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"


class ProblemError(Exception):
    """An answer that is an error: what happened (title), what is safe and what to do (detail)."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str = "",
        *,
        errors: list[dict[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        self.reference = request_id()

    def body(self) -> dict[str, Any]:
        """The problem as JSON; the same for every missing or hidden object."""
        found: dict[str, Any] = {
            "type": f"/docs/api/errors#{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.errors:
            found["errors"] = self.errors
        if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            found["reference"] = self.reference
        return found

    def openai_body(self) -> dict[str, Any]:
        """The same as OpenAI's clients read it."""
        told = {
            "message": f"{self.title}. {self.detail}",
            "type": self.code,
            "param": None,
            "code": self.code,
        }
        return {"error": told}

    def response(self) -> Response:
        """The problem as a response."""
        return Response(self.body(), status=self.status, headers=self.headers, content_type=CONTENT_TYPE)


def not_found() -> ProblemError:
    """404: the same whether the object is missing or not shared."""
    return ProblemError(
        404,
        "not_found",
        "There is nothing here for you",
        "It may have been deleted, or it belongs to someone else.",
    )


def forbidden() -> ProblemError:
    """403: known, but not allowed."""
    return ProblemError(
        403, "forbidden", "You may not do this", "Nothing was changed. Ask an administrator if you need it."
    )


def unauthenticated() -> ProblemError:
    """401: no valid session or key."""
    return ProblemError(
        401,
        "unauthenticated",
        "You are not signed in",
        "Nothing was changed. Sign in again, or send a valid API key as Authorization: Bearer …",
        headers={"WWW-Authenticate": 'Bearer realm="atrium"'},
    )


def invalid(
    errors: list[dict[str, str]], detail: str = "Nothing was saved. Correct the fields and send again."
) -> ProblemError:
    """400: field by field."""
    return ProblemError(400, "invalid", "Something in the request is not right", detail, errors=errors)


def field_errors(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Flatten DRF's nested validation errors to {"field", "message"}."""
    if isinstance(detail, dict):
        for name, value in detail.items():
            yield from field_errors(value, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for value in detail:
            yield from field_errors(value, path)
    else:
        yield {"field": "" if path == "non_field_errors" else path, "message": str(detail)}


def _from_rest_framework(error: exceptions.APIException) -> ProblemError:
    if isinstance(error, exceptions.ValidationError):
        return invalid(list(field_errors(error.detail)))
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return unauthenticated()
    if isinstance(error, exceptions.Throttled):
        seconds = str(math.ceil(getattr(error, "wait", None) or 1))
        return ProblemError(
            429,
            "rate_limited",
            "Too many requests",
            f"Try again in {seconds} s.",
            headers={"Retry-After": seconds},
        )
    if isinstance(error, exceptions.PermissionDenied):
        return forbidden()
    if isinstance(error, exceptions.NotFound):
        return not_found()
    title = HTTPStatus(error.status_code).phrase
    return ProblemError(error.status_code, str(error.default_code), title, str(error.detail))


def _from_database(error: Exception) -> ProblemError | None:
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("database unavailable: %s", type(error).__name__)
        return ProblemError(
            503,
            "unavailable",
            "The service is busy",
            "Nothing was lost. Try again in a few seconds.",
            headers={"Retry-After": "2"},
        )
    if isinstance(error, IntegrityError):
        log.warning("conflict: %s", type(error.__cause__).__name__)
        return ProblemError(
            409,
            "conflict",
            "Somebody else changed this at the same moment",
            "Nothing was changed by this request. Look at it again and repeat.",
        )
    if isinstance(error, DataError):
        return ProblemError(400, "invalid", "Something in the request is not right", "Nothing was saved.")
    return None


def as_problem(error: Exception) -> ProblemError | None:
    """The problem that an exception means to a caller, or None for a fault of ours."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, Http404):
        return not_found()
    if isinstance(error, PermissionDenied):
        return forbidden()
    if isinstance(error, exceptions.APIException):
        return _from_rest_framework(error)
    if isinstance(error, RequestDataTooBig):
        return ProblemError(
            413, "too_large", "The request is too large", "Nothing was saved. Send less at once."
        )
    return _from_database(error)


def server_fault() -> ProblemError:
    """500: ours."""
    return ProblemError(
        500,
        "server_error",
        "Something went wrong on our side",
        "What you had saved is safe. Try again in a moment.",
    )


def fault_of(error: Exception) -> ProblemError:
    """The problem that an exception leaves as; a fault of ours is logged under the problem's reference."""
    problem = as_problem(error)
    if problem is None:
        problem = server_fault()
        log.error("fault %s", problem.reference, exc_info=error)
    return problem


def problem_handler(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every error leaves as a problem."""
    return fault_of(error).response()
