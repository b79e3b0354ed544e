"""Vectors on their way from the worker to the request that asked: a minute in Redis, no row holds them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from struct import pack, unpack
from typing import TYPE_CHECKING, Final

import orjson
from redis.exceptions import RedisError

from apps.api.openai.errors import from_failure
from apps.runs.live import connect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

KEPT_S: Final = 60


def vectors_key(tenant_id: UUID, run_id: UUID) -> str:
    """Where a run's vectors wait."""
    return f"vectors:{tenant_id}:{run_id}"


async def leave_vectors(tenant_id: UUID, run_id: UUID, vectors: Sequence[Sequence[float]]) -> None:
    """Keeps them as base64 of little-endian float32; raises RedisError or OSError when Redis is away."""
    packed = [b64encode(pack(f"<{len(vector)}f", *vector)).decode() for vector in vectors]
    redis = connect()
    try:
        await redis.set(vectors_key(tenant_id, run_id), orjson.dumps(packed), ex=KEPT_S)
    finally:
        await redis.aclose()


async def take_vectors(
    tenant_id: UUID, run_id: UUID, *, as_base64: bool
) -> list[str] | list[tuple[float, ...]]:
    """The vectors, once; raises DialectError (503) when Redis lost them."""
    redis = connect()
    try:
        kept = await redis.getdel(vectors_key(tenant_id, run_id))
    except (RedisError, OSError):
        kept = None
    finally:
        await redis.aclose()
    if kept is None:
        raise from_failure("unavailable")
    packed: list[str] = orjson.loads(kept)
    if as_base64:
        return packed
    return [_numbers(b64decode(vector)) for vector in packed]


def _numbers(raw: bytes) -> tuple[float, ...]:
    return unpack(f"<{len(raw) // 4}f", raw)
