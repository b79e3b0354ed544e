"""Sessions per event loop, and the door that every call passes: scheme, host, allow-list."""

import asyncio
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from yarl import URL

from apps.egress import guards
from apps.egress.addresses import is_public
from apps.egress.connecting import granted_connector, public_connector
from apps.egress.errors import EgressFailed, EgressRefused
from apps.egress.responses import Response, failure_of

Allowed = frozenset[tuple[str, int]]

MAX_HEADERS = 128
MAX_HEADER_BYTES = 16 * 1024
USER_AGENT = "Atrium"


class Destination(Protocol):
    """What names a host: its base URL, and the (host, port) pairs that the operator allows its tenant."""

    @property
    def base_url(self) -> str:
        """Absolute, http or https."""

    @property
    def allowed(self) -> Allowed:
        """Pairs with the host in lower case."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect (name, socket, TLS), seconds to the answer's headers, bytes of the plain body."""

    connect: float = 5.0
    headers: float = 30.0
    body: int = 64 * 1024 * 1024


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class _Pair:
    public: aiohttp.ClientSession
    granted: aiohttp.ClientSession


_pairs: dict[asyncio.AbstractEventLoop, _Pair] = {}
_lock = threading.Lock()


class Session:
    """Makes calls under one allow-list; with `origin` to that scheme, host and port only.

    Light: make one for each use. Sockets are pooled per event loop, in two pools that never mix: public
    addresses, and pairs that the caller's own allow-list holds at the moment of the call.
    """

    __slots__ = ("_allowed", "_origin")

    def __init__(self, allowed: Allowed, origin: URL | None = None) -> None:
        self._allowed = allowed
        self._origin = origin

    async def open(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Response:
        """The answer once its headers came, whatever its status; redirects are answers too.

        Raises EgressRefused before anything is sent, EgressFailed after.
        """
        guards.check()
        target = _parsed(url)
        if self._origin is not None and target.origin() != self._origin:
            raise EgressRefused("other_host")
        client = self._client_for(target)
        try:
            async with asyncio.timeout(limits.headers):
                answer = await client.request(
                    method,
                    target,
                    headers=headers,
                    data=body,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=None, connect=limits.connect),
                )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _refusal_or_failure(error) from None
        try:
            return Response(answer, limits.body)
        except EgressFailed:
            answer.close()
            raise

    def _client_for(self, target: URL) -> aiohttp.ClientSession:
        """The pool for `target`; the pair of this very call decides, not who opened a socket before."""
        host, port = _pair_of(target)
        pair = _sessions()
        if (host, port) in self._allowed:
            return pair.granted
        if _is_literal(host) and not is_public(host):
            raise EgressRefused("private_address")
        return pair.public


def session(allowed: Allowed = frozenset()) -> Session:
    """A session for addresses that a document, a page or a model names."""
    return Session(allowed)


def session_for(destination: Destination) -> Session:
    """A session that speaks to the host of `destination` and to no other, so that its key stays there."""
    return Session(destination.allowed, _parsed(destination.base_url).origin())


async def close_sessions() -> None:
    """Close the sockets of the running event loop; its owner calls this last."""
    with _lock:
        pair = _pairs.pop(asyncio.get_running_loop(), None)
    if pair is not None:
        await pair.public.close()
        await pair.granted.close()


def _sessions() -> _Pair:
    loop = asyncio.get_running_loop()
    pair = _pairs.get(loop)
    if pair is None:
        pair = _Pair(_client(public_connector()), _client(granted_connector()))
        with _lock:
            for ended in [known for known in _pairs if known.is_closed()]:
                del _pairs[ended]
            _pairs[loop] = pair
    return pair


def _client(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        auto_decompress=False,
        trust_env=False,
        max_headers=MAX_HEADERS,
        max_line_size=MAX_HEADER_BYTES,
        max_field_size=MAX_HEADER_BYTES,
    )


def _parsed(url: str) -> URL:
    try:
        target = URL(url)
        port = target.port
    except ValueError as error:
        raise EgressRefused("bad_url") from error
    if target.scheme not in {"http", "https"}:
        raise EgressRefused("bad_scheme")
    if target.raw_user or target.raw_password:
        raise EgressRefused("credentials_in_url")
    if not target.raw_host or not port:
        raise EgressRefused("bad_url")
    return target


def _pair_of(target: URL) -> tuple[str, int]:
    return (target.raw_host or "").lower().rstrip("."), target.port or 0


def _is_literal(host: str) -> bool:
    with suppress(ValueError):
        is_public(host)
        return True
    return False


def _refusal_or_failure(error: Exception) -> Exception:
    """An address refused below aiohttp may come up wrapped: it stays a refusal."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, EgressRefused):
            return cause
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, aiohttp.InvalidURL | ValueError) and not isinstance(
        error, aiohttp.ClientConnectionError
    ):
        return EgressRefused("bad_url")
    return failure_of(error)
