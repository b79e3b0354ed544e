"""Starting the closed subprocess, waiting for its answer, and naming what went wrong."""

import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from resource import RUSAGE_SELF, getrusage, struct_rusage
from shutil import which
from typing import Any, BinaryIO

from apps.knowledge.giving_way import held_up_s, lower_with_us
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import DEFAULT_LIMITS, RECOGNITION_LIMITS, Limits
from apps.knowledge.parsing.ocr.languages import AUTOMATIC
from apps.knowledge.parsing.parsed import Parsed, decode
from apps.knowledge.sandbox import reporting

logger = logging.getLogger(__name__)

_CHILD = Path(__file__).with_name("child.py")
_ENTRY = "apps.knowledge.sandbox.entry:parse"
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}
_READ = 1024 * 1024
_GRACE = 1.0
_SLIGHT = 0.1
_NEARLY = 0.85
_CLEARLY = 1.5
_KIB = 1024
_BWRAP = (
    "bwrap",
    *("--unshare-all", "--die-with-parent", "--clearenv", "--cap-drop", "ALL"),
    *("--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--"),
)


Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Ending:
    """A subprocess that has ended; `code` below 0 is a signal, `peak` in bytes, `cpu` in seconds."""

    answer: bytes
    code: int
    peak: int
    cpu: float
    stopped: ParseErrorKind | None


def parse_sandboxed(
    source: Path | bytes,
    name: str,
    limits: Limits = DEFAULT_LIMITS,
    *,
    recognition: Limits = RECOGNITION_LIMITS,
    scan_language: str = AUTOMATIC,
    progress: Progress | None = None,
) -> Parsed:
    """Read a document in a closed subprocess; `name` is the file's name as uploaded, a hint and a title only.

    A document with pictures of text is read anew by a subprocess with the models that recognise it, within
    `recognition`, in `scan_language` (a code of parsing.ocr.languages, or AUTOMATIC); `progress` is called
    with the pages done and their number. Returns within `limits.wall`, then `recognition.wall`, and a second
    each. Raises ParseError, of whatever the document does to the
    parser; OSError when `source` cannot be opened.
    """
    arguments = {"name": name, "scan_language": scan_language}
    document = run(source, _ENTRY, {**arguments, "recognise": False}, limits, progress)
    if document is None:
        document = run(source, _ENTRY, {**arguments, "recognise": True}, recognition, progress)
    try:
        return decode(document)
    except ValueError as error:
        raise ParseError(ParseErrorKind.CRASHED) from error


def run(
    source: Path | bytes,
    entry: str,
    arguments: dict[str, Any],
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Any:
    """Call `entry` (module:function, see `child`) in a closed subprocess; its JSON result, decoded."""
    with _opened(source) as file:
        if os.fstat(file.fileno()).st_size > limits.input:
            raise ParseError(ParseErrorKind.TOO_LARGE)
        words = [entry, json.dumps({**arguments, "limits": asdict(limits)})]
        ending = _finished(file.fileno(), words, limits, progress)
    if ending.stopped:
        raise ParseError(ending.stopped)
    try:
        body = json.loads(ending.answer[1:])
    except ValueError:
        raise ParseError(_cause(ending, limits)) from None
    if ending.answer.startswith(b"+"):
        return body
    raise _reported(body)


def _opened(source: Path | bytes) -> BinaryIO:
    if isinstance(source, Path):
        return source.open("rb")
    file = os.fdopen(os.memfd_create("document"), "w+b")
    file.write(source)
    file.seek(0)
    return file


def _finished(descriptor: int, arguments: list[str], limits: Limits, progress: Progress | None) -> _Ending:
    reader, writer = os.pipe()
    try:
        python = [sys.executable, "-I", "-X", "utf8", str(_CHILD), str(descriptor), str(writer), *arguments]
        process = subprocess.Popen(  # noqa: S603 (fixed command, no shell)
            [*_wrapper(), *python],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(descriptor, writer),
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    except BaseException:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    lower_with_us(process.pid)
    grace = 0.0
    try:
        answer, stopped = _read(process.pid, reader, limits, progress)
        grace = 0.0 if stopped else _GRACE
    finally:
        os.close(reader)
        code, usage = _reaped(process, grace)
    return _Ending(answer, code, _peak_of(usage), usage.ru_utime + usage.ru_stime, stopped)


def _peak_of(usage: struct_rusage) -> int:
    """The child's own peak in bytes; 0 where it cannot be told from ours, which Linux counts to it too."""
    ours = getrusage(RUSAGE_SELF).ru_maxrss
    return usage.ru_maxrss * _KIB if usage.ru_maxrss > _CLEARLY * ours else 0


def _read(
    pid: int, reader: int, limits: Limits, progress: Progress | None
) -> tuple[bytes, ParseErrorKind | None]:
    """The answer until the pipe closes, the time is over, or it grows past the limit.

    Time in which others had the processor does not count.
    """
    deadline, waited = time.monotonic() + limits.wall, 0.0
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    received = bytearray()
    while True:
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            before, waited = waited, held_up_s(pid)
            if waited - before < _SLIGHT:
                return b"", ParseErrorKind.TIMEOUT
            deadline += waited - before
            continue
        part = os.read(reader, _READ)
        if not part:
            return bytes(received), None
        received += part
        pages = reporting.taken(received)
        if pages and progress:
            progress(*pages)
        if len(received) > limits.output:
            return b"", ParseErrorKind.TOO_LARGE


def _reaped(process: subprocess.Popen[bytes], grace: float) -> tuple[int, struct_rusage]:
    """Exit code and usage; what has not ended after `grace` seconds is killed, with its whole group."""
    deadline = time.monotonic() + grace
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage
        if time.monotonic() >= deadline:
            os.killpg(process.pid, signal.SIGKILL)
        time.sleep(0.002)


def _cause(ending: _Ending, limits: Limits) -> ParseErrorKind:
    """Why a subprocess died without an answer."""
    if ending.cpu >= limits.cpu or ending.code in {-signal.SIGXCPU, 128 + signal.SIGXCPU}:
        return ParseErrorKind.TIMEOUT
    if ending.peak > limits.memory * _NEARLY or ending.code in {-signal.SIGKILL, 128 + signal.SIGKILL}:
        return ParseErrorKind.MEMORY
    logger.warning("A parser died without an answer: exit %s, %s bytes at its peak", ending.code, ending.peak)
    return ParseErrorKind.CRASHED


def _reported(body: Any) -> ParseError:
    """The error that the subprocess names; its words reach a person only where they are one of ours."""
    kind, message = (body.get("kind"), body.get("message")) if isinstance(body, dict) else (None, None)
    if kind not in set(ParseErrorKind) or kind == ParseErrorKind.CRASHED:
        logger.warning("A parser failed: %s %.500r", kind, message)
        return ParseError(ParseErrorKind.CRASHED, _UNAVAILABLE if kind == "unavailable" else "")
    return ParseError(ParseErrorKind(kind), str(message)[:500])


_UNAVAILABLE = (
    "This server cannot read documents safely: it offers no system-call filter. The file is kept. "
    "Ask the operator to run `bin/manage doctor`, then try again."
)


@cache
def _wrapper() -> tuple[str, ...]:
    """bubblewrap in front of the subprocess where it is installed and works.

    The child closes itself either way.
    """
    path = which("bwrap")
    if not path:
        return ()
    command = (path, *_BWRAP[1:])
    try:
        probe = subprocess.run([*command, sys.executable, "-I", "-c", ""], env={}, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return command if probe.returncode == 0 else ()
