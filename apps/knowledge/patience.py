"""Waiting for the organisation's own limits a minute: a document is in no hurry."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

from apps.llm.errors import RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")

MOST_S: Final = 600.0
_LONGEST_PAUSE_S: Final = 60.0


def patiently(work: Callable[[], R]) -> R:
    """What `work` gives, after waiting for a limit that is reached; ten minutes at most, then it raises.

    For a worker's thread outside any scope.
    """
    until = time.monotonic() + MOST_S
    while True:
        try:
            return work()
        except RateLimitedError as error:
            pause = min(error.retry_after or 1.0, _LONGEST_PAUSE_S)
            if time.monotonic() + pause > until:
                raise
            time.sleep(pause)
