"""The stack under measurement: every server process on one core, the upstream and the load on another."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from redis import Redis

from bench.measuring import cpu_seconds, pss_mib
from launch.network import free_port, wait_listening
from launch.parts import ROOT, Parts
from launch.process import Command, spawn, stop
from launch.state import DataFolder
from launch.supervisor import Service

SERVER_CORE, LOAD_CORE = 0, 1
MOCK = Path(os.environ.get("ATRIUM_SHARED", ROOT.parent / "shared")) / "bench" / "mock_upstream.py"
LOADER = MOCK.with_name("stream_load.py")
PLACES = "700"


@dataclass
class _Running:
    """The processes of a stack, ended in reverse order."""

    logs: Path
    children: list[tuple[subprocess.Popen[bytes], Command]] = field(default_factory=list)
    pids: dict[str, int] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    listening: socket.socket = field(default_factory=socket.socket)
    command: Command | None = None

    def start(self, service: Service) -> None:
        self.services[service.name] = service
        if service.before is not None:
            service.before()
        log = (self.logs / f"{service.name}.log").open("wb")
        process = spawn(service.command, log)
        self.children.append((process, service.command))
        self.pids[service.name] = process.pid
        self._wait(service, process)

    def _wait(self, service: Service, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 60
        log = self.logs / f"{service.name}.log"
        while True:
            text = log.read_text(errors="replace")
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{service.name} did not start:\n{text[-3000:]}")
            if (service.probe is None or service.probe()) and (
                service.ready_line is None or service.ready_line.search(text)
            ):
                return
            time.sleep(0.1)

    def again(self, name: str, number: signal.Signals) -> None:
        """End a part by the signal and start it anew; from the main thread."""
        place = next(i for i, (_, command) in enumerate(self.children) if command.name == name)
        process, _ = self.children.pop(place)
        os.kill(process.pid, number)
        process.wait(30)
        time.sleep(1)
        on_core(SERVER_CORE)
        self.start(self.services[name])
        on_core(LOAD_CORE)

    def end(self) -> None:
        for process, command in reversed(self.children):
            stop(process, replace(command, stop_seconds=3))
        self.listening.close()


@dataclass
class Stack:
    """What runs, and what to measure with it."""

    port: int
    upstream: int
    made: dict[str, Any]
    pids: dict[str, int]
    logs: Path
    running: _Running
    redis_url: str

    def disaster(self, name: str) -> None:
        """Kill a part with SIGKILL (PostgreSQL: a fast restart; flush: FLUSHALL) and start it again."""
        if name == "flush":
            Redis.from_url(self.redis_url).flushall()
        else:
            self.running.again(name, signal.SIGINT if name == "postgres" else signal.SIGKILL)

    def cpu(self) -> dict[str, float]:
        """Processor seconds of each part so far."""
        return {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    def memory(self) -> dict[str, float]:
        """Proportional memory of each part, in MiB."""
        return {name: round(pss_mib(pid), 1) for name, pid in self.pids.items()}


def on_core(core: int) -> None:
    """Pin this process, and what it starts from now on, where there is a second core to keep free."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


@contextmanager
def running(chats: int, *rules: str) -> Iterator[Stack]:
    """A fresh installation with the mock upstream as its model; all of it is gone afterwards.

    With rules, which are parts of bench/ruling.py, it has a second tenant whose every call meets them.
    """
    folder = Path(tempfile.mkdtemp(prefix="atrium-bench-"))
    folder.chmod(0o711)
    upstream, port = free_port(), free_port()
    os.environ["ATRIUM_MODEL_SERVER_URL"] = f"http://127.0.0.1:{upstream}/v1"
    children = _Running(folder)
    try:
        on_core(LOAD_CORE)
        mock = Command(
            "mock", (sys.executable, str(MOCK), "--port", str(upstream)), dict(os.environ), cwd=ROOT
        )
        children.start(Service(mock, 0, probe=lambda: wait_listening(upstream, 0.1)))
        on_core(SERVER_CORE)
        furnishing = (str(upstream), str(chats), *rules)
        made = _start(children, DataFolder(folder / "data"), port, furnishing)
        on_core(LOAD_CORE)
        yield Stack(port, upstream, made, children.pids, folder, children, made.pop("redis_url"))
    finally:
        children.end()
        shutil.rmtree(folder, ignore_errors=True)


def _start(children: _Running, data: DataFolder, port: int, furnishing: tuple[str, ...]) -> dict[str, Any]:
    data.open()
    listening = children.listening
    listening.bind(("127.0.0.1", port))
    listening.listen(2048)
    parts = Parts(data, f"http://localhost:{port}")
    for service in parts.stores():
        children.start(service)
    assert parts.postgres is not None
    assert parts.addresses.admin is not None
    parts.postgres.create_database()
    _run(parts.manage("database_init", "--admin-url", parts.addresses.admin, "--json"))
    _run(parts.manage("migrate", "--verbosity", "0"))
    children.command = command = parts.manage("help")
    furnish = (sys.executable, "-m", "bench.furnish", *furnishing)
    made: dict[str, Any] = json.loads(_run(replace(command, argv=furnish)).splitlines()[-1])
    children.start(parts.web(listening))
    for service in parts.workers():
        if service.name in ("replies", "maintenance"):
            argv = service.command.argv
            if "-c" in argv:
                at = argv.index("-c") + 1
                argv = (*argv[:at], PLACES, *argv[at + 1 :])
            children.start(replace(service, command=replace(service.command, argv=argv)))
    return made | {"redis_url": parts.addresses.redis}


def _run(command: Command) -> str:
    done = subprocess.run(
        command.argv, env=dict(command.env), cwd=command.cwd, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command.argv[1:4])} failed:\n{done.stderr[-3000:]}")
    return done.stdout
