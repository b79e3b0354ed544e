"""What a hostile document would try from inside the sandbox. Run there by test_sandbox."""

import codecs
import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from apps.knowledge.parsing.limits import Limits

Attempt = Callable[[], object]


def _answer(attempts: dict[str, Attempt]) -> bytes:
    """For each attempt the name of its error, or what it got."""
    results = {}
    for name, attempt in attempts.items():
        try:
            results[name] = repr(attempt())
        except (OSError, RuntimeError, ImportError, LookupError) as error:
            results[name] = type(error).__name__
    return json.dumps(results).encode()


def escape(_data: bytes, _limits: Limits, *, port: int, victim: int) -> Callable[[], bytes]:
    codecs.lookup("idna")
    attempts: dict[str, Attempt] = {
        "connect": lambda: socket.create_connection(("127.0.0.1", port), timeout=1),
        "datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "unix": lambda: socket.socket(socket.AF_UNIX),
        "resolve": lambda: socket.getaddrinfo("example.org", 443),
        "read": lambda: Path("/etc/passwd").read_text(),
        "environ": lambda: Path(f"/proc/{victim}/environ").read_bytes(),
        "list": lambda: list(Path("/").iterdir()),
        "write": lambda: Path("/tmp/escaped").write_text("x"),  # noqa: S108
        "fork": os.fork,
        "exec": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606 (the attempt is the test)
        "thread": lambda: threading.Thread(target=print).start(),
        "kill": lambda: os.kill(victim, 9),
        "root": lambda: os.setuid(0),
    }
    return lambda: _answer(attempts)


def surroundings(data: bytes, _limits: Limits) -> Callable[[], bytes]:
    inherited = [path.name for path in Path("/proc/self/fd").iterdir()]
    return lambda: json.dumps(
        {"environ": dict(os.environ), "data": data.decode(), "descriptors": inherited}
    ).encode()


def loop(_data: bytes, _limits: Limits) -> Callable[[], bytes]:
    def run() -> bytes:
        while True:
            pass

    return run


def sleep(_data: bytes, _limits: Limits) -> Callable[[], bytes]:
    def run() -> bytes:
        import time

        time.sleep(600)
        return b"{}"

    return run


def loop_before_closing(_data: bytes, _limits: Limits) -> Callable[[], bytes]:
    while True:
        pass


def memory(_data: bytes, _limits: Limits) -> Callable[[], bytes]:
    def run() -> bytes:
        kept = []
        while True:
            kept.append(bytearray(16 << 20))

    return run


def flood(_data: bytes, limits: Limits) -> Callable[[], bytes]:
    return lambda: b" " * (limits.output + 1)


def crash(_data: bytes, _limits: Limits) -> Callable[[], bytes]:
    import ctypes

    return lambda: bytes(ctypes.string_at(0))


def nonsense(_data: bytes, _limits: Limits) -> Callable[[], bytes]:
    return lambda: b'{"title": 3, "sections": "x"}'


def silent(_data: bytes, _limits: Limits) -> Callable[[], bytes]:
    return lambda: os._exit(0)


def forks(_data: bytes, _limits: Limits) -> Callable[[], bytes]:
    def run() -> bytes:
        made = 0
        for _ in range(1000):
            try:
                made += os.fork() > 0
            except OSError:
                break
        return json.dumps({"made": made}).encode()

    return run
