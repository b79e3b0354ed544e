"""Turns: what all runs of a worker have written leaves together, journalled and published in one pipeline."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

import orjson

from apps.runs.live import FAULTS, LIVE, LOG_EXPIRE_S, TURNS_KEEP_MS, turns_key
from apps.runs.log import pack

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from apps.runs.engine.carried import Carried

logger = logging.getLogger(__name__)

TURN_S = 0.010
LULL_S = 0.002
"""A turn leaves when nothing new was said for that long, after `TURN_S` in any case."""
LOG_EVERY_S = 0.2
RETRY_S = 0.5
ALL = 1 << 60

_TELL = """
local oldest, expire, frames = ARGV[1], ARGV[2], tonumber(ARGV[3])
local at, fields = 4, {}
for i = 1, frames do
  fields[2 * i - 1], fields[2 * i] = ARGV[at], ARGV[at + 2]
  redis.call('PUBLISH', ARGV[at + 1], ARGV[at + 2])
  at = at + 3
end
if frames > 0 then redis.call('XADD', KEYS[1], 'MINID', '~', oldest, '*', unpack(fields)) end
local lengths = {}
while ARGV[at] do
  local key, number = ARGV[at], ARGV[at + 1]
  if number == '1' then redis.call('DEL', key) end
  lengths[#lengths + 1] = redis.call('RPUSH', key, ARGV[at + 2])
  if number == '1' then redis.call('EXPIRE', key, expire) end
  at = at + 3
end
return lengths
"""
"""A turn as one command with one reply: as a pipeline its commands and replies took half of the turn's work.

The journal is the only key. Then come the oldest entry to keep, the seconds that a log lives, the number of
frames; for each frame its channel's number, the channel and the data; for each log its key, the entry's
number and the entry.
"""


class Turns:
    """Publishes dirty runs: a run's first text and its end at once, the rest with the next turn.

    One script is under way at a time. What is urgent leaves alone, since the others' text would come too soon
    now and late the next time. What failed to leave stays dirty and leaves again, whole: readers take every
    position once.
    """

    def __init__(self, redis: Redis, worker: str) -> None:
        self._redis = redis
        self._journal = turns_key(worker)
        self._tell = redis.register_script(_TELL)
        self._loop = asyncio.get_running_loop()
        self._dirty: dict[Carried, None] = {}
        self._urgent: dict[Carried, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._touched = self._deadline = 0.0
        self._is_due = False
        self._start: asyncio.Handle | None = None
        self._flight: asyncio.Task[None] | None = None
        self._trims: set[asyncio.Task[None]] = set()

    def touch(self, carried: Carried) -> None:
        """The run has something new, for the next turn."""
        if not carried.is_dirty:
            carried.is_dirty = True
            self._dirty[carried] = None
            self._touched = self._loop.time()
            self._plan()

    def urge(self, carried: Carried) -> None:
        """The run has something new that does not wait for the next turn."""
        carried.is_dirty = True
        self._dirty.pop(carried, None)
        self._urgent[carried] = None
        self._plan()

    def rewrite(self, carried: Carried) -> None:
        """The run's log was changed: let it out whole, and the journal's copy go once nobody may need it."""
        carried.logged_entries = -1
        carried.logged_at = 0.0
        self.urge(carried)
        self._loop.call_later(TURNS_KEEP_MS / 1000 + RETRY_S, self._forget)

    def _forget(self) -> None:
        task = self._loop.create_task(self._trim())
        self._trims.add(task)
        task.add_done_callback(self._trims.discard)

    async def _trim(self) -> None:
        """Drop from the journal what is older than it has to keep."""
        try:
            await self._redis.xtrim(
                self._journal, minid=int(time.time() * 1000) - TURNS_KEEP_MS, approximate=False
            )
        except FAULTS as error:
            logger.warning("The journal keeps what was withdrawn until it expires: %s.", type(error).__name__)

    def _plan(self) -> None:
        if self._flight is not None or self._start is not None:
            return
        if self._urgent or self._is_due:
            self._start = self._loop.call_soon(self._fly)
        elif self._dirty and self._timer is None:
            self._deadline = self._loop.time() + TURN_S
            self._timer = self._loop.call_later(LULL_S, self._look)

    def _look(self) -> None:
        """Let the turn leave in the first lull, so that what is read in one beat leaves together."""
        now = self._loop.time()
        if now - self._touched < LULL_S and now < self._deadline:
            self._timer = self._loop.call_later(LULL_S, self._look)
            return
        self._timer = None
        self._is_due = True
        self._plan()

    def _fly(self) -> None:
        if self._start is not None:
            self._start.cancel()
            self._start = None
        self._flight = self._loop.create_task(self._send())

    async def _send(self) -> None:
        batch, self._urgent = list(self._urgent), {}
        if self._is_due:
            batch += self._dirty
            self._dirty, self._is_due = {}, False
        try:
            await self._publish(batch)
        except FAULTS as error:
            logger.warning(
                "Redis does not take the turns: %s. Viewers go on from PostgreSQL.", type(error).__name__
            )
            await asyncio.sleep(RETRY_S)
            for carried in batch:
                carried.logged_entries = -1
                self.touch(carried)
        finally:
            self._flight = None
            self._plan()

    async def _publish(self, batch: list[Carried]) -> None:
        frames: dict[int, list[Any]] = {}
        ends = [self._frames_of(carried, frames) for carried in batch]
        oldest = int(time.time() * 1000) - TURNS_KEEP_MS
        told: list[Any] = [oldest, LOG_EXPIRE_S, len(frames)]
        for number, found in frames.items():
            told += (number, LIVE[number], orjson.dumps(found))
        appended = self._append_logs(told, batch)
        lengths = await self._tell([self._journal], told)
        for carried, end in zip(batch, ends, strict=True):
            carried.published = end
        for carried, length in zip(appended, lengths, strict=True):
            if length != carried.logged_entries:
                carried.logged_entries = -1

    def _frames_of(self, carried: Carried, frames: dict[int, list[Any]]) -> int:
        carried.is_dirty = False
        if carried.is_lost:
            return carried.published
        log, key, fence = carried.log, carried.key, carried.run.fence
        if log.end > carried.published:
            into = frames.setdefault(carried.channel, [])
            into.extend(
                (key, fence, item.seq, item.kind, item.payload) for item in log.since(carried.published, ALL)
            )
        return log.end

    def _append_logs(self, told: list[Any], batch: list[Carried]) -> list[Carried]:
        now = self._loop.time()
        appended = []
        for carried in batch:
            is_due = now - carried.logged_at >= LOG_EVERY_S or carried.log.ended
            if carried.is_lost or not is_due or carried.log.end == carried.logged:
                continue
            carried.logged_at = now
            if carried.logged_entries <= 0:
                carried.logged_entries, carried.logged = 0, carried.log.start
            entry = pack(carried.log.since(carried.logged, ALL))
            carried.logged = carried.log.end
            carried.logged_entries += 1
            told += (carried.log_key, carried.logged_entries, entry)
            appended.append(carried)
        return appended

    async def keep_journal(self) -> None:
        """Let the journal of a worker that dies expire; called every few seconds."""
        try:
            await self._redis.expire(self._journal, LOG_EXPIRE_S)
        except FAULTS:
            return

    async def flush(self) -> None:
        """Wait until all that was said has left, or Redis is seen to be away."""
        for _ in range(3):
            if self._flight is None and (self._dirty or self._urgent):
                self._is_due = True
                self._fly()
            if self._flight is None:
                return
            await self._flight
