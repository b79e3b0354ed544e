"""Vectors as they are handed over: a JSON list of base64 of little-endian float32. Pure."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from struct import pack, unpack

import orjson


def packed_vectors(vectors: Sequence[Sequence[float]]) -> bytes:
    """The vectors as they are handed over."""
    return orjson.dumps([b64encode(pack(f"<{len(vector)}f", *vector)).decode() for vector in vectors])


def unpacked_vectors(packed: bytes, *, as_base64: bool) -> list[str] | list[tuple[float, ...]]:
    """What was packed, as numbers or as it is."""
    texts: list[str] = orjson.loads(packed)
    return texts if as_base64 else [_numbers(b64decode(text)) for text in texts]


def _numbers(raw: bytes) -> tuple[float, ...]:
    return unpack(f"<{len(raw) // 4}f", raw)
