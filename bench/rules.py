"""bin/bench rules: what budgets, rate limits, guardrails and data classes add to a call, all of them on.

Two tenants of one installation send the same prompt of two kilobytes, which holds an address and an account,
in turn: one has set nothing, the other all that bench/ruling.py sets. The ledger is in both, since no
call is without it. Layout and streams as in bin/bench api.
"""

from __future__ import annotations

import argparse
from statistics import median
from typing import Any

from bench.api import delivered, load, p50
from bench.machine import Core, told
from bench.ruling import PARTS
from bench.stack import Stack, running

LEVELS = (1, 60, 120)
TOKENS = 100
SERVERS = ("postgres", "valkey", "web", "replies")
PROMPT = (
    "Summarise the letter below for the file. It came by post and nobody has answered it yet. "
    "Write to maria.keller@example.org, the account is DE89 3704 0044 0532 0130 00. "
)
FILLER = "The parcel was late, the box was wet, and the goods inside were not those that had been ordered. "


def main() -> None:
    """Print a row a level: what each tenant's calls add to the upstream, and the difference."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--streams", type=int, help="only this number of streams")
    parser.add_argument("--seconds", type=float, default=6, help="length of a turn")
    parser.add_argument("--turns", type=int, default=3, help="turns of each tenant")
    parser.add_argument("--only", nargs="*", choices=PARTS, help="set only these")
    options = parser.parse_args()
    with running(1, *options.only or PARTS) as stack:
        core = Core()
        for count in (options.streams,) if options.streams else LEVELS:
            with core.watched() as watched:
                row = compare(stack, count, options.seconds, options.turns)
            print(f"{count:4d} streams  {row}  {told(watched)}", flush=True)


def compare(stack: Stack, count: int, seconds: float, turns: int) -> str:
    """Medians of both tenants' turns, in ms; of what is delivered and of gaps the worst turn."""
    shape = ["--mode", "stream", "-c", str(count), "-n", str(TOKENS), "--itl", "20", "--ramp", "2"]
    shape += ["--warmup", "3", "--duration", str(seconds), "--prompt", PROMPT + FILLER * 20]
    ours = f"http://127.0.0.1:{stack.port}/v1"
    direct = load(f"http://127.0.0.1:{stack.upstream}/v1", "sk-bench", shape)
    for key in ("key", "ruled_key"):
        load(ours, stack.made[key], [*shape, "--duration", "1"])
    watched = [f"--watch={name}={stack.pids[name]}" for name in SERVERS]
    runs: dict[str, list[dict[str, Any]]] = {"key": [], "ruled_key": []}
    for _ in range(turns):
        for key, found in runs.items():
            found.append(load(ours, stack.made[key], [*shape, *watched]))
    without, with_rules = (_added(found, direct) for found in runs.values())
    return (
        f"without rules {_shown(runs['key'], direct)}  with rules {_shown(runs['ruled_key'], direct)}  "
        f"rules add {with_rules - without:.1f} ms"
    )


def _added(runs: list[dict[str, Any]], direct: dict[str, Any]) -> float:
    return median(p50(run, "ttft_ms") for run in runs) - p50(direct, "ttft_ms")


def _shown(runs: list[dict[str, Any]], direct: dict[str, Any]) -> str:
    gap = max(run["gap_ms"]["p95"] if run["gap_ms"] else float("inf") for run in runs)
    least = min(delivered(run, direct) for run in runs)
    errors = sum(sum(run["errors"].values()) for run in runs)
    return (
        f"[added ttft {_added(runs, direct):.1f}, delivered {least:.3f}, gap p95 {gap:.1f}, errors {errors}, "
        f"ms of processor an answer {_cost(runs)}]"
    )


def _cost(runs: list[dict[str, Any]]) -> dict[str, float]:
    return {
        name: round(median(run["cpu"][name]["us_per_unit"] for run in runs) * TOKENS / 1000, 1)
        for name in SERVERS
    }


if __name__ == "__main__":
    main()
