"""Git packs that lie about their size are broken off."""

from __future__ import annotations

import io

import pytest


def test_a_pack_that_inflates_is_broken_off() -> None:
    import zlib

    from apps.knowledge.connectors.packs import BadPackError, Pack

    def header(kind: int, size: int) -> bytes:
        byte, size = kind << 4 | size & 15, size >> 4
        out = b""
        while size:
            out += bytes([byte | 0x80])
            byte, size = size & 0x7F, size >> 7
        return out + bytes([byte])

    lying = b"PACK\0\0\0\2\0\0\0\1" + header(3, 10) + zlib.compress(b"\0" * 50_000_000, 9)
    with pytest.raises(BadPackError):
        Pack(io.BytesIO(lying), largest=1000)
    large = b"PACK\0\0\0\2\0\0\0\1" + header(3, 5_000_000) + zlib.compress(b"\0" * 5_000_000, 9)
    pack = Pack(io.BytesIO(large), largest=1000)
    assert pack.get("00" * 20) is None
    pack.close()
