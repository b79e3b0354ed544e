"""When a call that failed before its first token is silently made again: at most twice, within a minute."""

from __future__ import annotations

import random

from apps.llm.vendors.base import ErrorKind, VendorError

MAX_RETRIES = 2
MAX_RETRY_AFTER = 30.0
MAX_ELAPSED = 60.0
FIRST_PAUSE = 0.5
_NEVER = frozenset({ErrorKind.TIMEOUT, ErrorKind.INTERRUPTED})


def pause_before_retry(error: VendorError, *, attempt: int, elapsed: float) -> float | None:
    """Seconds to wait before attempt `attempt` + 1 (the first is 1), or None: give the error to the caller.

    Full jitter over 0.5 s, 1 s; a host's Retry-After is obeyed up to 30 s. `elapsed` is what the call has
    taken so far, in seconds: together with the pause it stays within a minute.
    """
    if attempt > MAX_RETRIES or not error.retryable or error.kind in _NEVER:
        return None
    pause = random.uniform(0, FIRST_PAUSE * 2 ** (attempt - 1))  # noqa: S311 - jitter, no secret
    if error.retry_after is not None:
        if error.retry_after > MAX_RETRY_AFTER:
            return None
        pause += max(error.retry_after, 0.0)
    return pause if elapsed + pause <= MAX_ELAPSED else None
