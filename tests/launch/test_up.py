"""`bin/up --demo` as a person starts it: every part real, on a folder and ports of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from launch.environment import clean_environment
from launch.network import free_port

ROOT = Path(__file__).parents[2]
READY_SECONDS = 100
pytestmark = [pytest.mark.durability, pytest.mark.timeout(300)]


class Running:
    """A started bin/up (without its set-up) and the JSON line that it printed."""

    def __init__(self, data: Path, port: int, log: Path) -> None:
        self.data = data
        self._log = log
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "launch.up", "--data", str(data), "--port", str(port), "--demo"],
                cwd=ROOT,
                env=clean_environment() | {"PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        began = time.monotonic()
        self.line = self._first_line()
        self.seconds = time.monotonic() - began

    def _first_line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        deadline, text = time.monotonic() + READY_SECONDS, ""
        while not text.endswith("\n"):
            said = self._log.read_text(errors="replace")[-3000:]
            assert self.process.poll() is None, said
            assert time.monotonic() < deadline, said
            text += self.process.stdout.read() or ""
            time.sleep(0.05)
        line = json.loads(text)
        assert isinstance(line, dict)
        return line

    def pids(self) -> list[int]:
        table = json.loads((self.data / "processes.json").read_text())
        return [int(entry["pid"]) for entry in table.values()]

    def stop(self) -> str:
        """Press Ctrl-C; what else it wrote to standard output."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        assert self.process.stdout is not None
        return self.process.stdout.read() or ""


@contextmanager
def running(data: Path, port: int) -> Iterator[Running]:
    started = Running(data, port, data.parent / "up.log")
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()


def alive(pids: list[int]) -> list[int]:
    return [p for p in pids if psutil.pid_exists(p) and psutil.Process(p).status() != psutil.STATUS_ZOMBIE]


def test_demo_comes_up_again_after_a_kill_and_leaves_nothing(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    with running(data, port) as first:
        assert set(first.line) == {"url", "sign_in", "api_keys", "models"}
        assert first.line["url"] == f"http://localhost:{port}"
        assert set(first.line["sign_in"]) >= {"alice", "bob", "mallory"}
        client = openai.OpenAI(
            base_url=f"http://127.0.0.1:{port}/v1", api_key=first.line["api_keys"]["acme"], max_retries=0
        )
        assert {model.id for model in client.models.list()} >= set(first.line["models"])
        before = first.pids()
        first.process.kill()
        first.process.wait(10)

    with running(data, port) as second:
        assert second.seconds < 45
        assert not alive(before)
        assert second.line["api_keys"] == first.line["api_keys"]
        assert second.line["sign_in"]["alice"] != first.line["sign_in"]["alice"]
        for name in ("secrets.json", "demo.json", "environment.json"):
            assert (data / name).stat().st_mode & 0o077 == 0
        pids = second.pids()
        assert second.stop() == ""
        assert not alive(pids)


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
    assert f"Port {port} cannot be used" in done.stderr
    assert "--port" in done.stderr
    assert not (tmp_path / "data" / "postgres").exists()
