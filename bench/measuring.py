"""Quantiles, and the processor time and memory of processes."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

TICKS = os.sysconf("SC_CLK_TCK")


def quantiles(values: Iterable[float], factor: float = 1.0) -> dict[str, float] | None:
    """p50, p95, p99 and the maximum; None without values."""
    ordered = sorted(values)
    if not ordered:
        return None
    last = len(ordered) - 1
    found = {
        name: round(ordered[min(last, int(part * len(ordered)))] * factor, 2)
        for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    return found | {"max": round(ordered[-1] * factor, 2)}


def self_cpu() -> float:
    """Processor seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def tree(pid: int) -> list[psutil.Process]:
    """The process and all that descend from it."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def cpu_seconds(pid: int) -> float:
    """Processor seconds of a tree of processes so far."""
    total = 0.0
    for process in tree(pid):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def pss_mib(pid: int) -> float:
    """Proportional memory of a tree of processes."""
    total = 0
    for process in tree(pid):
        with suppress(OSError):
            for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
                    break
    return total / 1024
