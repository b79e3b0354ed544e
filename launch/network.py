"""Ports of this machine's loopback interface."""

import random
import socket
import time

LOOPBACK = "127.0.0.1"
OURS = range(20_000, 32_000)
"""Below those that systems give to connections going out, which may take a free one at any moment."""
TRIES = 100
_chance = random.SystemRandom()


def free_port(preferred: int | None = None) -> int:
    """A loopback port that nobody listens on: the preferred one where it is free."""
    for port in (*([] if preferred is None else [preferred]), *_chance.sample(OURS, TRIES), 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free loopback port")


def is_listening(port: int, host: str = LOOPBACK) -> bool:
    """Whether something accepts connections at the port, within half a second."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def wait_listening(port: int, seconds: float) -> bool:
    """Wait until something accepts connections at the loopback port; False when time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_listening(port):
            return True
        time.sleep(0.02)
    return False
