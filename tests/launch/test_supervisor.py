"""The supervisor with small stand-ins for the real parts."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from launch.process import Command
from launch.supervisor import CommandFailedError, NotReadyError, Service, Supervisor

ROOT = Path(__file__).parents[2]
SLEEP = "import time; print('up', flush=True); time.sleep(60)"


def command(name: str, code: str, *, stop_seconds: float = 5) -> Command:
    return Command(name, (sys.executable, "-c", code), dict(os.environ), stop_seconds=stop_seconds)


def service(name: str, code: str, stage: int = 0, *, stop_seconds: float = 5) -> Service:
    made = command(name, code, stop_seconds=stop_seconds)
    return Service(made, stage, ready_line=re.compile("up"), ready_seconds=30)


async def until(condition: object, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.02)


def pid_of(part: Service) -> int:
    return part.process.pid if part.process else 0


def test_what_is_killed_is_started_again() -> None:
    async def scenario() -> None:
        tables: list[dict[str, int]] = []
        supervisor = Supervisor(tables.append)
        part = service("sleeper", SLEEP)
        await supervisor.start(part)
        first = pid_of(part)
        os.kill(first, signal.SIGKILL)
        await until(lambda: pid_of(part) not in {0, first})
        assert {"sleeper": pid_of(part)} in tables
        last = pid_of(part)
        await supervisor.stop()
        assert not psutil.pid_exists(last)

    asyncio.run(scenario())


def test_higher_stages_end_first(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    code = """
        import signal, sys, time
        def end(*_):
            open({path!r}, "a").write({name!r} + " ")
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        print("up", flush=True)
        time.sleep(60)
    """

    async def scenario() -> None:
        supervisor = Supervisor(lambda _: None)
        parts = [
            service(name, textwrap.dedent(code).format(path=str(trace), name=name), stage)
            for stage, name in enumerate(("store", "worker", "web"))
        ]
        await supervisor.start(*parts)
        await supervisor.stop()

    asyncio.run(scenario())
    assert trace.read_text().split() == ["web", "worker", "store"]


def test_one_that_ignores_the_signal_is_killed_with_its_children() -> None:
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print('child', child.pid, flush=True); print('up', flush=True); time.sleep(60)"
    )

    async def scenario() -> None:
        supervisor = Supervisor(lambda _: None)
        part = service("stubborn", code, stop_seconds=0.2)
        await supervisor.start(part)
        child = int(part.last_lines[0].split()[1])
        await supervisor.stop()
        await until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie")

    asyncio.run(scenario())


def test_part_that_does_not_come_up_says_its_last_words() -> None:
    async def scenario() -> None:
        supervisor = Supervisor(lambda _: None)
        part = service("mute", "print('no licence', flush=True); import time; time.sleep(60)")
        part.ready_seconds = 0.5
        try:
            with pytest.raises(NotReadyError, match=r"mute did not come up(.|\n)*no licence"):
                await supervisor.start(part)
        finally:
            await supervisor.stop()

    asyncio.run(scenario())


def test_failed_command_tells_its_words_and_a_good_one_its_output() -> None:
    async def scenario() -> None:
        supervisor = Supervisor(lambda _: None)
        assert await supervisor.run(command("good", "print('{}')")) == "{}\n"
        with pytest.raises(CommandFailedError, match=r"`bad` failed \(status 3\)(.|\n)*disk is full"):
            await supervisor.run(command("bad", "import sys; sys.stderr.write('disk is full'); sys.exit(3)"))

    asyncio.run(scenario())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs the parent-death signal")
def test_children_end_when_the_supervisor_is_killed() -> None:
    code = f"""
        import asyncio, sys
        sys.path.insert(0, {str(ROOT)!r})
        from tests.launch.test_supervisor import SLEEP, Supervisor, pid_of, service
        async def scenario():
            part = service("sleeper", SLEEP)
            await Supervisor(lambda _: None).start(part)
            print(pid_of(part), flush=True)
            await asyncio.sleep(60)
        asyncio.run(scenario())
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as supervisor:
        assert supervisor.stdout is not None
        child = int(supervisor.stdout.readline())
        supervisor.kill()

    def is_gone() -> bool:
        return not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE

    asyncio.run(until(is_gone))
