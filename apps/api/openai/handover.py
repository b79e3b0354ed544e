"""What a worker made, on its way to the request that asked: a minute in Redis, no row holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from redis.exceptions import RedisError

from apps.api.openai.errors import from_failure
from apps.runs.live import connect

if TYPE_CHECKING:
    from uuid import UUID

KEPT_S: Final = 60


def handover_key(tenant_id: UUID, run_id: UUID) -> str:
    """Where what a run made waits."""
    return f"made:{tenant_id}:{run_id}"


async def leave(tenant_id: UUID, run_id: UUID, made: bytes) -> None:
    """Keeps it for a minute; raises RedisError or OSError when Redis is away."""
    redis = connect()
    try:
        await redis.set(handover_key(tenant_id, run_id), made, ex=KEPT_S)
    finally:
        await redis.aclose()


async def take(tenant_id: UUID, run_id: UUID) -> bytes:
    """What the run left, once; raises DialectError (503) when Redis lost it."""
    redis = connect()
    try:
        kept = await redis.getdel(handover_key(tenant_id, run_id))
    except (RedisError, OSError):
        kept = None
    finally:
        await redis.aclose()
    if kept is None:
        raise from_failure("unavailable")
    return kept if isinstance(kept, bytes) else kept.encode()
