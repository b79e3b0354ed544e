"""Real workers, maintenance and web processes on the session's stores, each killable."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from launch.environment import clean_environment
from launch.process import Command, spawn, stop
from tests.environment import ENVIRONMENT, ROOT

CELERY = ("-m", "celery", "-A", "config.celery", "worker", "-Q", "replies", "-P", "threads")


@dataclass
class Child:
    """A running process and its log file."""

    name: str
    process: subprocess.Popen[bytes]
    command: Command
    log: Path

    def wait_for(self, pattern: str, seconds: float = 60) -> None:
        """Wait for a line in its log; raises with the log."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.text()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{self.name} did not say {pattern!r}:\n{self.text()[-3000:]}")
            time.sleep(0.05)

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """kill -9, no goodbye."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> None:
        stop(self.process, self.command)


def _child(name: str, folder: Path, *argv: str, **variables: str) -> Child:
    environment = clean_environment(
        ENVIRONMENT
        | {"ATRIUM_TEST_APPS": "tests.durability.scripted", "ATRIUM_LOG_LEVEL": "INFO"}
        | variables
    )
    command = Command(name=name, argv=(sys.executable, *argv), env=environment, cwd=ROOT, stop_seconds=40)
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        return Child(name, spawn(command, output), command, log)


def worker(folder: Path, name: str = "worker", places: int = 50, drain: str = "20") -> Child:
    """A Celery worker of the queue `replies`, ready."""
    words = (
        *CELERY,
        "-c",
        str(places),
        "-n",
        f"{name}@%h",
        "-l",
        "INFO",
        "--without-gossip",
        "--without-mingle",
    )
    child = _child(name, folder, *words, ATRIUM_ROLE="replies", ATRIUM_DRAIN_SECONDS=drain)
    child.wait_for(r"\bready\.")
    return child


def maintenance(folder: Path, name: str = "maintenance") -> Child:
    """`manage.py maintain`, ready."""
    child = _child(name, folder, "manage.py", "maintain", ATRIUM_ROLE="maintenance")
    child.wait_for("maintenance is ready")
    return child


def web(folder: Path, port: int, name: str = "web") -> Child:
    """The web process at a port, ready."""
    child = _child(
        name, folder, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--log-level", "info",
        "--no-access-log", "--timeout-graceful-shutdown", "5", ATRIUM_ROLE="web",
    )  # fmt: skip
    child.wait_for("Uvicorn running")
    return child
