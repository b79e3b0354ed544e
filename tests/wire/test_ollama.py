"""Ollama's native API: its recording exactly, cut anywhere, and its vectors."""

from typing import Any

import orjson
import pytest

from apps.llm.vendors.base import ChatRequest, EmbeddingRequest, ErrorKind, Finished, Usage, VendorError
from apps.llm.vendors.registry import vendor_for
from tests.wire.conftest import ASKED, QUICK, run
from tests.wire.replay import Answer, Heard, Request, Server, needs_recordings, recorded, replayed, split_at

JOKE = "Why did the OpenTelemetry agent go to therapy?\n\n"


async def listen(answer: Answer) -> Heard:
    heard = Heard()
    async with Server([answer]) as server:
        async for delta in vendor_for("ollama").stream(server.endpoint(api="native"), ASKED, QUICK):
            heard.add(delta)
        assert server.requests[0].path == "/api/chat"
    return heard


@needs_recordings
@pytest.mark.parametrize("cuts", [[], range(1, 6000, 7)])
def test_recorded_answer_of_ollama(cuts: Any) -> None:
    heard = run(listen(replayed(recorded("ollama")[0], split_at(cuts))))
    assert heard.text.startswith(JOKE)
    assert heard.text.endswith("your face!)")
    assert heard.finished == Finished("stop", Usage(17, 50), "llama3")


def test_vectors_of_ollamas_native_api() -> None:
    async def ask(told: Any) -> tuple[Any, Request]:
        async with Server([Answer([orjson.dumps(told)], content_type="application/json")]) as server:
            request = EmbeddingRequest("all-minilm", ("a", "b"))
            result = await vendor_for("ollama").embed(server.endpoint(api="native"), request)
            return result, server.requests[0]

    told = {"model": "all-minilm:l6", "embeddings": [[1, 0], [0, 1]], "prompt_eval_count": 8}
    result, sent = run(ask(told))
    assert sent.path == "/api/embed"
    assert orjson.loads(sent.body) == {"model": "all-minilm", "input": ["a", "b"]}
    assert (result.vectors, result.usage, result.model) == (
        [[1.0, 0.0], [0.0, 1.0]], Usage(8, 0), "all-minilm:l6",
    )  # fmt: skip
    unfit: list[Any] = [{}, {"embeddings": [[1]]}, {"embeddings": ["x", "y"]}, []]
    for bad in unfit:
        with pytest.raises(VendorError) as caught:
            run(ask(bad))
        assert caught.value.kind is ErrorKind.PROTOCOL


@needs_recordings
def test_cut_after_any_byte_is_interrupted() -> None:
    from apps.llm.vendors.ndjson import LineParser
    from apps.llm.vendors.ollama import OllamaEvents

    body = recorded("ollama")[0].body.rstrip()
    for at in range(len(body)):
        events, parser = OllamaEvents("m", ""), LineParser()
        for line in parser.feed(body[:at]):
            events.feed(line)
        with pytest.raises(VendorError) as caught:
            events.finished()
        assert caught.value.kind is ErrorKind.INTERRUPTED


def test_an_endless_line_is_a_protocol_error() -> None:
    with pytest.raises(VendorError) as caught:
        run(listen(Answer([b'{"x":"' + b"y" * 500_000] * 10, content_type="application/x-ndjson")))
    assert caught.value.kind is ErrorKind.PROTOCOL


def test_settings_stand_under_options() -> None:
    async def ask() -> dict[str, Any]:
        done = b'{"message":{"content":"Hi"},"done":true,"done_reason":"stop"}'
        async with Server([Answer([done], content_type="application/x-ndjson")]) as server:
            request = ChatRequest("m", ASKED.messages, temperature=0.5, max_tokens=9, stop=("END",), seed=7)
            endpoint = server.endpoint(api="native", context="8192")
            async for _ in vendor_for("ollama").stream(endpoint, request, QUICK):
                pass
            body: dict[str, Any] = orjson.loads(server.requests[0].body)
            return body

    assert run(ask()) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hello"}],
        "stream": True,
        "options": {"temperature": 0.5, "num_predict": 9, "stop": ["END"], "seed": 7, "num_ctx": 8192},
    }
