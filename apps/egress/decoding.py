"""Decompression that cannot be made to fill the memory."""

import zlib
from typing import Protocol

from apps.egress.errors import EgressFailed

PIECE_BYTES = 256 * 1024
MAX_MEMBERS = 64
ACCEPTED = "gzip, deflate"


class Decoder(Protocol):
    """Turns encoded bytes into plain ones, never more than `room` plus one byte in all."""

    def decode(self, data: bytes, room: int) -> bytes:
        """The plain bytes of `data`; raises EgressFailed (malformed, too_large)."""

    def finish(self) -> None:
        """Raise EgressFailed (cut) when the stream ended before its own end mark."""


class _Inflate:
    """gzip (also in several members) and zlib."""

    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._state = zlib.decompressobj(window_bits)
        self._members = 0

    def decode(self, data: bytes, room: int) -> bytes:
        out = bytearray()
        pending = data
        more = bool(pending)
        try:
            while more:
                self._begin_member()
                wanted = min(PIECE_BYTES, room + 1 - len(out))
                piece = self._state.decompress(pending, wanted)
                out += piece
                if len(out) > room:
                    raise EgressFailed("too_large")
                pending = self._state.unconsumed_tail or self._state.unused_data
                more = bool(pending) or (len(piece) == wanted and not self._state.eof)
        except zlib.error as error:
            raise EgressFailed("malformed") from error
        return bytes(out)

    def _begin_member(self) -> None:
        if self._members and not self._state.eof:
            return
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise EgressFailed("malformed")
        self._state = zlib.decompressobj(self._window_bits)

    def finish(self) -> None:
        if self._members and not self._state.eof:
            raise EgressFailed("cut")


def decoder_for(encoding: str) -> Decoder | None:
    """The decoder of a Content-Encoding value, None for identity.

    Raises EgressFailed (malformed) for an encoding that was not asked for, such as br or a stack of several.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return _Inflate(16 + zlib.MAX_WBITS)
        case "deflate":
            return _Inflate(zlib.MAX_WBITS)
        case _:
            raise EgressFailed("malformed")
