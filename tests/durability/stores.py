"""The session's own Postgres and Valkey, killed and started again in the middle of things."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil
from redis import Redis

from launch.postgres import Postgres
from launch.process import Command, spawn, stop
from launch.valkey import Valkey
from tests.environment import ENVIRONMENT

_mine: list[tuple[subprocess.Popen[bytes], Command]] = []


def _start(command: Command) -> None:
    with Path(os.devnull).open("wb") as nothing:
        _mine.append((spawn(command, nothing), command))


@atexit.register
def _stop_mine() -> None:
    for process, command in _mine:
        stop(process, command)


def _folder() -> Path:
    return Path(ENVIRONMENT["ATRIUM_DATA"]).parent


def _gone(pid: int, seconds: float = 15) -> None:
    """Wait until the process has ended; a zombie counts."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return
        except psutil.NoSuchProcess:
            return
        time.sleep(0.02)
    raise TimeoutError(f"process {pid} did not end")


def redis() -> Redis:
    return Redis.from_url(ENVIRONMENT["REDIS_URL"])


def valkey_kill() -> None:
    """kill -9."""
    pid = redis().info("server")["process_id"]
    os.kill(pid, signal.SIGKILL)
    _gone(pid)


def valkey_start() -> None:
    """Start it again at the same port, empty."""
    parts = urlsplit(ENVIRONMENT["REDIS_URL"])
    valkey = Valkey(_folder() / "valkey", parts.port or 0, unquote(parts.password or ""))
    _start(valkey.command())
    valkey.wait_ready()


def postgres_restart() -> None:
    """A fast shutdown, as an operator's `restart` does, and a start at the same port."""
    parts = urlsplit(ENVIRONMENT["ATRIUM_TEST_ADMIN_URL"])
    folder = _folder() / "postgres"
    pid = int((folder / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGINT)
    _gone(pid)
    postgres = Postgres(folder, parts.port or 0, unquote(parts.password or ""), quick=True)
    postgres.prepare()
    _start(postgres.command())
    postgres.wait_ready()
    _forget_connections()


def _forget_connections() -> None:
    """This process's pool holds connections to the server that was; a web process loses them one by one."""
    from django.db import connection

    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of Django's PostgreSQL backend
