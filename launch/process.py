"""Child processes in groups of their own, which end when their parent does."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from launch.account import Account

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run and how to end it: `stop_signal`, then after `stop_seconds` SIGKILL to its group."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    cwd: Path | None = None
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    pass_fds: tuple[int, ...] = ()


def spawn(command: Command, output: int | IO[bytes] | None) -> subprocess.Popen[bytes]:
    """Start the command in a session of its own with both outputs at `output`. Call it from the main thread:
    the kernel's parent-death signal watches the thread that forked, not the process.
    """
    return subprocess.Popen(
        command.argv,
        env=dict(command.env),
        cwd=command.cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        pass_fds=command.pass_fds,
        preexec_fn=preparation(command),  # noqa: PLW1509  # the only place for prctl; no locks are taken there
    )


def stop(process: subprocess.Popen[bytes], command: Command) -> None:
    """End the process and all of its group within `command.stop_seconds` plus a moment."""
    if process.poll() is None:
        signal_group(process.pid, command.stop_signal, leader_only=True)
        try:
            process.wait(command.stop_seconds)
        except subprocess.TimeoutExpired:
            signal_group(process.pid, signal.SIGKILL)
            process.wait(5)
    signal_group(process.pid, signal.SIGKILL)


def signal_group(pid: int, number: signal.Signals, *, leader_only: bool = False) -> None:
    """Send a signal to a process, or to the whole group that it leads; one that has gone is no error."""
    try:
        if leader_only:
            os.kill(pid, number)
        else:
            os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def preparation(command: Command) -> Callable[[], None] | None:
    """What runs in the child between fork and exec: change the account, then ask for the parent-death signal,
    which a change of account would clear.
    """
    if not sys.platform.startswith("linux"):
        return None if command.account is None else command.account.become
    libc = ctypes.CDLL(None, use_errno=True)
    account, number, parent = command.account, int(command.stop_signal), os.getpid()

    def prepare() -> None:
        if account is not None:
            account.become()
        libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
