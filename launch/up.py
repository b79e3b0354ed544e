"""`bin/up`: starts every part of Atrium on this machine and keeps them running until Ctrl-C.

Logs go to standard error. With --demo exactly one line of JSON goes to standard output when all is ready.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launch import log
from launch.given import GivenError, ask_given_stores
from launch.parts import Parts
from launch.state import AlreadyRunningError, DataFolder, FolderError, end_leftovers, identity
from launch.supervisor import CommandFailedError, NotReadyError, Supervisor

BACKLOG = 2048
PORTS = range(65536)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    data: Path
    port: int
    host: str
    demo: bool

    @property
    def url(self) -> str:
        """Where people reach this installation."""
        return os.environ.get("ATRIUM_BASE_URL", "").rstrip("/") or f"http://localhost:{self.port}"


class StartError(Exception):
    """Atrium cannot be started; the message says why and what to do."""


_REFUSALS = (AlreadyRunningError, FolderError, GivenError, StartError, NotReadyError, CommandFailedError)


def main() -> None:
    """Run until asked to stop. Ends with status 1 where it cannot start."""
    options = _options()
    log.say(f"data in {options.data}")
    try:
        asyncio.run(_Installation(options).run())
    except _REFUSALS as error:
        log.fail(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


class _Installation:
    """One run of bin/up."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._data = DataFolder(options.data)
        self._supervisor = Supervisor(self._record)
        self._asked = asyncio.Event()
        self._signals = 0

    async def run(self) -> None:
        self._data.open()
        self._end_leftovers()
        listening = _listen(self._options)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # ignored under nohup
                loop.add_signal_handler(number, self._ask, number)
        starting = asyncio.create_task(self._start(listening))
        waiting = asyncio.create_task(self._asked.wait())
        try:
            await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await waiting
        finally:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            listening.close()
            log.say("stopping")
            await self._supervisor.stop()
            log.say("stopped")

    async def _start(self, listening: socket.socket) -> None:
        began = time.monotonic()
        await asyncio.to_thread(ask_given_stores)
        parts = Parts(self._data, self._options.url)
        self._data.write("environment.json", parts.environment("command"))
        is_fresh = parts.postgres is not None and parts.postgres.is_new()
        with log.step("database, broker and models are ready"):
            await self._supervisor.start(*parts.stores())
        with log.step("the schema is up to date"):
            await self._prepare_database(parts, is_fresh=is_fresh)
        if not parts.addresses.platform:
            log.say(
                "PLATFORM_DATABASE_URL is not set: run `manage.py maintain` where it is, or nothing is swept"
            )
        await self._supervisor.start(parts.web(listening), *parts.workers())
        log.say(f"all parts are ready after {time.monotonic() - began:.1f} s")
        if self._options.demo:
            await self._load_demo(parts)
        else:
            await self._greet(parts)

    async def _prepare_database(self, parts: Parts, *, is_fresh: bool) -> None:
        """Create the embedded database and its roles; bring the schema up to date where we may and must."""
        if parts.postgres is not None and parts.addresses.admin is not None:
            wanted = parts.schema_hash()
            if not is_fresh and self._data.read("schema.json").get("hash") == wanted:
                return
            self._data.write("schema.json", {})
            await asyncio.to_thread(parts.postgres.create_database)
            await self._supervisor.run(
                parts.manage("database_init", "--admin-url", parts.addresses.admin, "--json")
            )
            await self._supervisor.run(parts.manage("migrate", "--verbosity", "0"))
            self._data.write("schema.json", {"hash": wanted})
        elif parts.addresses.migrate:
            await self._supervisor.run(parts.manage("migrate", "--verbosity", "0"))
        else:
            log.say("MIGRATE_DATABASE_URL is not set: run `manage.py migrate` yourself after an upgrade")

    async def _load_demo(self, parts: Parts) -> None:
        """Print the demonstration's one line. The command tells keys once; demo.json keeps them."""
        kept = self._data.read("demo.json").get("api_keys", {})
        with log.step("the demonstration is loaded"):
            load = parts.manage("demo_load", "--json", "--kept", *kept)
            made = _last_json(await self._supervisor.run(load))
        keys = kept | {name: key for name, key in made.get("api_keys", {}).items() if key}
        self._data.write("demo.json", {"api_keys": keys})
        line = {
            "url": self._options.url,
            "sign_in": made.get("sign_in", {}),
            "api_keys": keys,
            "models": made.get("models", []),
        }
        log.say(f"ready at {self._options.url}")
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    async def _greet(self, parts: Parts) -> None:
        link = _last_json(await self._supervisor.run(parts.manage("setup_link", "--json"))).get("url")
        if link:
            log.say(f"ready. Set up your organisation with this link, which works once: {link}")
        else:
            log.say(f"ready at {self._options.url}")

    def _ask(self, number: signal.Signals) -> None:
        """Stop in order; when asked a second time, at once."""
        log.say(f"asked to stop by {number.name}")
        self._signals += 1
        self._asked.set()
        if self._signals > 1:
            log.say("stopping at once")
            self._supervisor.kill()

    def _record(self, processes: dict[str, int]) -> None:
        with contextlib.suppress(FolderError):
            self._data.write("processes.json", {name: identity(pid) for name, pid in processes.items()})

    def _end_leftovers(self) -> None:
        ended = end_leftovers(self._data.read("processes.json"))
        if ended:
            log.say(f"ended what an earlier run left behind: {', '.join(ended)}")


def _listen(options: Options) -> socket.socket:
    """The socket that the web process serves, held here so that it outlives the process."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((options.host, options.port))
    except OSError as error:
        raise StartError(
            f"Port {options.port} of {options.host} cannot be used ({error.strerror}). Nothing was started. "
            f"End the program that uses it, or choose another: bin/up --port {options.port + 1}"
        ) from error
    listening.listen(BACKLOG)
    return listening


def _last_json(output: str) -> dict[str, Any]:
    """The JSON object on a command's last line. Raises StartError."""
    lines = output.strip().splitlines()
    try:
        value = json.loads(lines[-1]) if lines else {}
    except ValueError as error:
        raise StartError(f"A command gave no JSON but: {lines[-1][:200]}") from error
    return value if isinstance(value, dict) else {}


def _options() -> Options:
    parser = argparse.ArgumentParser(
        prog="bin/up",
        description="Start Atrium on this machine with all of its parts. Ctrl-C stops them.",
        epilog="DATABASE_URL, REDIS_URL, ATRIUM_MODEL_SERVER_URL replace parts: see docs/configure.md.",
    )
    parser.add_argument(
        "--data", type=Path, default=Path(".atrium"), help="folder of all data (default ./.atrium)"
    )
    parser.add_argument(
        "--port", type=int, default=8000, help="port of the web pages and the API (default 8000)"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to serve at (default 127.0.0.1: this machine only)"
    )
    parser.add_argument(
        "--demo", action="store_true", help="load demonstration data and print one line of JSON"
    )
    given = parser.parse_args()
    if given.port not in PORTS:
        parser.error(f"argument --port: {given.port} is no port; 0 to {PORTS[-1]}")
    return Options(given.data.resolve(), given.port, given.host, given.demo)


if __name__ == "__main__":
    main()
