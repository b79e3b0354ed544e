"""Clients that open a stream and vanish: no upstream call of the API may outlive them."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any

from bench.stack import Stack

BATCH = 50


def vanish(stack: Stack, count: int) -> dict[str, Any]:
    """Open `count` endless streams in batches, break them, and look what is left after five seconds."""
    before = stack.memory()
    body = json.dumps({
        "model": stack.made["model"],
        "stream": True,
        "messages": [{"role": "user", "content": "[[mock itl=20 n=5000]]"}],
    }).encode()  # fmt: skip
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:{stack.port}\r\n"
        f"Authorization: Bearer {stack.made['key']}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    opened = 0
    for _ in range(count // BATCH):
        viewers = [socket.create_connection(("127.0.0.1", stack.port)) for _ in range(BATCH)]
        for viewer in viewers:
            viewer.sendall(head + body)
        for viewer in viewers:
            viewer.settimeout(10)
            opened += b"200" in viewer.recv(64)[:16]
            viewer.close()
    begun = time.monotonic()
    while _stats(stack)["active"] and time.monotonic() - begun < 15:
        time.sleep(0.1)
    stats = _stats(stack)
    return {
        "viewers": opened,
        "upstream_calls_left": stats["active"],
        "seconds_to_none": round(time.monotonic() - begun, 1),
        "memory_before_mib": before,
        "memory_after_mib": stack.memory(),
    }


def _stats(stack: Stack) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", stack.upstream, timeout=5)
    connection.request("GET", "/stats")
    found: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return found
