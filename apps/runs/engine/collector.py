"""Python's garbage collector beside streams: a full pass over a loaded Django holds every token for 0.1 s."""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (20_000, 20, 50)


def calm_collector() -> None:
    """Leave what is loaded now out of every later pass, and pass seldom; call it once a process is ready."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
