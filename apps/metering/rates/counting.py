"""The counters: one script call decides over all buckets of a call at once.

Each bucket is a generic cell rate algorithm (ITU-T I.371): its key holds the moment, in milliseconds of the
server's clock, at which it will be empty again. It lets a minute's worth through at once and refills evenly.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from apps.runs.live import FAULTS

if TYPE_CHECKING:
    from redis.commands.core import AsyncScript

    from apps.metering.rates.rules import Bucket

PATIENCE_S: Final = 0.25
PAUSE_S: Final = 1.0
"""A Valkey that did not answer is not asked again that long: it loosens the limits, it delays nobody."""

_COUNT: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local full, found, refused = 60000, {}, 0
for i, key in ipairs(KEYS) do
  local limit, need = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
  local busy = math.max(0, tonumber(redis.call('GET', key) or 0) - now)
  local wait = busy + math.min(need, limit) * full / limit - full
  found[i] = {busy, wait}
  if need > 0 and wait > 0.0005 then refused = 1 end
end
local told = {refused}
for i, key in ipairs(KEYS) do
  local limit, cost = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i])
  local busy, wait = found[i][1], found[i][2]
  if refused == 0 and cost ~= 0 then
    busy = math.max(0, busy + cost * full / limit)
    redis.call('SET', key, string.format('%.4f', now + busy), 'PX', math.ceil(busy) + 1)
  end
  told[3 * i - 1] = math.floor(math.max(0, full - busy) * limit / full + 0.001)
  told[3 * i], told[3 * i + 1] = math.ceil(busy), math.ceil(wait)
end
return told
"""
"""For each key its limit a minute, what must be free, and what is taken if that is so everywhere.

A need above the limit asks for a full bucket. Returns whether anything is refused; then for each key what is
left, in how many milliseconds all is free again, and in how many what is needed will be.
"""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """`need` must be free in the bucket (0: whatever it holds), then `cost` is taken; below 0: given back."""

    bucket: Bucket
    need: int
    cost: int


@dataclass(frozen=True, slots=True)
class Level:
    """What is left in a bucket, when it is whole again, and how long what was needed has to wait."""

    left: int
    whole_s: float
    wait_s: float


@dataclass(frozen=True, slots=True)
class Counted:
    """What the counters said, in the order asked. `refused`: something was not free, so nothing was taken."""

    refused: bool
    levels: list[Level]


class _Counter:
    """The client of one event loop."""

    def __init__(self) -> None:
        options: dict[str, Any] = {
            "socket_timeout": PATIENCE_S,
            "socket_connect_timeout": PATIENCE_S,
            "protocol": 2,
        }
        client = Redis.from_url(settings.REDIS_URL, **options, retry=Retry(NoBackoff(), 0))
        self._script: AsyncScript = client.register_script(_COUNT)
        self._silent_until = 0.0

    async def count(self, asks: Sequence[Ask]) -> Counted | None:
        if time.monotonic() < self._silent_until:
            return None
        keys = [ask.bucket.key for ask in asks]
        values = [value for ask in asks for value in (ask.bucket.limit, ask.need, ask.cost)]
        try:
            told: list[int] = await asyncio.wait_for(self._script(keys=keys, args=values), PATIENCE_S)
        except (*FAULTS, TimeoutError) as error:
            self._silent_until = time.monotonic() + PAUSE_S
            logger.warning("Rate limits are not counted for a moment: %s.", type(error).__name__)
            return None
        rows = [told[at : at + 3] for at in range(1, len(told), 3)]
        return Counted(bool(told[0]), [Level(row[0], row[1] / 1000, row[2] / 1000) for row in rows])


_counters: WeakKeyDictionary[asyncio.AbstractEventLoop, _Counter] = WeakKeyDictionary()
_giving: set[asyncio.Task[Any]] = set()


async def count(asks: Sequence[Ask]) -> Counted | None:
    """Take from all buckets or from none; None where Valkey did not answer: then nothing is limited."""
    if not asks:
        return None
    loop = asyncio.get_running_loop()
    counter = _counters.get(loop)
    if counter is None:
        counter = _counters[loop] = _Counter()
    return await counter.count(asks)


def count_soon(asks: Sequence[Ask]) -> None:
    """As `count`, waiting for nothing."""
    task = asyncio.ensure_future(count(asks))
    _giving.add(task)
    task.add_done_callback(_giving.discard)
