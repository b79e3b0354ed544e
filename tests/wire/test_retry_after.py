"""What hosts answer when they refuse, and every form in which they say how long to wait."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.llm.vendors.base import ErrorKind
from apps.llm.vendors.errors import error_of_response
from tests.wire.host_errors import HOST_ERRORS

NAMES = [
    f"{host} {status} {kind.value} {number}" for number, (host, status, _, kind) in enumerate(HOST_ERRORS)
]
SOON = 30


def in_half_a_minute(form: str) -> str:
    moment = datetime.now(UTC) + timedelta(seconds=SOON)
    forms = {
        "RFC 3339": moment.isoformat().replace("+00:00", "Z"),
        "RFC 850": moment.strftime("%A, %d-%b-%y %H:%M:%S GMT"),
        "asctime": moment.strftime("%a %b %e %H:%M:%S %Y"),
        "seconds": str(int(time.time()) + SOON),
        "milliseconds": str(int(time.time() * 1000) + SOON * 1000),
    }
    return forms[form]


def asked(headers: dict[str, str], body: Any = "", status: int = 429) -> float | None:
    data = body if isinstance(body, str) else json.dumps(body)
    return error_of_response(status, headers, data.encode()).retry_after


@pytest.mark.parametrize(("host", "status", "body", "kind"), HOST_ERRORS, ids=NAMES)
def test_kind_of_what_a_host_answers(host: str, status: int, body: Any, kind: ErrorKind) -> None:
    assert error_of_response(status, {}, json.dumps(body).encode()).kind is kind, host


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30s"}, 30.0),
        ({"Retry-After": "1m30s"}, 90.0),
        ({"Retry-After": "Sun Nov  6 08:49:37 1994"}, 0.0),
        ({"retry-after-ms": "8640", "retry-after": "9"}, 8.64),
        ({"x-ratelimit-reset": "12"}, 12.0),
        ({"ratelimit-reset": "45", "ratelimit-remaining": "0"}, 45.0),
        ({"ratelimit": '"api";r=0;t=55', "ratelimit-policy": '"fixed window";"api";q=500;w=300'}, 55.0),
        ({"ratelimit": '"api";r=7;t=55'}, None),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "8.64s",
                "x-ratelimit-remaining-tokens": "100",
                "x-ratelimit-reset-tokens": "6m0s",
            },
            8.64,
        ),
        ({"x-ratelimit-reset-requests": "8.64s", "x-ratelimit-reset-tokens": "6m0s"}, None),
        (
            {
                "x-ratelimit-remaining-tokens-minute": "0",
                "x-ratelimit-reset-tokens-minute": "11.38",
                "x-ratelimit-reset-requests-day": "33011.3",
            },
            11.38,
        ),
        ({"x-ratelimit-reset": "soon"}, None),
    ],
)
def test_headers_that_say_how_long(headers: dict[str, str], seconds: float | None) -> None:
    assert asked(headers) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("form", ["RFC 3339", "RFC 850", "asctime"])
def test_every_form_of_a_date(form: str) -> None:
    assert asked({"Retry-After": in_half_a_minute(form)}) == pytest.approx(SOON, abs=3)


def test_a_moment_counts_from_the_answers_own_date() -> None:
    date = {"Date": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert asked(date | {"Retry-After": "Wed, 21 Oct 2015 07:28:40 GMT"}) == 40.0
    assert asked(date | {"x-ratelimit-reset": "1445412510"}) == 30.0


@pytest.mark.parametrize("form", ["seconds", "milliseconds", "RFC 3339"])
def test_a_reset_is_a_moment(form: str) -> None:
    moment = in_half_a_minute(form)
    assert asked({"X-RateLimit-Reset": moment, "X-RateLimit-Remaining": "0"}) == pytest.approx(SOON, abs=3)
    quoted = {"code": 429, "message": "x", "metadata": {"headers": {"X-RateLimit-Reset": moment}}}
    assert asked({}, {"error": quoted}) == pytest.approx(SOON, abs=3)


def test_of_anthropics_limits_the_spent_one_counts() -> None:
    headers = {
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": in_half_a_minute("RFC 3339"),
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2020-01-01T00:00:00Z",
    }
    assert asked(headers) == pytest.approx(SOON, abs=3)


def test_a_reset_means_nothing_where_no_limit_was_passed() -> None:
    headers = {"x-ratelimit-reset": "12", "x-ratelimit-remaining": "5"}
    assert asked(headers, status=500) is None
    assert asked({"Retry-After": "120"}, status=503) == 120.0


INFO = "type.googleapis.com/google.rpc.RetryInfo"


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({"error": {"message": "x", "retry_after": "12"}}, 12.0),
        ({"error": {"message": "x", "retryAfter": 12}}, 12.0),
        ({"error": {"message": "x", "metadata": {"retry_after_seconds": 17}}}, 17.0),
        ({"retry_after_ms": 1500, "message": "x"}, 1.5),
        ({"detail": {"message": "slow", "retry_after": 5}}, 5.0),
        ([{"error": {"details": [{"@type": INFO, "retryDelay": "34.5s"}]}}], 34.5),
        ({"error": {"details": [{"@type": INFO, "retryDelay": {"seconds": "12", "nanos": 5e8}}]}}, 12.5),
        ({"error": {"message": "Please retry in 34.074824224s."}}, 34.074824224),
        ({"error": {"message": "Please retry in 1h2m3.5s."}}, 3723.5),
        ({"error": {"message": "Please retry in 512.3ms."}}, 0.5123),
        ({"error": {"message": "Please try again in 17m12.3456s. Need more tokens?"}}, 1032.3456),
        ({"error": {"message": "Please wait 24 seconds before retrying."}}, 24.0),
        ({"error": {"message": "Please try again in 1 minute"}}, 60.0),
        ({"error": {"message": "Please retry shortly."}}, None),
        ({"error": {"message": "Too many requests, please wait before trying again."}}, None),
    ],
)
def test_bodies_that_say_how_long(body: Any, seconds: float | None) -> None:
    assert asked({}, body) == (None if seconds is None else pytest.approx(seconds))
