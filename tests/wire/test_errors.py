"""What each host's error means, and what a person and an admin get to see of it."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from apps.egress import EgressFailed, EgressRefused
from apps.llm.vendors.base import ErrorKind, VendorError
from apps.llm.vendors.error_messages import MESSAGES
from apps.llm.vendors.errors import error_of_failure, error_of_refusal, error_of_response
from tests.wire.conftest import listen, run
from tests.wire.replay import Answer

K = ErrorKind


def openai(message: str, code: str | None = None, kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def gemini(status: str, message: str, *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": 0, "message": message, "status": status, "details": list(details)}}


PER_DAY = {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
CASES: list[tuple[int, Any, ErrorKind]] = [
    (401, openai("Incorrect API key provided", "invalid_api_key"), K.AUTHENTICATION),
    (403, openai("Project does not have access", None), K.AUTHENTICATION),
    (401, {"message": "Unauthorized", "request_id": "1"}, K.AUTHENTICATION),
    (400, {"code": "invalid-argument", "error": "Incorrect API key provided."}, K.AUTHENTICATION),
    (400, gemini("INVALID_ARGUMENT", "API key not valid.", {"reason": "API_KEY_INVALID"}), K.AUTHENTICATION),
    (
        403,
        {"message": "The security token is invalid", "__type": "UnrecognizedClientException"},
        K.AUTHENTICATION,
    ),
    (404, openai("The model `x` does not exist", "model_not_found"), K.NOT_FOUND),
    (404, {"error": 'model "x" not found, try pulling it first'}, K.NOT_FOUND),
    (404, "<html>nginx</html>", K.NOT_FOUND),
    (400, {"message": "The provided model identifier is invalid."}, K.NOT_FOUND),
    (400, openai("x is not a valid model ID", None), K.NOT_FOUND),
    (429, openai("Rate limit reached for gpt-4", "rate_limit_exceeded", "tokens"), K.RATE_LIMIT),
    (
        429,
        {"object": "error", "message": "Requests rate limit exceeded", "type": "rate_limited"},
        K.RATE_LIMIT,
    ),
    (
        429,
        gemini("RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan"),
        K.RATE_LIMIT,
    ),
    (400, {"message": "Too many tokens, please wait", "__type": "ThrottlingException"}, K.CONTEXT_OVERFLOW),
    (429, {"message": "Too many tokens, please wait before trying again."}, K.RATE_LIMIT),
    (429, openai("You exceeded your current quota, please check your plan", "insufficient_quota"), K.QUOTA),
    (402, {"error": {"message": "Insufficient Balance"}}, K.QUOTA),
    (402, {"error": {"message": "This request requires more credits", "code": 402}}, K.QUOTA),
    (
        400,
        {
            "type": "error",
            "error": {"type": "invalid_request_error", "message": "Your credit balance is too low"},
        },
        K.QUOTA,
    ),
    (429, gemini("RESOURCE_EXHAUSTED", "You exceeded your current quota: PerDay", PER_DAY), K.QUOTA),
    (
        400,
        openai("This model's maximum context length is 8192 tokens.", "context_length_exceeded"),
        K.CONTEXT_OVERFLOW,
    ),
    (
        400,
        openai("This model's maximum context length is 4096 tokens. However, you requested 5000"),
        K.CONTEXT_OVERFLOW,
    ),
    (
        400,
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size",
                "type": "exceed_context_size_error",
            }
        },
        K.CONTEXT_OVERFLOW,
    ),
    (
        500,
        {"error": {"code": 500, "message": "the request exceeds the available context size. try increasing"}},
        K.CONTEXT_OVERFLOW,
    ),
    (400, {"error": "the input length exceeds the context length"}, K.CONTEXT_OVERFLOW),
    (400, {"error": {"message": "prompt is too long: 3333404 tokens > 200000 maximum"}}, K.CONTEXT_OVERFLOW),
    (
        400,
        gemini("INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum"),
        K.CONTEXT_OVERFLOW,
    ),
    (400, {"detail": "Input is too long for requested model."}, K.CONTEXT_OVERFLOW),
    (
        413,
        openai("Request too large for model: tokens per minute", "rate_limit_exceeded", "tokens"),
        K.CONTEXT_OVERFLOW,
    ),
    (
        400,
        {
            "error": {
                "code": "content_filter",
                "message": "filtered",
                "innererror": {"code": "ResponsibleAIPolicyViolation"},
            }
        },
        K.CONTENT_FILTER,
    ),
    (
        400,
        openai("The response was filtered due to Azure OpenAI's content management policy."),
        K.CONTENT_FILTER,
    ),
    (403, {"error": {"code": 403, "message": "openai/gpt-4o requires moderation"}}, K.CONTENT_FILTER),
    (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, K.OVERLOADED),
    (503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}, K.OVERLOADED),
    (503, gemini("UNAVAILABLE", "The model is overloaded."), K.OVERLOADED),
    (503, "upstream connect error", K.UNAVAILABLE),
    (502, "<html>Bad Gateway</html>", K.UNAVAILABLE),
    (504, "", K.TIMEOUT),
    (408, "", K.TIMEOUT),
    (500, openai("The server had an error", None, "server_error"), K.SERVER),
    (500, "", K.SERVER),
    (400, openai("Unsupported parameter: 'max_tokens'", "unsupported_parameter"), K.BAD_REQUEST),
    (500, openai("image input is not supported - hint: provide the mmproj"), K.BAD_REQUEST),
    (422, {"detail": [{"loc": ["body", "x"], "msg": "Extra inputs are not permitted"}]}, K.BAD_REQUEST),
    (302, "", K.PROTOCOL),
]
RETRYABLE = {K.RATE_LIMIT, K.OVERLOADED, K.UNAVAILABLE, K.TIMEOUT, K.SERVER}


def raw(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


@pytest.mark.parametrize(("status", "body", "kind"), CASES)
def test_kind_of_every_dialect(status: int, body: Any, kind: ErrorKind) -> None:
    found = error_of_response(status, {}, raw(body))
    assert (found.kind, found.retryable) == (kind, kind in RETRYABLE)
    assert found.detail.startswith(f"HTTP {status}")


@pytest.mark.parametrize(("status", "body", "kind"), CASES)
def test_the_same_over_the_wire(status: int, body: Any, kind: ErrorKind) -> None:
    with pytest.raises(VendorError) as caught:
        run(listen(Answer([raw(body)], status, "application/json", (("Location", "http://other.example/"),))))
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, "", 7.0),
        ({"retry-after": "0.5"}, "", 0.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, "", 1.5),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, "", 0.0),
        ({"Retry-After": "-3"}, "", 0.0),
        ({"Retry-After": "99999999999"}, "", 86400.0),
        ({"Retry-After": "inf"}, "", None),
        ({"Retry-After": "soon"}, "", None),
        ({}, gemini("RESOURCE_EXHAUSTED", "wait", {"@type": "RetryInfo", "retryDelay": "34.5s"}), 34.5),
        ({}, openai("Rate limit reached. Please try again in 7.66s. Visit", "rate_limit_exceeded"), 7.66),
        ({}, openai("Please try again in 6m0s.", "rate_limit_exceeded"), 360.0),
        ({}, openai("Please try again in 120ms.", "rate_limit_exceeded"), 0.12),
        ({}, openai("Please retry after 20 seconds.", "429"), 20.0),
        ({}, openai("slow down", "rate_limit_exceeded"), None),
    ],
)
def test_retry_after(headers: dict[str, str], body: Any, seconds: float | None) -> None:
    found = error_of_response(429, headers, raw(body))
    assert found.retry_after == (None if seconds is None else pytest.approx(seconds))


def test_retry_after_as_a_date_is_counted_from_now() -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(seconds=3600), usegmt=True)
    found = error_of_response(429, {"Retry-After": in_an_hour}, b"")
    assert found.retry_after == pytest.approx(3600.0, abs=3)


def test_an_absurd_wait_is_capped_and_reported() -> None:
    found = error_of_response(429, {"Retry-After": "99999999999"}, b"")
    assert "99999999999" in found.detail


def test_the_key_and_long_wording_stay_out_of_the_detail() -> None:
    key = "sk-very-secret-0123456789"
    found = error_of_response(401, {}, raw(openai(f"Incorrect API key provided: {key}. " + "x" * 5000)), key)
    assert key not in found.detail + found.message + repr(found) + str(found)
    assert "[key]" in found.detail
    assert len(found.detail) <= 500


def test_the_hosts_words_never_reach_the_message() -> None:
    found = error_of_response(500, {}, raw(openai("internal 10.2.3.4 secret-host")))
    assert found.message == str(found) == MESSAGES[K.SERVER]


def test_every_kind_has_a_message_that_says_what_happened_what_is_safe_and_what_to_do() -> None:
    assert set(MESSAGES) == set(ErrorKind)
    assert all(text.count(".") >= 3 or text.count(". ") >= 2 for text in MESSAGES.values())


@pytest.mark.parametrize(
    ("reason", "kind", "retryable"),
    [
        ("connect", K.CONNECTION, True),
        ("tls", K.CONNECTION, True),
        ("cut", K.CONNECTION, True),
        ("timeout", K.TIMEOUT, True),
        ("malformed", K.PROTOCOL, False),
        ("too_large", K.PROTOCOL, False),
    ],
)
def test_failures_on_the_wire(reason: str, kind: ErrorKind, retryable: bool) -> None:
    found = error_of_failure(EgressFailed(reason))
    assert (found.kind, found.retryable) == (kind, retryable)


@pytest.mark.parametrize("reason", ["private_address", "bad_scheme", "bad_url", "other_host", "no_address"])
def test_refusals_say_a_class_and_what_to_do(reason: str) -> None:
    found = error_of_refusal(EgressRefused(reason))
    assert (found.kind, found.retryable) == (K.CONNECTION, reason == "no_address")
    assert found.detail == reason
    assert "Nothing was sent." in found.message
