"""Background work takes what answers leave of a processor (docs/performance.md, Ingestion).

Linux shares processors among sessions first, by the niceness of each, and asks for a process's policy only
within its session (sched(7), the autogroup feature). So both are lowered; where there are no such groups,
the policy says all.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from django.conf import settings


def give_way() -> None:
    """Lower this process, and its session if it or its parent leads it: a person's shell is left alone."""
    if sys.platform == "linux" and settings.BACKGROUND_NICENESS:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        if os.getsid(0) in (os.getpid(), os.getppid()):
            _lower(os.getpid())


def lower_with_us(pid: int) -> None:
    """Lower a child that leads a session of its own, if this process has given way."""
    if sys.platform == "linux" and os.sched_getscheduler(0) == os.SCHED_IDLE:
        _lower(pid)


def held_up_s(pid: int) -> float:
    """Seconds that a process and its children were ready to run and had no processor; 0 where none says."""
    try:
        delay = int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (OSError, IndexError):
        return 0.0
    return delay + sum(held_up_s(int(child)) for child in children)


def _lower(pid: int) -> None:
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(settings.BACKGROUND_NICENESS), encoding="ascii")
