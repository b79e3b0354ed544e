"""Waiting for what other processes do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.runs.models import Run

Make = Callable[..., "Run"]
Row = Callable[["Run"], "Run"]


def wait_until(is_so: Callable[[], object], seconds: float, what: str = "it") -> float:
    """Seconds until it was so; raises after `seconds`."""
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < seconds, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - begun
