"""bin/bench api: what /v1/chat/completions adds to its upstream.

The load is ../shared/bench/stream_load.py, first against the mock upstream itself, then through Atrium, so
that each figure stands beside the direct one of the same run. Every server process shares one core; upstream
and load share another. Streams hold when the p95 gap is at most 40 ms and at least 95% is delivered.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.machine import Core, told
from bench.stack import LOADER, Stack, running

STREAMS = {100: (1, 60, 120, 180, 240), 400: (250, 350)}
PLAIN = (1, 16, 32)


def main() -> None:
    """Measure all levels and print a table; `--json FILE` keeps the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--streams", type=int, help="only this number of streams")
    parser.add_argument("--tokens", type=int, default=0, help="only this length of answers")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", help="append figures to this file")
    options = parser.parse_args()
    with running(1) as stack:
        core = Core()
        print(f"memory at rest, MiB: {stack.memory()}", flush=True)
        for tokens, levels in STREAMS.items():
            if options.tokens in (0, tokens):
                for count in (options.streams,) if options.streams else levels:
                    keep(compare(stack, core, "stream", count, tokens, options.seconds), options.json)
        if not options.streams and not options.tokens:
            for count in PLAIN:
                keep(compare(stack, core, "nonstream", count, 10, options.seconds), options.json)
            vanish(stack)


def compare(stack: Stack, core: Core, mode: str, count: int, tokens: int, seconds: float) -> dict[str, Any]:
    """The same load on the upstream and on Atrium."""
    shape = ["--mode", mode, "-c", str(count), "-n", str(tokens), "--duration", str(seconds)]
    if mode == "stream":
        shape += ["--itl", "20", "--ramp", str(tokens * 0.02), "--warmup", str(tokens * 0.02 + 2)]
    direct = load(f"http://127.0.0.1:{stack.upstream}/v1", "sk-bench", shape)
    before, begun = stack.cpu(), time.monotonic()
    with core.watched() as watched:
        ours = load(f"http://127.0.0.1:{stack.port}/v1", stack.made["key"], shape)
    span = time.monotonic() - begun
    cores = {name: round((used - before[name]) / span, 2) for name, used in stack.cpu().items()}
    found = {"tokens": tokens, "direct": direct, "atrium": ours, "cores": cores}
    return found | watched | {"memory_mib": stack.memory()}


def load(url: str, key: str, shape: list[str]) -> dict[str, Any]:
    """One run of the load client."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as file:
        words = [sys.executable, str(LOADER), "--url", url, "--key", key, "--json", file.name, *shape]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        lines = Path(file.name).read_text(encoding="utf-8").splitlines()
    if not lines:
        sys.exit(f"The load client failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def keep(result: dict[str, Any], path: str | None) -> None:
    """Print a row and append it to the file."""
    direct, ours = result["direct"], result["atrium"]
    if ours["mode"] == "stream":
        added = p50(ours, "ttft_ms") - p50(direct, "ttft_ms")
        part = delivered(ours, direct)
        gap = ours["gap_ms"] or {"p95": float("inf")}
        holds = "holds" if gap["p95"] <= 40 and part >= 0.95 and not ours["errors"] else "FAILS"
        print(
            f"{ours['c']:4d} streams of {result['tokens']} tokens  {holds}  "
            f"delivered {part:.3f}  "
            f"added ttft p50 {added:.1f}  gap p95 {gap['p95']:.1f}  "
            f"{told(result)}  cores {result['cores']}  errors {ours['errors']}",
            flush=True,
        )
    else:
        print(
            f"{ours['c']:4d} callers, no stream  {ours['req_s']} requests/s (direct {direct['req_s']})  "
            f"total p50 {p50(ours, 'total_ms'):.1f} ms  "
            f"{told(result)}  cores {result['cores']}  errors {ours['errors']}",
            flush=True,
        )
    if path:
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123 - a path as given
            file.write(json.dumps(result) + "\n")


def p50(found: dict[str, Any], name: str) -> float:
    """The middle of what the load client measured under this name; nan without any."""
    values = found[name]
    return float(values["p50"]) if values else float("nan")


def delivered(ours: dict[str, Any], direct: dict[str, Any]) -> float:
    """The part of the upstream's own rate of tokens that arrived."""
    return float(ours["tok_s"] / (direct["tok_s"] or 1))


def vanish(stack: Stack) -> None:
    """500 clients open a stream and go: what is left of them at the upstream, and in memory."""
    from bench.vanishing import vanish as go

    print(go(stack, 500), flush=True)


if __name__ == "__main__":
    main()
