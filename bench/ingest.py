"""bin/bench ingest: pages per second and core by format, memory for a long PDF, and what chats notice of it.

First each format goes through the real sandbox and chunker in this process. Then a fresh installation reads a
1,000-page PDF, and the same chats are measured while nothing is read and while more such files are, in turn.
All servers and the ingest worker share one core; upstream (also for vectors) and load share another.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from typing import Any

from apps.knowledge.chunking import chunk, embedding_text
from apps.knowledge.language import detect_language
from apps.knowledge.lexical import document_terms
from apps.knowledge.parsing.errors import ParseError
from apps.knowledge.sandbox.runner import parse_sandboxed
from bench.chat import run_level
from bench.ingest_files import MAKERS, pdf
from bench.ingest_office import SCANNED
from bench.machine import Core
from bench.measuring import pss_mib, tree
from bench.stack import LOAD_CORE, MOCK, SERVER_CORE, Stack, on_core, running
from launch.network import free_port, wait_listening
from launch.parts import ROOT
from launch.process import Command
from launch.supervisor import Service

CHATS, TOKENS = 10, 100
LONG = 1000
MIB = 1 << 20


def main() -> None:
    """Measure and print; `--json FILE` keeps the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", type=int, default=100, help="pages of a file of each format")
    parser.add_argument("--seconds", type=float, default=10, help="length of a measurement of chats")
    parser.add_argument("--rounds", type=int, default=2, help="measurements of chats, each way")
    parser.add_argument("--formats-only", action="store_true", help="no installation, no chats")
    parser.add_argument("--json", help="write figures to this file")
    options = parser.parse_args()
    figures: dict[str, Any] = {"formats": [_format(name, options.pages) for name in MAKERS]}
    if not options.formats_only:
        figures |= _whole(options.seconds, options.rounds)
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _cpu() -> float:
    used = [getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(row.ru_utime + row.ru_stime for row in used)


def _format(name: str, pages: int) -> dict[str, Any]:
    """One format: parsed in the sandbox, chunked, terms made; without database and vectors."""
    data = MAKERS[name](pages)
    pages = min(pages, SCANNED) if name == "scan.pdf" else pages
    before = _cpu()
    try:
        parsed = parse_sandboxed(data, f"made.{name}")
    except ParseError as error:
        print(f"{name:10s} {error.kind.value}", flush=True)
        return {"format": name, "error": error.kind.value}
    read = _cpu() - before
    drafts = chunk(parsed)
    for draft in drafts:
        text = embedding_text(parsed.title, draft.heading, draft.text)
        document_terms(text, detect_language(draft.text) or parsed.language)
    whole = _cpu() - before
    row = {
        "format": name,
        "kib": len(data) // 1024,
        "chunks": len(drafts),
        "pages_s_parsed": round(pages / read, 1),
        "pages_s": round(pages / whole, 1),
    }
    print(
        f"{name:10s} {row['kib']:6d} KiB  {row['pages_s_parsed']:7.1f} pages/s parsed  "
        f"{row['pages_s']:7.1f} pages/s with chunks and terms ({row['chunks']} chunks)",
        flush=True,
    )
    return row


@dataclass
class _Watch:
    """The memory of a tree of processes, looked at ten times a second."""

    pid: int
    peak: float = 0.0
    largest: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        while not self.ended.wait(0.1):
            self.peak = max(self.peak, pss_mib(self.pid))
            own = [_rss(process) for process in tree(self.pid)]
            self.largest = max([self.largest, *own])


def _spent(stack: Stack) -> dict[str, float]:
    """Processor seconds of each part with the children that have ended, such as parsers and backends."""
    return {
        name: sum(sum(process.cpu_times()[:4]) for process in tree(pid)) for name, pid in stack.pids.items()
    }


def _rss(process: Any) -> float:
    try:
        return float(process.memory_info().rss) / MIB
    except Exception:  # noqa: BLE001 - it has ended meanwhile
        return 0.0


@contextmanager
def _watched(pid: int) -> Iterator[_Watch]:
    watch = _Watch(pid)
    thread = threading.Thread(target=watch.look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.ended.set()
        thread.join()


def _whole(seconds: float, rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="atrium-bench-") as folder, running(CHATS) as stack:
        path = Path(folder) / "long.pdf"
        path.write_bytes(pdf(LONG))
        vectors = _vector_host(stack)
        _ingest_worker(stack)
        alone = _read_alone(stack, path, vectors)
        print(json.dumps(alone), flush=True)
        chats = _chats(stack, path, vectors, seconds, rounds)
        return {"pdf": alone, "chats": chats}


def _vector_host(stack: Stack) -> int:
    """An upstream for vectors alone: making them must not hold up the chats' upstream."""
    port = free_port()
    command = Command("vectors", (sys.executable, str(MOCK), "--port", str(port)), dict(os.environ), cwd=ROOT)
    stack.running.start(Service(command, 0, probe=lambda: wait_listening(port, 0.1)))
    return port


def _ingest_worker(stack: Stack) -> None:
    """The worker that bin/up would start, on the servers' core."""
    service = stack.running.services["replies"]
    argv = tuple(word.replace("replies", "ingest") for word in service.command.argv)
    at = argv.index("-P")
    pool = ("-P", "prefork", "-c", "2", "--max-tasks-per-child=50", "--max-memory-per-child=800000")
    argv = (*argv[:at], *pool, *argv[at + 4 :])
    env = dict(service.command.env) | {"ATRIUM_ROLE": "ingest"}
    on_core(SERVER_CORE)
    command = replace(service.command, name="ingest", argv=argv, env=env)
    stack.running.start(replace(service, command=command))
    on_core(LOAD_CORE)


def _feed(stack: Stack, *arguments: str) -> dict[str, Any]:
    command = stack.running.command
    assert command is not None
    argv = (sys.executable, "-m", "bench.ingest_feed", *arguments)
    done = subprocess.run(
        argv, env=dict(command.env), cwd=command.cwd, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _read_alone(stack: Stack, path: Path, vectors: int) -> dict[str, Any]:
    """The long file while nothing else happens."""
    worker = stack.pids["ingest"]
    begun, used = time.monotonic(), _spent(stack)
    with _watched(worker) as watch:
        _feed(stack, str(vectors), str(path), "1")
        while (state := _feed(stack))["states"] != {"ready": 1}:
            if "failed" in state["states"] or time.monotonic() - begun > 120:
                raise SystemExit(f"the long file was not read: {state}")
            time.sleep(0.5)
    spent = {name: cpu - used[name] for name, cpu in _spent(stack).items()}
    cores = sum(spent[name] for name in ("ingest", "postgres"))
    return state | {
        "pages_s_core": round(LONG / cores, 1),
        "cpu_s": {name: round(cpu, 1) for name, cpu in spent.items()},
        "peak_mib": round(watch.peak),
        "largest_process_mib": round(watch.largest),
    }


def _chats(stack: Stack, path: Path, vectors: int, seconds: float, rounds: int) -> dict[str, Any]:
    """The same chats alone and beside the reading of long files, in turn; medians of the rounds."""
    found: dict[str, list[dict[str, Any]]] = {"alone": [], "beside": []}
    core = Core()
    for _ in range(rounds):
        _settled(stack)
        found["alone"].append(run_level(stack, core, CHATS, TOKENS, seconds))
        _feed(stack, str(vectors), str(path), "6")
        found["beside"].append(run_level(stack, core, CHATS, TOKENS, seconds))
        left = _feed(stack)["states"]
        if not {"queued", "reading"} & set(left):
            raise SystemExit("nothing was left to read while chats were measured; use longer files")
    table = {way: _summary(rows) for way, rows in found.items()}
    for way, row in table.items():
        print(f"{CHATS} chats {way}: {row}", flush=True)
    return table


def _settled(stack: Stack) -> None:
    """Delete what waits, so that nothing is read."""
    _feed(stack, "stop")
    time.sleep(2)


def _summary(rows: list[dict[str, Any]]) -> dict[str, float]:
    return {
        f"{name}_{part}": round(median(row[name][part] for row in rows), 2)
        for name in ("ttft_ms", "gap_ms", "latency_ms")
        for part in ("p50", "p95")
    } | {
        "delivered": median(row["delivered"] for row in rows),
        "ingest_cores": round(median(row["cores"].get("ingest", 0.0) for row in rows), 2),
    }


if __name__ == "__main__":
    main()
