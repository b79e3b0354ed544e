"""One event loop of this app's own per process, for threads that have none: ingest workers and short tasks.

Made when it is first needed, so that a forked worker makes its own; its sockets live as long as the process.
"""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

R = TypeVar("R")

_lock = threading.Lock()
_loops: dict[int, asyncio.AbstractEventLoop] = {}


def run_on_loop(work: Coroutine[Any, Any, R]) -> R:
    """Run the coroutine on the process's own loop and wait for its result on this thread."""
    return asyncio.run_coroutine_threadsafe(work, _loop()).result()


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        loop = _loops.get(os.getpid())
        if loop is None:
            loop = _loops[os.getpid()] = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="llm", daemon=True).start()
        return loop
