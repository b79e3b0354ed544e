"""Keeps child processes running: prefixes their output, restarts what dies, ends all in order."""

import asyncio
import re
import signal
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass, field

from launch import log
from launch.process import Command, preparation, signal_group

FIRST_DELAY, LONGEST_DELAY = 0.5, 20.0
STEADY_SECONDS = 30.0
FAILED_STARTS = 5
LAST_WORDS = 2.0
"""For what ended to be read to its end: a pipe that outlives the loop complains at exit."""
LINE_LIMIT = 64 * 1024


class NotReadyError(Exception):
    """A part did not come up; the message says which and what it last said."""


class CommandFailedError(Exception):
    """A command ended with an error; the message holds its last lines."""


@dataclass(slots=True)
class Service:
    """A part that must always run.

    `before` runs ahead of each start. It is ready when `probe` says so, or when a line matches `ready_line`,
    or, without both, at once. `stage` orders the end: higher stages end first.
    """

    command: Command
    stage: int
    before: Callable[[], object] | None = None
    probe: Callable[[], bool] | None = None
    ready_line: re.Pattern[str] | None = None
    ready_seconds: float = 60.0
    process: Process | None = None
    failed_starts: int = 0
    last_lines: list[str] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def name(self) -> str:
        """The name in logs."""
        return self.command.name


class Supervisor:
    """Runs services until `stop`. One at a time, in the main thread (see process.spawn)."""

    def __init__(self, changed: Callable[[dict[str, int]], None]) -> None:
        self._changed = changed
        self._services: list[Service] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    async def start(self, *services: Service) -> None:
        """Start the services side by side and wait until each is ready. Raises NotReadyError."""
        for service in services:
            self._services.append(service)
            self._tasks[service.name] = asyncio.create_task(self._keep(service), name=service.name)
        await asyncio.gather(*(self._wait_ready(service) for service in services))

    async def run(self, command: Command) -> str:
        """Run a command to its end; its standard error is logged. Returns its standard output.
        Raises CommandFailedError.
        """
        process = await _spawn(command, stderr_apart=True)
        lines: list[str] = []
        try:
            output, _ = await asyncio.gather(_read_all(process), _pump(process.stderr, command.name, lines))
            status = await process.wait()
        finally:
            signal_group(process.pid, signal.SIGKILL)
        if status != 0:
            said = "\n".join([*output.splitlines()[-10:], *lines[-5:]])
            raise CommandFailedError(f"`{command.name}` failed (status {status}). It said:\n{said}")
        return output

    async def stop(self) -> None:
        """End all services, higher stages first, each within its own limit."""
        self._stopping.set()
        for stage in sorted({service.stage for service in self._services}, reverse=True):
            await asyncio.gather(*(_end(s) for s in self._services if s.stage == stage))
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=LAST_WORDS)
        for task in self._tasks.values():
            task.cancel()  # one that waits to start its service again
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def kill(self) -> None:
        """End everything at once."""
        self._stopping.set()
        for service in self._services:
            if service.process is not None:
                signal_group(service.process.pid, signal.SIGKILL)

    async def _keep(self, service: Service) -> None:
        """Start the service and start it again, later each time, until all is stopped."""
        delay = FIRST_DELAY
        while not self._stopping.is_set():
            began = time.monotonic()
            status = await self._run_once(service)
            if self._stopping.is_set():
                return
            service.failed_starts += 1
            delay = FIRST_DELAY if time.monotonic() - began > STEADY_SECONDS else delay
            log.fail(f"{service.name} ended ({_reason(status)}); starting it again in {delay:.1f} s")
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _run_once(self, service: Service) -> int:
        """Run the service until it ends; the rest of its group ends with it."""
        try:
            if service.before is not None:
                await asyncio.to_thread(service.before)
            process = await _spawn(service.command, stderr_apart=False)
        except OSError as error:
            log.fail(f"{service.name} cannot be started: {error}")
            return 1
        service.process = process
        if self._stopping.is_set():
            signal_group(process.pid, signal.SIGKILL)
        self._report()
        watch = asyncio.create_task(_pump(process.stdout, service.name, service.last_lines, service))
        status = await process.wait()
        signal_group(process.pid, signal.SIGKILL)
        await asyncio.wait({watch}, timeout=1)
        watch.cancel()
        service.process = None
        self._report()
        return status

    def _report(self) -> None:
        self._changed({s.name: s.process.pid for s in self._services if s.process is not None})

    async def _wait_ready(self, service: Service) -> None:
        deadline = time.monotonic() + service.ready_seconds
        while not await self._is_ready(service):
            if time.monotonic() > deadline or service.failed_starts >= FAILED_STARTS:
                said = "\n".join(service.last_lines[-15:])
                how = f"{service.failed_starts} failed starts, {service.ready_seconds:.0f} s at most"
                raise NotReadyError(f"{service.name} did not come up ({how}). It last said:\n{said}")
            await asyncio.sleep(0.05)

    async def _is_ready(self, service: Service) -> bool:
        if service.process is None:
            return False
        if service.probe is not None:
            return await asyncio.to_thread(service.probe)
        return service.ready_line is None or service.ready.is_set()


async def _spawn(command: Command, *, stderr_apart: bool) -> Process:
    return await asyncio.create_subprocess_exec(
        *command.argv,
        env=dict(command.env),
        cwd=command.cwd,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE if stderr_apart else asyncio.subprocess.STDOUT,
        start_new_session=True,
        pass_fds=command.pass_fds,
        limit=LINE_LIMIT,
        preexec_fn=preparation(command),
    )


async def _read_all(process: Process) -> str:
    return "" if process.stdout is None else (await process.stdout.read()).decode(errors="replace")


async def _pump(
    stream: asyncio.StreamReader | None, name: str, lines: list[str], service: Service | None = None
) -> None:
    """Log the stream line by line, keeping the last twenty."""
    while stream is not None:
        try:
            raw = await stream.readline()
        except ValueError:
            continue  # a line above the limit, which the reader has dropped
        if not raw:
            return
        text = raw.decode(errors="replace").rstrip()
        if not text:
            continue
        log.line(name, text)
        lines.append(text)
        del lines[:-20]
        if service is not None and service.ready_line is not None and service.ready_line.search(text):
            service.ready.set()


async def _end(service: Service) -> None:
    process = service.process
    if process is None:
        return
    signal_group(process.pid, service.command.stop_signal, leader_only=True)
    try:
        await asyncio.wait_for(process.wait(), service.command.stop_seconds)
    except TimeoutError:
        log.fail(f"{service.name} did not stop within {service.command.stop_seconds:.0f} s; killing it")
    signal_group(process.pid, signal.SIGKILL)


def _reason(status: int) -> str:
    return f"status {status}" if status >= 0 else f"signal {-status}"
