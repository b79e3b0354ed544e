"""python -m bench.soak: chats under load while parts are killed, minute after minute; nothing may be lost.

Every few seconds one part is killed (web, worker, Valkey), emptied (FLUSHALL) or restarted (PostgreSQL), and
started again. At the end every message that was accepted must have a run in a final state.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sys
import threading
import time
import uuid
from collections import Counter
from typing import Any

from bench.stack import Stack, running

WORKERS = 12
PAUSE_S = 12.0
SETTLE_S = 60.0
PARTS = ("web", "replies", "valkey", "postgres", "flush")
FINAL = ("done", "stopped", "failed", "interrupted")
TOKEN = "bench" * 6 + "xx"


class Senders:
    """Send messages as fast as they are accepted; remembers what was."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self.accepted: list[tuple[dict[str, str], str]] = []
        self.refused: Counter[str] = Counter()
        self._threads = [
            threading.Thread(target=self._work, args=(slot,)) for slot in stack.made["slots"][:WORKERS]
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(30)

    def _work(self, slot: dict[str, str]) -> None:
        while not self._ended.is_set():
            text = f"[[mock itl=20 n={random.randrange(20, 400)} stamp=0]]"
            body = {"client_id": str(uuid.uuid4()), "text": text, "parent_id": None}
            try:
                path = f"/api/v1/conversations/{slot['conversation']}/messages"
                status, said = call(self._stack, slot, "POST", path, body)
            except (OSError, http.client.HTTPException) as error:
                status, said = 0, {"code": type(error).__name__}
            with self._lock:
                if status == 202:
                    self.accepted.append((slot, said["run"]["id"]))
                else:
                    self.refused[f"{status} {said.get('code', '')}"] += 1
            self._ended.wait(0.5)


def call(
    stack: Stack, slot: dict[str, str], method: str, path: str, body: dict[str, Any] | None = None
) -> tuple[int, dict[str, Any]]:
    """One request of a person; its status and JSON."""
    headers = {
        "Host": f"{stack.made['host']}:{stack.port}",
        "Cookie": f"{slot['session']}; csrftoken={TOKEN}",
        "X-CSRFToken": TOKEN,
        "Content-Type": "application/json",
    }
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=20)
    try:
        connection.request(method, path, json.dumps(body).encode() if body else None, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"{}")
    finally:
        connection.close()


def states(stack: Stack, accepted: list[tuple[dict[str, str], str]]) -> Counter[str]:
    """The states of the accepted runs."""
    found: Counter[str] = Counter()
    for slot, run_id in accepted:
        status, run = call(stack, slot, "GET", f"/api/v1/runs/{run_id}")
        found[run["state"] if status == 200 else f"HTTP {status}"] += 1
    return found


def main() -> None:
    """Exit status 1 when anything that was accepted is missing or not final."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS, help="what is killed")
    parser.add_argument("--log", action="store_true", help="print what the web process logged")
    options = parser.parse_args()
    with running(WORKERS) as stack:
        senders = Senders(stack)
        senders.start()
        disasters: Counter[str] = Counter()
        until = time.monotonic() + options.minutes * 60
        while time.monotonic() < until:
            time.sleep(PAUSE_S)
            name = random.choice(options.parts)
            disasters[name] += 1
            print(f"{name}: {len(senders.accepted)} accepted, refused {dict(senders.refused)}", flush=True)
            stack.disaster(name)
        senders.end()
        deadline = time.monotonic() + SETTLE_S
        found = states(stack, senders.accepted)
        while set(found) - set(FINAL) and time.monotonic() < deadline:
            time.sleep(3)
            found = states(stack, senders.accepted)
        if options.log:
            print((stack.logs / "web.log").read_text(errors="replace")[-8000:])
    print(f"disasters {dict(disasters)}; refused {dict(senders.refused)}; runs {dict(found)}", flush=True)
    if set(found) - set(FINAL):
        sys.exit("Something that was accepted is missing or not final.")


if __name__ == "__main__":
    main()
