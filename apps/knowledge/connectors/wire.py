"""How connectors speak HTTP: by the egress client, to one origin, with a sentence for what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from apps.egress import Allowed, EgressFailed, EgressRefused, Limits, session_for
from apps.knowledge.connectors.base import BadSettingError, ConnectorError
from apps.llm.endpoints import BadAddressError, address_of
from apps.llm.loop import run_on_loop

if TYPE_CHECKING:
    from apps.egress import Session
    from apps.knowledge.connectors.base import Writable

_CONNECT_S: Final = 5.0
_HEADERS_S: Final = 30.0
_TOTAL_S: Final = 120.0

_FAILED: Final = {
    "connect": "{host} could not be reached.",
    "tls": "The encrypted connection to {host} failed: its certificate is not valid.",
    "timeout": "{host} did not answer in time.",
    "cut": "{host} broke the connection off.",
    "malformed": "{host} answered with something that is not HTTP.",
    "too_large": "{host} sent more than is read at once.",
}
_KEPT: Final = " Nothing was changed here."


@dataclass(frozen=True, slots=True)
class Place:
    """An address and the private hosts that the operator allows the tenant."""

    base_url: str
    allowed: Allowed


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; `body` is empty where it went into a file."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    content_type: str


class TooLargeError(ConnectorError):
    """The body is larger than was asked for."""

    def __init__(self) -> None:
        super().__init__("It is larger than a document may be.", retryable=False)


class Wire:
    """Calls to the origin of one address. Raises ConnectorError; any status is an answer."""

    def __init__(self, place: Place) -> None:
        self._place = place
        parts = urlsplit(place.base_url)
        self.host = parts.netloc

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        most: int,
        into: Writable | None = None,
    ) -> Answer:
        """The answer within two minutes, its body of at most `most` bytes, in `into` where it is given."""
        work = self._call(method, url, headers or {}, body, Limits(_CONNECT_S, _HEADERS_S, most), into)
        try:
            return run_on_loop(work)
        except EgressRefused as error:
            raise self._refused(error.reason) from None
        except EgressFailed as error:
            if error.reason == "too_large":
                raise TooLargeError from None
            sentence = _FAILED[error.reason].format(host=self.host)
            raise ConnectorError(sentence + _KEPT, retryable=True) from None
        except TimeoutError:
            raise ConnectorError(_FAILED["timeout"].format(host=self.host) + _KEPT, retryable=True) from None

    async def _call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        limits: Limits,
        into: Writable | None,
    ) -> Answer:
        session: Session = session_for(self._place)
        async with asyncio.timeout(_TOTAL_S):
            answer = await session.open(method, url, headers=headers, body=body, limits=limits)
            try:
                if into is None:
                    return Answer(answer.status, answer.headers, await answer.read(), answer.content_type)
                while chunk := await answer.next_chunk():
                    into.write(chunk)
                return Answer(answer.status, answer.headers, b"", answer.content_type)
            finally:
                answer.close()

    def _refused(self, reason: str) -> ConnectorError:
        if reason == "no_address":
            return ConnectorError(f"There is no host {self.host}." + _KEPT, retryable=True)
        if reason == "private_address":
            host, _, port = self.host.partition(":")
            port = port or ("80" if self._place.base_url.startswith("http:") else "443")
            return ConnectorError(
                f"{self.host} is not a public address, so nothing was sent. Ask the operator to allow it for "
                f"your organisation: bin/manage allow_host --tenant ORGANISATION --host {host} --port {port}",
                retryable=False,
            )
        return ConnectorError(
            f"{self.host} led to another address, which is not followed." + _KEPT, retryable=False
        )


def checked_address(field: str, value: str) -> str:
    """The base URL in one form; raises BadSettingError."""
    try:
        address = address_of(value)
    except BadAddressError as error:
        raise BadSettingError(field, str(error)) from error
    return address.url


def origin_of(url: str) -> str:
    """Scheme, host and port, to which a secret is bound."""
    return address_of(url).origin
