"""How much of a core a virtual machine really has while something is measured.

A neighbour on the same physical core halves what a virtual one does, for seconds or hours, and no counter of
the guest shows it. A fixed loop of 0.2 ms, run ten times a second on the servers' core and timed by its own
processor time, does: `core 0.5 of 28 M/s` beside a row says that the core did half of what it did at its best
in this run, and what that was: 28 million rounds a second.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bench.stack import LOAD_CORE, SERVER_CORE, on_core

PAUSE = 0.1
ROUNDS = 6000
SETTLING_S = 3.0


def speed_now() -> float:
    """Rounds per second of processor time, of one short loop."""
    begun = time.thread_time_ns()
    value = 0
    for each in range(ROUNDS):
        value = (value * 31 + each) & 0xFFFFFF
    return ROUNDS / (time.thread_time_ns() - begun) * 1e9


class Core:
    """The servers' core: its best is kept over a whole run, so that rows can be compared."""

    def __init__(self) -> None:
        self._best = 0.0
        self._sampled(SETTLING_S)

    @contextmanager
    def watched(self) -> Iterator[dict[str, float]]:
        """Fills in, when the block ends, the mean part of its best that the core gave, and the best.

        `core` is from 0 to 1, `core_best` in million rounds a second.
        """
        found: dict[str, float] = {}
        with _sampler() as process:
            yield found
            samples = json.loads(process.communicate("")[0])
        found["core"] = self._part(samples)
        found["core_best"] = round(self._best / 1e6, 1)

    def _sampled(self, seconds: float) -> float:
        with _sampler() as process:
            time.sleep(seconds)
            return self._part(json.loads(process.communicate("")[0]))

    def _part(self, samples: list[float]) -> float:
        self._best = max(self._best, *samples)
        return round(sum(samples) / len(samples) / self._best, 2)


def told(result: Mapping[str, float]) -> str:
    """The core of a measured row, as the table has it."""
    return f"core {result['core']} of {result['core_best']} M/s"


@contextmanager
def _sampler() -> Iterator[subprocess.Popen[str]]:
    """A process of its own, which tells its samples once its input is closed."""
    on_core(SERVER_CORE)
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.machine"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    on_core(LOAD_CORE)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Sample until standard input is closed, then print all samples as one JSON list."""
    import select

    samples = [speed_now()]
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        samples.append(speed_now())
    print(json.dumps(samples))


if __name__ == "__main__":
    main()
