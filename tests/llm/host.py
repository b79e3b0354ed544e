"""A scripted model host over loopback: OpenAI's protocol on the standard library's HTTP server."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.db import connections


@dataclass
class Asked:
    """A request as the host received it."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


def _open_gate() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


@dataclass
class Answer:
    """What the host does with one request; the last one is repeated.

    `gate`: only once it is set does the host go on after its first text; `hold`: only then does it end.
    `whole` is sent as it is. `is_reset`: after the texts it hangs up by a TCP reset.
    """

    texts: tuple[str, ...] = ("Hello", " world")
    deltas: tuple[dict[str, Any], ...] = ()
    usage: dict[str, Any] | None = field(
        default_factory=lambda: {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}
    )
    finish: str | None = "stop"
    status: int = 200
    error: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    gate: threading.Event = field(default_factory=_open_gate, compare=False)
    hold: threading.Event | None = None
    whole: dict[str, Any] | None = None
    is_reset: bool = False


@dataclass
class Host:
    """The running host: its address, what it was asked, and what it answers next."""

    base_url: str
    port: int
    answers: list[Answer]
    asked: list[Asked] = field(default_factory=list)
    on_request: Callable[[Asked], None] | None = None
    answer_for: Callable[[Asked], Answer] | None = None
    models: tuple[str, ...] = ("big-model", "small-model", "text-embedding-tiny")
    gone: threading.Event = field(default_factory=threading.Event)

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host: Host

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        return

    def finish(self) -> None:
        """A test may have looked into the database here: this thread ends and takes no connection with it."""
        super().finish()
        connections.close_all()

    def do_GET(self) -> None:
        self.host.asked.append(Asked(self.path, dict(self.headers), {}))
        answer = self.host.next_answer()
        if answer.error is not None:
            self._json(answer.status, answer.error, answer.headers)
            return
        self._json(200, {"object": "list", "data": [{"id": model} for model in self.host.models]}, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = Asked(self.path, dict(self.headers), body)
        self.host.asked.append(asked)
        if self.host.on_request is not None:
            self.host.on_request(asked)
        answer = self.host.answer_for(asked) if self.host.answer_for else self.host.next_answer()
        if answer.error is not None:
            self._json(answer.status, answer.error, answer.headers)
        elif answer.whole is not None:
            self._json(answer.status, answer.whole, answer.headers)
        elif self.path.endswith("/embeddings"):
            self._embeddings(body, answer)
        else:
            self._stream(body, answer)

    def _json(self, status: int, value: dict[str, Any], headers: dict[str, str]) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            **headers,
        }.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def _embeddings(self, body: dict[str, Any], answer: Answer) -> None:
        data = [
            {"object": "embedding", "index": index, "embedding": [float(len(text)), 1.0]}
            for index, text in enumerate(body["input"])
        ]
        self._json(200, {"data": data, "model": body["model"], "usage": answer.usage}, {})

    def _stream(self, body: dict[str, Any], answer: Answer) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for text in answer.texts:
                self._event(
                    body, {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
                )
                time.sleep(answer.pause)
                answer.gate.wait(60)
            for delta in answer.deltas:
                self._event(body, {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
            if answer.hold is not None:
                self._wait_for_leaving(answer.hold)
            if answer.is_reset:
                self._reset()
            if answer.finish is None or answer.is_reset:
                return
            self._event(body, {"choices": [{"index": 0, "delta": {}, "finish_reason": answer.finish}]})
            if answer.usage is not None:
                self._event(body, {"choices": [], "usage": answer.usage})
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            self.host.gone.set()

    def _reset(self) -> None:
        """Close without FIN once what was written has had time to arrive."""
        time.sleep(0.05)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _wait_for_leaving(self, hold: threading.Event) -> None:
        """Send keep-alive comments until released; a client that leaves breaks the pipe."""
        while not hold.wait(0.02):
            self.wfile.write(b": waiting\n\n")
            self.wfile.flush()

    def _event(self, body: dict[str, Any], values: dict[str, Any]) -> None:
        event = {"id": "c1", "object": "chat.completion.chunk", "model": f"{body['model']}-2026", **values}
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        self.wfile.flush()


@contextmanager
def model_host(*answers: Answer) -> Iterator[Host]:
    """A host that gives these answers in turn; it ends with the block."""

    class Handler(_Handler):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    port = server.server_address[1]
    host = Host(f"http://127.0.0.1:{port}/v1", port, list(answers) or [Answer()])
    Handler.host = host
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
