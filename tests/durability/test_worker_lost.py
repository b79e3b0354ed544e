"""Workers that are killed, frozen or told to end: what was seen is kept, and no run is begun twice."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from apps.runs.models import Run
from tests.durability import processes
from tests.durability.processes import Child
from tests.durability.scripted.kind import answer
from tests.durability.viewing import Reading, Watched
from tests.durability.waiting import Make, Row, wait_until
from tests.factories import Organisation

pytestmark = [pytest.mark.durability, pytest.mark.usefixtures("maintenance")]


@dataclass
class Lost:
    """What became of the runs of a killed and of a frozen worker."""

    killed: Run
    killed_view: Watched
    unopened: Run
    frozen: Run
    frozen_view: Watched
    told_after: float


@pytest.fixture
def lost(
    folder: Path, make: Make, row: Row, reading: Reading, acme: Organisation
) -> Iterator[Callable[[], Lost]]:
    """Start a worker each for a kill and a freeze; the call waits until both are settled."""
    children: list[Child] = []

    def run() -> Lost:
        children.append(processes.worker(folder, "frozen", places=20))
        frozen = make(n=2000, pause=0.02)
        frozen_view = reading.watch(acme.id, frozen.id)
        frozen_view.wait(lambda seen: len(seen.text) > 200)
        children[0].signal(signal.SIGSTOP)
        children.append(processes.worker(folder, "killed", places=20))
        killed, unopened = make(n=2000, pause=0.02), make(n=120, pause=0.02, open=False)
        killed_view = reading.watch(acme.id, killed.id)
        killed_view.wait(lambda seen: len(seen.text) > 300)
        wait_until(lambda: row(unopened).state == "running", 20)
        children[1].kill()
        at = time.monotonic()
        children.append(processes.worker(folder, "after", places=20))
        killed_view.end(45)
        told_after = time.monotonic() - at
        frozen_view.end(30)
        children[0].signal(signal.SIGCONT)
        wait_until(lambda: row(unopened).is_over, 30)
        time.sleep(1.5)
        return Lost(row(killed), killed_view, row(unopened), row(frozen), frozen_view, told_after)

    yield run
    for child in children:
        child.signal(signal.SIGCONT) if child.process.poll() is None else None
        child.end()


def test_lost_workers_leave_what_was_seen_and_no_second_beginning(lost: Callable[[], Lost]) -> None:
    found = lost()
    assert found.told_after < 45
    for run, view in ((found.killed, found.killed_view), (found.frozen, found.frozen_view)):
        assert run.state == "interrupted"
        assert run.attempts == 1
        assert run.error is not None
        assert run.error["kind"] == "interrupted"
        kept = "".join(payload for _, kind, payload in run.log if kind == "text")
        assert answer(2000).startswith(kept)
        assert kept.startswith(view.text)
        view.check()
        assert view.events[-1]["data"] == {"characters": len(kept)}
    assert found.unopened.state == "done"
    assert found.unopened.attempts == 2
    assert "".join(payload for _, kind, payload in found.unopened.log if kind == "text") == answer(120)


def test_a_worker_told_to_end_lets_short_runs_end_and_interrupts_long_ones(
    folder: Path, make: Make, row: Row, reading: Reading, acme: Organisation
) -> None:
    worker = processes.worker(folder, "draining", drain="5")
    short, long = make(n=60, pause=0.02), make(n=5000, pause=0.02)
    views = [reading.watch(acme.id, run.id) for run in (short, long)]
    for view in views:
        view.wait(lambda seen: len(seen.text) > 30)
    begun = time.monotonic()
    worker.signal(signal.SIGTERM)
    assert worker.process.wait(40) == 0
    assert time.monotonic() - begun < 30
    assert views[0].end()["state"] == "done"
    assert views[0].text == answer(60)
    assert views[1].end()["state"] == "interrupted"
    kept = "".join(payload for _, kind, payload in row(long).log if kind == "text")
    assert kept == views[1].text
