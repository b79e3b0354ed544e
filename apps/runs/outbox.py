"""What a process tells Redis after a commit, on a thread of its own: a broker that is away delays no request.

All of it are hints; what is lost here is found again in Postgres by workers and the sweeper.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from uuid import UUID

import orjson
from redis import Redis

from apps.runs import hints
from apps.runs.engine.running import engine_of_process
from apps.runs.live import CONTROL, LIVE, channel_number, connect_sync
from apps.runs.log import Item

logger = logging.getLogger(__name__)

MOST_WAITING = 10_000
STALE_S = 5.0
MOST_TOGETHER = 4
"""Runs of one hint: Celery's own work is a third of a short run's, so a burst shares it."""

_waiting: queue.Queue[tuple[float, Callable[[], object]]] = queue.Queue(MOST_WAITING)
_hints: deque[tuple[UUID, UUID]] = deque(maxlen=MOST_WAITING)
_lock = threading.Lock()
_thread: threading.Thread | None = None
_redis: Redis | None = None


def post(action: Callable[[], object]) -> None:
    """Do `action` soon on the outbox's thread; dropped when Redis was away until it is stale."""
    global _thread  # noqa: PLW0603 - one thread per process, started by the first use
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_work, name="outbox", daemon=True)
            _thread.start()
    try:
        _waiting.put_nowait((time.monotonic(), action))
    except queue.Full:
        logger.warning("The outbox is full: the sweeper will find what was dropped.")


def _work() -> None:
    while True:
        at, action = _waiting.get()
        if time.monotonic() - at > STALE_S:
            continue
        try:
            action()
        except Exception as error:  # noqa: BLE001 - one lost hint must not end the thread
            logger.warning(
                "A hint could not be sent (%s): the sweeper will send it again.", type(error).__name__
            )


def hint(tenant_id: UUID, run_id: UUID) -> None:
    """Tell a worker that the run waits; a process with an engine takes it itself."""
    engine = engine_of_process()
    if engine is not None and engine.has_room:
        engine.hand_over(tenant_id, run_id)
        return
    _hints.append((tenant_id, run_id))
    post(_send_hints)


def _send_hints() -> None:
    """Send what has gathered while the last hint was sent, a tenant's together."""
    gathered: dict[UUID, list[UUID]] = defaultdict(list)
    while _hints:
        tenant_id, run_id = _hints.popleft()
        gathered[tenant_id].append(run_id)
    for tenant_id, run_ids in gathered.items():
        for at in range(0, len(run_ids), MOST_TOGETHER):
            send_hint(tenant_id, *run_ids[at : at + MOST_TOGETHER])


def send_hint(tenant_id: UUID, *run_ids: UUID) -> None:
    """Publish one task for these runs now; raises RedisError."""
    _client().lpush(hints.QUEUE, hints.message(tenant_id, *run_ids))


def tell_stop(run_id: UUID) -> None:
    """Tell all engines now that the run is to be stopped; raises RedisError."""
    _client().publish(CONTROL, str(run_id))


def tell_end(run_id: UUID, fence: int, item: Item) -> None:
    """Tell viewers now of an end that was committed outside an engine; raises RedisError."""
    run = str(run_id)
    frame = orjson.dumps([(run, fence, item.seq, item.kind, item.payload)])
    _client().publish(LIVE[channel_number(run)], frame)


def _client() -> Redis:
    global _redis  # noqa: PLW0603 - one client per process; it is safe to share between threads
    if _redis is None:
        _redis = connect_sync()
    return _redis
