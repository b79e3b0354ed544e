"""Reading documents takes what answers leave of a processor, and loses nothing by it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.sandbox import runner
from tests.environment import ENVIRONMENT, ROOT

LOWERED = """
import os, subprocess, sys
import django
from django.conf import settings
django.setup()
settings.BACKGROUND_NICENESS = {niceness}
from apps.knowledge.giving_way import give_way, lower_with_us
if os.fork() == 0:
    give_way()
    child = subprocess.Popen(["sleep", "10"], start_new_session=True)
    lower_with_us(child.pid)
    for pid in (os.getpid(), child.pid):
        print(os.sched_getscheduler(pid), open(f"/proc/{{pid}}/autogroup").read().split()[-1], flush=True)
    child.kill()
    os._exit(0)
os.wait()
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/autogroup").exists(), reason="this kernel makes no groups of sessions"
)


def lowered(niceness: int, *, leads: bool = True) -> list[str]:
    """Policy and session's niceness of a worker's process and of the parser that it starts."""
    done = subprocess.run(
        [sys.executable, "-c", LOWERED.format(niceness=niceness)],
        env=os.environ | ENVIRONMENT,
        cwd=ROOT,
        start_new_session=leads,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_a_worker_and_its_parser_stand_behind_other_sessions() -> None:
    assert lowered(19) == [f"{os.SCHED_IDLE} 19"] * 2


def test_an_operator_can_give_it_its_full_share() -> None:
    assert lowered(0) == [f"{os.SCHED_OTHER} 0"] * 2


def test_time_without_a_processor_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = iter((1.0, 2.0, 2.0))
    asked: list[int] = []

    def held_up(pid: int) -> float:
        asked.append(pid)
        return next(waits)

    monkeypatch.setattr(runner, "held_up_s", held_up)
    with pytest.raises(ParseError) as caught:
        runner.run(b"data", "tests.knowledge.probes:sleep", {}, Limits(wall=0.3, cpu=20))
    assert caught.value.kind == ParseErrorKind.TIMEOUT
    assert len(asked) == 3
