"""A browser's two ways to a run: the socket and the event stream."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.runs.conftest import SignedIn


def open_socket(
    port: int, browser: SignedIn, *, origin: str | None = None, **options: Any
) -> ClientConnection:
    """The socket of a tab; raises websockets' InvalidStatus when refused."""
    opened: ClientConnection = connect(
        f"ws://{browser.host}/ws/runs",
        sock=socket.create_connection(("127.0.0.1", port)),
        additional_headers={"Cookie": browser.cookie},
        origin=Origin(origin or f"http://{browser.host}"),
        compression=None,
        **options,
    )
    return opened


def follow(to: ClientConnection, run_id: object, after: int = 0) -> None:
    to.send(json.dumps({"type": "follow", "run": str(run_id), "after": after}))


def events(tab: ClientConnection, seconds: float = 40) -> Iterator[dict[str, Any]]:
    """Events up to the end, without pings."""
    while True:
        said = json.loads(tab.recv(timeout=seconds))
        if said["type"] == "ping":
            continue
        yield said
        if said["type"] == "gone" or said.get("kind") == "end":
            return


def get(port: int, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    """GET whose body is read by the caller; the socket is closed with the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
    connection.request("GET", path, headers=headers | {"Connection": "close"})
    return connection.getresponse()


def stream(response: http.client.HTTPResponse) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """`(id, event, data)` of each server-sent event."""
    found: dict[str, str] = {}
    for raw in response:
        line = raw.decode().rstrip("\n")
        if not line and "data" in found:
            yield int(found["id"]), found["event"], json.loads(found["data"])
            found = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            found[name] = value


def text_of(said: list[dict[str, Any]]) -> str:
    return "".join(event["text"] for event in said if event["kind"] == "text")
