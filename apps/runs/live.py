"""Names in Redis and the clients that speak to it. Redis makes running runs visible; it holds no truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from django.conf import settings
from redis import Redis as SyncRedis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry as SyncRetry

if TYPE_CHECKING:
    from uuid import UUID

CHANNELS: Final = 16
LIVE: Final = tuple(f"live:{number}" for number in range(CHANNELS))
CONTROL: Final = "runs:control"
"""Carries ids of runs to stop; every engine listens."""
LOG_EXPIRE_S: Final = 5400
"""The longest run (30 minutes) and an hour after its end."""
TURNS_KEEP_MS: Final = 3000
LEASE_S: Final = 15
MOST_ATTEMPTS: Final = 3
FAULTS: Final = (RedisError, OSError)


def channel_number(run: str) -> int:
    """The live channel of a run."""
    return crc32(run.encode()) % CHANNELS


def log_key(tenant_id: UUID | str, run: str, fence: int) -> str:
    """List of JSON `[[seq, kind, payload], …]`: the run's log under that fence."""
    return f"log:{tenant_id}:{run}:{fence}"


def turns_key(worker: str) -> str:
    """Stream of the last seconds of a worker's frames, from which a killed worker's text is completed."""
    return f"turns:{worker}"


def connect() -> Redis:
    """A client for short commands: it fails within five seconds and never retries by itself."""
    return Redis.from_url(settings.REDIS_URL, **_options(), retry=Retry(NoBackoff(), 0))


def connect_listening() -> Redis:
    """A client for subscriptions: a quiet channel is no fault, so its reads have no timeout."""
    options = _options() | {"socket_timeout": None, "socket_keepalive": True}
    return Redis.from_url(settings.REDIS_URL, **options, retry=Retry(NoBackoff(), 0))


def connect_sync() -> SyncRedis:
    """A blocking client for processes without a loop."""
    return SyncRedis.from_url(settings.REDIS_URL, **_options(), retry=SyncRetry(NoBackoff(), 0))


def _options() -> dict[str, Any]:
    return {"socket_timeout": 5.0, "socket_connect_timeout": 2.0, "protocol": 2}
