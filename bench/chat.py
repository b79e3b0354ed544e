"""bin/bench chat: how many chats hold, and how soon the first token comes.

A message goes by HTTP, its run through Celery, the engine, the gateway and Redis to a socket, with all of its
rows in PostgreSQL. Every server process shares one core; upstream and load share another. A chat is one
answer after another at 50 tokens/s; chats hold when the p95 gap is at most 40 ms and 95% is delivered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import Any

from bench.chat_load import Load, Person, measure
from bench.machine import Core, told
from bench.stack import Stack, running

ITL_MS = 20.0
LEVELS = {100: (10, 60, 120, 160, 200, 240), 400: (200, 300, 400)}


def main() -> None:
    """Measure all levels and print a table; `--json FILE` keeps the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tokens", type=int, choices=sorted(LEVELS), help="only this length of answers")
    parser.add_argument("--chats", type=int, help="only this number of chats")
    parser.add_argument("--seconds", type=float, default=10, help="length of a measurement")
    parser.add_argument("--json", help="append figures to this file")
    options = parser.parse_args()
    most = options.chats or max(max(levels) for levels in LEVELS.values())
    with running(most) as stack:
        core = Core()
        print(f"memory at rest, MiB: {stack.memory()}", flush=True)
        for tokens, levels in LEVELS.items():
            if options.tokens not in (None, tokens):
                continue
            for count in (options.chats,) if options.chats else levels:
                result = run_level(stack, core, count, tokens, options.seconds)
                print(line(result), flush=True)
                if options.json:
                    with open(options.json, "a", encoding="utf-8") as file:  # noqa: PTH123 - a path as given
                        file.write(json.dumps(result) + "\n")


def run_level(stack: Stack, core: Core, count: int, tokens: int, seconds: float) -> dict[str, Any]:
    """One measurement, with the processor time of each part per token."""
    people = [
        Person(f"{stack.made['host']}:{stack.port}", slot["session"], slot["conversation"])
        for slot in stack.made["slots"]
    ]
    load = Load(stack.port, count, tokens, ITL_MS, seconds)
    before, begun = stack.cpu(), time.monotonic()
    with core.watched() as watched:
        result = asyncio.run(_measured(load, people))
    span = time.monotonic() - begun
    cores = {name: round((used - before[name]) / span, 2) for name, used in stack.cpu().items()}
    return result | watched | {"cores": cores, "memory_mib": stack.memory()}


async def _measured(load: Load, people: list[Person]) -> dict[str, Any]:
    return await measure(load, people)


def line(result: dict[str, Any]) -> str:
    """One row of the table."""

    def three(name: str) -> str:
        found = result[name]
        return f"{found['p50']:.1f}/{found['p95']:.1f}/{found['p99']:.1f}" if found else "-"

    holds = "holds" if result["holds"] else "FAILS"
    return (
        f"{result['chats']:4d} chats of {result['tokens']} tokens  {holds}  "
        f"delivered {result['delivered']:.3f}  ttft {three('ttft_ms')}  gap {three('gap_ms')}  "
        f"post {three('post_ms')}  "
        f"{result['answers_s']} answers/s  {told(result)}  cores {result['cores']}  "
        f"client {result['client_cores']}  "
        f"memory MiB {result['memory_mib']}  errors {result['errors']}"
    )


if __name__ == "__main__":
    main()
