"""An answer under way: status, headers and a bounded body."""

import asyncio
import ssl
from collections.abc import Mapping

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

    __slots__ = ("_answer", "_decoder", "_limit", "_received", "content_type", "headers", "status")

    def __init__(self, answer: aiohttp.ClientResponse, limit: int) -> None:
        self._answer = answer
        self._limit = limit
        self._received = 0
        self.status: int = answer.status
        self.headers: Mapping[str, str] = answer.headers
        self.content_type: str = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        self._decoder: Decoder | None = decoder_for(answer.headers.get("Content-Encoding", ""))

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

    def close(self) -> None:
        """Close the connection unless the body was read to its end; who waits for bytes gets `cut`."""
        self._answer.close()


def failure_of(error: BaseException) -> EgressFailed:
    """Our word for what aiohttp or the socket raised."""
    return EgressFailed(next((reason for kind, reason in _REASONS if isinstance(error, kind)), "cut"))
