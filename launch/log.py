"""Lines on standard error: a prefix for each part, coloured on a terminal."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

WIDTH = 12
COLOURS = (36, 32, 35, 33, 34, 96, 92, 95, 93, 94)
BOLD, RED, DIM = "1", "31", "2"

_lock = threading.Lock()
_colour_of: dict[str, int] = {}


def line(name: str, text: str) -> None:
    """Write one line of a part, prefixed with its name."""
    colour = _colour_of.setdefault(name, COLOURS[len(_colour_of) % len(COLOURS)])
    _write(f"{_paint(name.rjust(WIDTH), str(colour))} {_paint('|', DIM)} {text}")


def say(text: str) -> None:
    """Write one line of the launcher's own."""
    _write(f"{_paint('atrium'.rjust(WIDTH), BOLD)} {_paint('|', DIM)} {text}")


def fail(text: str) -> None:
    """Write an error of the launcher's own."""
    for part in text.splitlines():
        _write(f"{_paint('atrium'.rjust(WIDTH), RED)} {_paint('|', DIM)} {part}")


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what was done, and how long it took."""
    begin = time.monotonic()
    yield
    say(f"{text} ({time.monotonic() - begin:.1f} s)")


def _paint(text: str, code: str) -> str:
    return f"\033[{code}m{text}\033[0m" if sys.stderr.isatty() else text


def _write(text: str) -> None:
    with _lock, suppress(BrokenPipeError, ValueError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
