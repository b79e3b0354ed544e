"""How far a document is read, told over the answer's pipe before the answer."""

import os
import re

_FRAME = re.compile(rb"=(\d{6})(\d{6})")
_MOST = 999_999


class _Sink:
    """The pipe of this process, once it is a subprocess."""

    descriptor: int | None = None


_sink = _Sink()


def open_to(descriptor: int) -> None:
    """From now on, write reports there."""
    _sink.descriptor = descriptor


def report(done: int, total: int) -> None:
    """Write that `done` of `total` pages are read; nothing outside a subprocess."""
    if _sink.descriptor is not None:
        os.write(_sink.descriptor, b"=%06d%06d" % (min(done, _MOST), min(total, _MOST)))


def taken(received: bytearray) -> tuple[int, int] | None:
    """Cut the reports off the beginning of what a subprocess sent; the last of them, as (done, total)."""
    last = None
    while found := _FRAME.match(received):
        last = int(found[1]), int(found[2])
        del received[: found.end()]
    return last
