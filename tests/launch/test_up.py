"""`bin/up --demo` as a person starts it: every part real, on a folder and ports of its own."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, build_opener

import openai
import psutil
import pytest

from launch.environment import clean_environment
from launch.network import free_port

ROOT = Path(__file__).parents[2]
READY_SECONDS = 100
pytestmark = [pytest.mark.durability, pytest.mark.timeout(300)]


class Running:
    """A started bin/up (without its set-up)."""

    def __init__(self, folder: Path, port: int, *flags: str) -> None:
        self.data = folder / "data"
        self._output, self._log = folder / "output", folder / "log"
        with self._output.open("wb") as output, self._log.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "launch.up", "--data", str(self.data), "--port", str(port), *flags],
                cwd=ROOT,
                env=clean_environment() | {"PYTHONPATH": str(ROOT)},
                stdout=output,
                stderr=errors,
            )

    def line(self) -> dict[str, Any]:
        """The one JSON line, once it is there."""
        deadline = time.monotonic() + READY_SECONDS
        while not self.output().endswith("\n"):
            said = self._log.read_text(errors="replace")[-3000:]
            assert self.process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
        (text,) = self.output().splitlines()
        line = json.loads(text)
        assert isinstance(line, dict)
        return line

    def output(self) -> str:
        return self._output.read_text()

    def told(self, pattern: str) -> str:
        """The first group of the pattern in the log, once it is there."""
        deadline = time.monotonic() + READY_SECONDS
        while not (found := re.search(pattern, said := self._log.read_text(errors="replace"))):
            assert self.process.poll() is None, said[-3000:]
            assert time.monotonic() < deadline, said[-3000:]
            time.sleep(0.05)
        return found[1]

    def pids(self) -> list[int]:
        table = json.loads((self.data / "processes.json").read_text())
        return [int(entry["pid"]) for entry in table.values()]

    def stop(self) -> None:
        """Press Ctrl-C and wait."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(90)


@contextmanager
def running(folder: Path, port: int, *flags: str) -> Iterator[Running]:
    started = Running(folder, port, *flags)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()


def alive(pids: list[int]) -> list[int]:
    return [p for p in pids if psutil.pid_exists(p) and psutil.Process(p).status() != psutil.STATUS_ZOMBIE]


def test_demo_comes_up_again_after_a_kill_and_leaves_nothing(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, port, "--demo") as first:
        line = first.line()
        assert set(line) == {"url", "sign_in", "api_keys", "models"}
        assert line["url"] == f"http://localhost:{port}"
        assert set(line["sign_in"]) >= {"alice", "bob", "mallory"}
        client = openai.OpenAI(
            base_url=f"http://127.0.0.1:{port}/v1", api_key=line["api_keys"]["acme"], max_retries=0
        )
        assert {model.id for model in client.models.list()} >= set(line["models"])
        before = first.pids()
        first.process.kill()
        first.process.wait(10)

    with running(tmp_path, port, "--demo") as second:
        again = second.line()
        assert not alive(before)
        assert again["api_keys"] == line["api_keys"]
        assert again["sign_in"]["alice"] != line["sign_in"]["alice"]
        for name in ("secrets.json", "demo.json", "environment.json"):
            assert (second.data / name).stat().st_mode & 0o077 == 0
        pids = second.pids()
        second.stop()
        assert second.line() == again, "standard output holds that one line"
        assert not alive(pids)


def test_first_start_without_the_demo_prints_the_link_to_set_up(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, port) as started:
        link = started.told(r"Set up your organisation with this link, which works once: (\S+)")
        assert link.startswith(f"http://localhost:{port}/setup?code=")
        with build_opener(HTTPCookieProcessor()).open(link) as page:
            assert page.url.endswith("/setup/organisation")
        assert not started.output()


def test_taken_port_is_said_and_nothing_is_started(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "launch.up", "--data", str(tmp_path / "data"), "--port", str(port)],
            cwd=ROOT,
            env=clean_environment() | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} of " in done.stderr
    assert "cannot be used" in done.stderr
    assert "--port" in done.stderr
    assert not (tmp_path / "data" / "postgres").exists()
