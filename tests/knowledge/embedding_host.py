"""The built-in embedding model behind OpenAI's protocol, on loopback; its real weights if they are here."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.db import connections

SIZE = 384


@dataclass
class EmbeddingHost:
    """The running host: what it was asked for, whether it is out of order, how many texts it takes."""

    url: str
    texts: list[str] = field(default_factory=list)
    is_down: bool = False
    before: Callable[[], None] | None = None
    most: int | None = None


@cache
def embedder(name: str = "all-minilm-l6-v2") -> Any:
    """The real model, or None where its graph was not built."""
    from launch.embedding import ENGLISH, MULTILINGUAL, Embedder, graph_path

    wanted = MULTILINGUAL if name == MULTILINGUAL.id else ENGLISH
    path = graph_path(wanted)
    return Embedder(path, threads=1, model=wanted) if path.exists() else None


def vectors_of(texts: list[str], name: str = "all-minilm-l6-v2") -> list[list[float]]:
    """One vector per text: the model's, else a bag of hashed words; of N numbers for `hashed-N`."""
    if name.startswith("hashed-"):
        return [_hashed(text, int(name.removeprefix("hashed-"))) for text in texts]
    model = embedder(name)
    if model is None:
        return [_hashed(text) for text in texts]
    found: list[Any] = [None] * len(texts)
    for batch in model.batches(texts):
        for place, vector in zip(batch.places, batch.vectors, strict=True):
            found[place] = vector.tolist()
    return found


def _hashed(text: str, size: int = SIZE) -> list[float]:
    vector = [0.0] * size
    for word in text.lower().split():
        vector[int.from_bytes(blake2b(word.encode(), digest_size=4).digest(), "big") % size] += 1.0
    norm = sum(value * value for value in vector) ** 0.5 or 1.0
    return [value / norm for value in vector]


@contextmanager
def embedding_host() -> Iterator[EmbeddingHost]:
    """A host that embeds; it ends with the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            return

        def finish(self) -> None:
            """A test may have looked into the database here: this thread takes no connection with it."""
            super().finish()
            connections.close_all()

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if host.before is not None:
                host.before()
            if host.is_down:
                self._answer(503, {"error": {"message": "loading", "type": "server_error"}})
                return
            if host.most is not None and len(body["input"]) > host.most:
                self._answer(422, {"error": {"message": "batch too large", "type": "Validation"}})
                return
            host.texts += body["input"]
            rows = [
                {"object": "embedding", "index": index, "embedding": vector}
                for index, vector in enumerate(vectors_of(body["input"], body["model"]))
            ]
            usage = {"prompt_tokens": 7 * len(rows), "total_tokens": 7 * len(rows)}
            self._answer(200, {"object": "list", "data": rows, "model": body["model"], "usage": usage})

        def _answer(self, status: int, value: dict[str, Any]) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    host = EmbeddingHost(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
