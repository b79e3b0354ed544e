"""What every adapter over HTTP shares: a streamed call, a whole answer, a key fit for a header."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass

import orjson

from apps import egress
from apps.egress import EgressFailed, EgressRefused, Fetched, Limits, Response
from apps.llm.vendors.base import Delta, ErrorKind
from apps.llm.vendors.chat_stream import Events, Parser, read_stream
from apps.llm.vendors.errors import error, error_of_failure, error_of_refusal, error_of_response
from apps.llm.vendors.interface import Endpoint, Timeouts

ANSWERED = frozenset({200, 201})
"""Some frameworks say "created" of every POST; all else without a body of its own is an error."""
SHORT_TOTAL_SECONDS = 20.0
LONG_TOTAL_SECONDS = 120.0
PICTURE_TOTAL_SECONDS = 300.0
ERROR_BODY_BYTES = 256 * 1024
ERROR_BODY_SECONDS = 10.0
JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it leaves; without a body it is a GET. The URL lies on the endpoint's own origin."""

    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


def stream_call(
    endpoint: Endpoint,
    call: Callable[[], Call],
    events: Events,
    timeouts: Timeouts,
    parser: Parser | None = None,
) -> AsyncGenerator[Delta, None]:
    """Deltas of one streamed call, Finished last; raises VendorError, also for what `call` refuses.

    `parser` is one for server-sent events where none is given. Nothing is retried here.
    """
    limits = Limits(connect=timeouts.connect, headers=min(timeouts.first_token, timeouts.total))

    async def opened() -> Response:
        return await open_call(endpoint, call(), limits)

    return read_stream(opened, events, timeouts, parser)


async def open_call(endpoint: Endpoint, call: Call, limits: Limits) -> Response:
    """An answer, its body unread; raises VendorError."""
    try:
        answer = await egress.session_for(endpoint).open(
            "GET" if call.body is None else "POST",
            call.url,
            headers=call.headers,
            body=call.body,
            limits=limits,
        )
    except EgressRefused as refused:
        raise error_of_refusal(refused) from None
    except EgressFailed as failed:
        raise error_of_failure(failed) from None
    if answer.status in ANSWERED:
        return answer
    raise error_of_response(answer.status, answer.headers, await _error_body(answer), endpoint.api_key)


async def fetch_call(endpoint: Endpoint, call: Call, total: float = SHORT_TOTAL_SECONDS) -> Fetched:
    """A whole answer within `total` seconds, its headers too; raises VendorError."""
    try:
        answer = await egress.fetch(
            egress.session_for(endpoint),
            call.url,
            headers=call.headers,
            body=call.body,
            limits=Limits(headers=total),
            total=total,
        )
    except EgressRefused as refused:
        raise error_of_refusal(refused) from None
    except EgressFailed as failed:
        raise error_of_failure(failed) from None
    if answer.status in ANSWERED:
        return answer
    raise error_of_response(answer.status, answer.headers, answer.body, endpoint.api_key)


async def fetch_json(endpoint: Endpoint, call: Call, total: float = SHORT_TOTAL_SECONDS) -> object:
    """The JSON of a whole answer; raises VendorError."""
    answer = await fetch_call(endpoint, call, total)
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise error(ErrorKind.PROTOCOL, detail="the answer is not JSON") from None


def key_of(endpoint: Endpoint) -> str:
    """The key without blanks around it; raises VendorError (authentication) when no header can hold it."""
    key = endpoint.api_key.strip()
    if not (key.isascii() and (key.isprintable() or not key)):
        raise error(ErrorKind.AUTHENTICATION, detail="the key holds characters that no key has")
    return key


def base_of(endpoint: Endpoint, *endings: str) -> str:
    """The base URL without a slash at its end; `endings` that were pasted with it are taken as meant."""
    base = endpoint.base_url.strip().rstrip("/")
    for ending in endings:
        base = base.removesuffix(ending).rstrip("/")
    return base


async def _error_body(answer: Response) -> bytes:
    """As much of an error's body as comes within ten seconds."""
    body = b""
    try:
        async with asyncio.timeout(ERROR_BODY_SECONDS):
            while len(body) < ERROR_BODY_BYTES and (chunk := await answer.next_chunk()):
                body += chunk
    except (EgressFailed, TimeoutError):
        pass
    finally:
        answer.close()
    return body
