"""OpenAI's error shape, and which status each failure has in it. Pure.

Source: https://platform.openai.com/docs/guides/error-codes. The official client retries 408, 409, 429, 5xx.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from apps.llm.vendors.base import ErrorKind
from apps.llm.vendors.error_messages import MESSAGES


@dataclass(slots=True)
class DialectError(Exception):
    """A refusal as OpenAI would word it: status, message, type, the parameter at fault, code."""

    status: int
    message: str
    type: str = "invalid_request_error"
    param: str | None = None
    code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The JSON of the error."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}

    def told(self, limits: Mapping[str, str]) -> Self:
        """With what the client is told of its limits besides."""
        self.headers = {**limits, **self.headers}
        return self


def invalid(message: str, param: str | None = None, code: str | None = None) -> DialectError:
    """400: the request itself is wrong."""
    return DialectError(400, message, param=param, code=code)


def unknown_model(slug: str) -> DialectError:
    """404: no such model for this key, whether it exists elsewhere or not."""
    return DialectError(
        404,
        f"The model {slug[:100]!r} does not exist or this key's team may not use it. "
        "GET /v1/models lists what it may.",
        param="model",
        code="model_not_found",
    )


WRONG_KEY = (
    "This API key is not valid: it is mistyped, expired or revoked. "
    "Make a new one under Settings, API keys, and send it as 'Authorization: Bearer KEY'."
)


def wrong_key() -> DialectError:
    """401: no key, or one that opens nothing."""
    return DialectError(
        401,
        WRONG_KEY,
        type="authentication_error",
        code="invalid_api_key",
        headers={"WWW-Authenticate": "Bearer"},
    )


def server_fault(reference: str) -> DialectError:
    """500: ours, under the reference that the log has."""
    return DialectError(
        500,
        f"Something went wrong here. Try again; nothing was kept. Reference: {reference}.",
        type="api_error",
        code="server_error",
    )


def missing_scope(scope: str) -> DialectError:
    """403: the key is good, but not for this."""
    return DialectError(
        403,
        f"This API key lacks the scope {scope!r}. Make a key that has it under Settings, API keys.",
        type="permission_error",
        code="insufficient_scope",
    )


def rate_limited(message: str, retry_after: int, headers: Mapping[str, str]) -> DialectError:
    """429: a limit of the organisation; the headers say which, and when it lets the next request through."""
    return DialectError(
        429,
        message,
        type="rate_limit_error",
        code="rate_limit_exceeded",
        headers={"Retry-After": str(retry_after), **headers},
    )


_FAILURES: dict[str, tuple[int, str, str, str]] = {
    ErrorKind.AUTHENTICATION: (
        502, "api_error", "provider_authentication",
        "The provider did not accept the key of this model's connection. An administrator has to renew it.",
    ),
    ErrorKind.NOT_FOUND: (
        502, "api_error", "provider_model_not_found",
        "The provider does not know this model any more. An administrator has to look at its settings.",
    ),
    ErrorKind.RATE_LIMIT: (
        429, "rate_limit_error", "rate_limit_exceeded",
        "The provider limits how often it answers. Try again later.",
    ),
    ErrorKind.QUOTA: (
        429, "insufficient_quota", "insufficient_quota",
        "The provider's quota, or this team's budget, is used up. An administrator can raise it.",
    ),
    "rate": (
        429, "rate_limit_error", "rate_limit_exceeded",
        "As many requests or tokens as your organisation allows a minute were used. Try again later.",
    ),
    "budget": (
        429, "insufficient_quota", "insufficient_quota",
        "A budget of your organisation has no room for this call.",
    ),
    "clearance": (
        403, "permission_error", "not_cleared",
        "This model is not cleared for the data class of what would be sent.",
    ),
    "policy": (
        400, "invalid_request_error", "content_filter",
        "A rule of your organisation stopped this.",
    ),
    "policy_ask": (
        400, "invalid_request_error", "confirmation_required",
        "A rule of your organisation asks before this is sent.",
    ),
    "document_not_found": (
        404, "invalid_request_error", "document_not_found",
        "A document that the call names does not exist, or the key's person may not read it.",
    ),
    "cost_cap": (
        429, "insufficient_quota", "cost_cap",
        "This question would cost more than the route may spend. Shorten it or use another model.",
    ),
    "too_large": (
        502, "api_error", "answer_too_large",
        "The pictures are larger than 32 MB together. Ask for fewer or smaller ones.",
    ),
    ErrorKind.CONTEXT_OVERFLOW: (
        400, "invalid_request_error", "context_length_exceeded",
        "The messages are longer than this model can read. Shorten them or use a model with a larger window.",
    ),
    ErrorKind.CONTENT_FILTER: (
        400, "invalid_request_error", "content_filter",
        "The content was refused by a filter. Change it and try again.",
    ),
    ErrorKind.BAD_REQUEST: (
        400, "invalid_request_error", "provider_bad_request",
        "The provider refused a parameter or message of this request.",
    ),
    ErrorKind.OVERLOADED: (503, "api_error", "overloaded", "The model is overloaded. Try again later."),
    ErrorKind.UNAVAILABLE: (503, "api_error", "unavailable", "The model is not available. Try again later."),
    ErrorKind.TIMEOUT: (504, "api_error", "timeout", "The model did not respond in time. Try again."),
    ErrorKind.CONNECTION: (502, "api_error", "connection", "The model could not be reached. Try again."),
    ErrorKind.PROTOCOL: (502, "api_error", "protocol", "The model answered something unreadable. Try again."),
    ErrorKind.SERVER: (502, "api_error", "provider_error", "The provider had a fault. Try again."),
    ErrorKind.INTERRUPTED: (502, "api_error", "interrupted", "The answer broke off. Try again."),
}  # fmt: skip
_SPENT: Final = {"insufficient_quota", "cost_cap"}
WORTH_WAITING_S: Final = 60.0
_UNKNOWN = (500, "api_error", "server_error", "Something went wrong here. Try again; nothing was kept.")


_WORDED: Final = ("budget", "rate", "clearance", "policy", "policy_ask", ErrorKind.BAD_REQUEST)
"""Kinds whose failure carries words of its own: which limit, rule or parameter, and what to do."""


def from_failure(kind: str, *, retry_after: float | None = None, said: str = "") -> DialectError:
    """The error of a run that ended with this kind; Retry-After in whole seconds where waiting helps.

    Where that takes more than a minute, or money, the official client is told not to ask again by itself.

    `said` is what the run's error says, which counts for `_WORDED` kinds alone.
    """
    status, type_, code, message = _FAILURES.get(kind, _UNKNOWN)
    headers = {}
    if code in _SPENT and (retry_after is None or retry_after > WORTH_WAITING_S):
        headers["x-should-retry"] = "false"
    elif status in {429, 503}:
        retry_after = retry_after or 5
    if status in {429, 503} and retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    words = said if kind in _WORDED and said not in {"", MESSAGES.get(ErrorKind.BAD_REQUEST)} else message
    return DialectError(status, words, type=type_, code=code, headers=headers)
