"""An answer under way: status, headers and a bounded body."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

import aiohttp

from apps.egress.decoding import Decoder, decoder_for
from apps.egress.errors import EgressFailed

_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (aiohttp.ConnectionTimeoutError, "connect"),
    (TimeoutError, "timeout"),
    (aiohttp.ClientSSLError, "tls"),
    (ssl.SSLError, "tls"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.ClientResponseError, "malformed"),
)


class Response:
    """One HTTP answer whose body is read in pieces; close it, or finish it to keep its connection."""

    __slots__ = (
        "_answer", "_decoder", "_limit", "_paused", "_received", "content_type", "headers", "status",
    )  # fmt: skip

    def __init__(self, answer: aiohttp.ClientResponse, limit: int) -> None:
        self._answer = answer
        self._limit = limit
        self._received = 0
        self._paused: asyncio.ReadTransport | None = None
        self.status: int = answer.status
        self.headers: Mapping[str, str] = answer.headers
        self.content_type: str = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        self._decoder: Decoder | None = decoder_for(answer.headers.get("Content-Encoding", ""))
        _calm(answer.content)

    async def next_chunk(self) -> bytes:
        """The next bytes of the body as soon as there are any, b"" at its end.

        Raises EgressFailed: cut, malformed, timeout, too_large.
        """
        while True:
            try:
                chunk = await self._answer.content.readany()
            except (aiohttp.ClientError, OSError) as error:
                raise failure_of(error) from None
            if self._decoder is None:
                self._received += len(chunk)
                if self._received > self._limit:
                    raise EgressFailed("too_large")
                return chunk
            if not chunk:
                self._decoder.finish()
                return chunk
            plain = self._decoder.decode(chunk, self._limit - self._received)
            self._received += len(plain)
            if plain:
                return plain

    async def read(self) -> bytes:
        """The rest of the body; raises EgressFailed as `next_chunk` does, and closes on failure."""
        pieces = []
        try:
            while chunk := await self.next_chunk():
                pieces.append(chunk)
        except BaseException:
            self.close()
            raise
        return b"".join(pieces)

    async def finish(self, within: float) -> None:
        """Read the last bytes away so that the connection serves again, `within` seconds at most."""
        try:
            async with asyncio.timeout(within):
                while await self._answer.content.readany():
                    pass
        except (TimeoutError, aiohttp.ClientError, OSError):
            pass
        finally:
            self.close()

    def pause(self) -> bool:
        """Leave what comes in the system's buffer until `resume`; False once the body is whole."""
        connection = self._answer.connection
        transport = connection.transport if connection is not None else None
        if transport is None or transport.is_closing():
            return False
        self._paused = transport
        transport.pause_reading()
        return True

    def resume(self) -> None:
        """Take in what came since `pause`; who waits for bytes gets them."""
        transport, self._paused = self._paused, None
        if transport is not None and not transport.is_closing():
            transport.resume_reading()

    def close(self) -> None:
        """Close the connection unless the body was read to its end; who waits for bytes gets `cut`."""
        self._answer.close()


class _CalmProtocol:
    """What a body's reader tells its connection: to go on only where it was held.

    aiohttp 3.14 says so after each piece, which feeds its parser nothing once more: a third of a token's
    reading.
    """

    __slots__ = ("_protocol",)

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol

    def __getattr__(self, name: str) -> Any:
        return getattr(self._protocol, name)

    def resume_reading(self, *, resume_parser: bool = True) -> None:
        if self._protocol._reading_paused:  # noqa: SLF001 - it tells nobody otherwise
            self._protocol.resume_reading(resume_parser=resume_parser)


def _calm(content: Any) -> None:
    protocol = getattr(content, "_protocol", None)
    if hasattr(protocol, "_reading_paused"):
        content._protocol = _CalmProtocol(protocol)  # noqa: SLF001


def failure_of(error: BaseException) -> EgressFailed:
    """Our word for what aiohttp or the socket raised."""
    return EgressFailed(next((reason for kind, reason in _REASONS if isinstance(error, kind)), "cut"))
