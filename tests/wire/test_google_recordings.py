"""Gemini and Vertex as recorded, whole and cut anywhere; lists of models; vectors."""

from typing import Any

import orjson
import pytest

from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    EmbeddingRequest,
    EmbeddingResult,
    ErrorKind,
    Finished,
    ListedModel,
    Modality,
    ToolCallPart,
    Usage,
    VendorError,
)
from apps.llm.vendors.google.body import generate_body
from apps.llm.vendors.google.events import GeminiEvents
from apps.llm.vendors.google.gemini import Gemini
from apps.llm.vendors.sse import EventParser
from tests.wire.conftest import ASKED, QUICK, run
from tests.wire.dialects.google import MODEL, chunk, text
from tests.wire.replay import Answer, Exchange, Heard, Server, needs_recordings, recorded, replayed
from tests.wire.speaking import asked

GEMINI = Gemini()
FLASH = "gemini-2.5-flash"
BERLIN = '{"latitude":"52.5200","longitude":"13.4050"}'
PARIS = '{"longitude":"2.3514","latitude":"48.8575"}'
PARIS_AT_VERTEX = '{"latitude":"48.8575","longitude":"2.3514"}'
THOUGHT = (
    '**Considering the Constraint**\n\nI\'m focusing intently on the "just the name" constraint. It demands '
    "a single, direct name; no fluff, no preliminaries. I'm actively suppressing any inclination to offer "
    "multiple options or explain my reasoning. This constraint is paramount.\n\n\n"
)
SAID: list[tuple[str, str, int, str, str, Finished]] = [
    ("gemini", "ruby", 0, BERLIN, "", Finished("tool_calls", Usage(103, 73, reasoning_tokens=43), FLASH)),
    (
        "gemini",
        "ruby",
        1,
        "",
        "The weather in Berlin is 15°C with a wind of 10 km/h.",
        Finished("stop", Usage(233, 21), FLASH),
    ),
    ("gemini", "ruby", 2, PARIS, "", Finished("tool_calls", Usage(238, 29), FLASH)),
    (
        "gemini",
        "ruby",
        3,
        "",
        "The weather in Paris is 15°C with a wind of 10 km/h.",
        Finished("stop", Usage(323, 95, reasoning_tokens=74), FLASH),
    ),
    (
        "gemini",
        "llm-",
        0,
        "",
        "Scoop",
        Finished("stop", Usage(11, 293, reasoning_tokens=291), MODEL),
    ),
    ("vertex", "", 1, BERLIN, "", Finished("tool_calls", Usage(70, 60, reasoning_tokens=43), FLASH)),
    (
        "vertex",
        "",
        2,
        "",
        "The weather in Berlin is 15°C with a wind speed of 10 km/h.",
        Finished("stop", Usage(170, 22), FLASH),
    ),
    (
        "vertex",
        "",
        3,
        PARIS_AT_VERTEX,
        "",
        Finished("tool_calls", Usage(174, 62, reasoning_tokens=46), FLASH),
    ),
    (
        "vertex",
        "",
        4,
        "",
        "The weather in Paris is 15°C with a wind speed of 10 km/h.",
        Finished("stop", Usage(318, 22), FLASH),
    ),
]
recordings = pytest.mark.parametrize(
    ("folder", "name", "index", "arguments", "words", "finished"),
    SAID,
    ids=[f"{folder}-{name}{index}" for folder, name, index, *_ in SAID],
)


def parsed(body: bytes) -> tuple[Heard, GeminiEvents]:
    """What the parsers alone make of a body, without a socket, up to its end."""
    heard, events, parser = Heard(), GeminiEvents("asked", ""), EventParser()
    whole = body.lstrip().startswith(b"[")
    for data in [body] if whole else [*parser.feed(body), *parser.close()]:
        for delta in events.feed(data):
            heard.add(delta)
    return heard, events


@needs_recordings
@recordings
def test_recording_is_exact(
    folder: str, name: str, index: int, arguments: str, words: str, finished: Finished
) -> None:
    exchange = recorded(folder, name)[index]
    heard, _ = asked(GEMINI, replayed(exchange))
    assert (heard.text, heard.finished) == (words, finished)
    assert [call[1:] for call in heard.calls.values()] == ([("weather", arguments)] if arguments else [])
    assert heard.reasoning == (THOUGHT if name == "llm-" else "")


def finish_at(exchange: Exchange) -> int:
    """Where the object that holds the finish reason is whole."""
    start = exchange.body.index(b'"finishReason"')
    body = exchange.body
    ends = [at + 1 for at in range(start, len(body)) if body[at : at + 1] == b"}"]
    return next(at for at in ends if parsed(body[:at])[1].reason is not None)


@needs_recordings
@recordings
def test_cut_after_every_byte_is_interrupted_never_done(
    folder: str, name: str, index: int, arguments: str, words: str, finished: Finished
) -> None:
    del arguments, finished
    exchange = recorded(folder, name)[index]
    end = finish_at(exchange)
    assert end >= len(exchange.body) - 8
    for at in range(end):
        heard, events = parsed(exchange.body[:at])
        assert words.startswith(heard.text)
        with pytest.raises(VendorError) as caught:
            events.finished()
        assert caught.value.kind is ErrorKind.INTERRUPTED
    assert parsed(exchange.body[:end])[0].text == words


@needs_recordings
def test_signature_of_a_recorded_call_goes_back_with_it_as_recorded() -> None:
    first, second = recorded("gemini", "ruby")[:2]

    async def signed() -> ToolCallPart:
        async with Server([replayed(first)]) as server:
            async for delta in Gemini().stream(server.endpoint(), ASKED, QUICK):
                return ToolCallPart(delta.id, delta.name, delta.arguments, delta.signature)  # type: ignore[union-attr]  # a call comes first
        raise AssertionError

    call = run(signed())
    request = ChatRequest(FLASH, (ChatMessage.text("user", "hi"), ChatMessage("assistant", (call,))))
    assert orjson.loads(generate_body(request))["contents"][1] == second.request["contents"][1]


def test_whole_answer_to_a_call_that_was_not_streamed() -> None:
    said = text("Hi", "!").body[-1].removeprefix(b"data: ")
    heard, _ = asked(GEMINI, Answer([said], content_type="application/json"))
    assert (heard.text, heard.finished and heard.finished.reason) == ("!", "stop")


def test_error_late_in_a_list_keeps_what_came_before() -> None:
    failed = b'{"error": {"code": 503, "message": "x", "status": "UNAVAILABLE"}}'
    body = b"[" + chunk({"text": "Half"}).removeprefix(b"data: ") + b",\r\n" + failed + b"]"
    heard, events = parsed(body)
    with pytest.raises(VendorError) as caught:
        events.finished()
    assert (heard.text, caught.value.kind) == ("Half", ErrorKind.UNAVAILABLE)


@needs_recordings
def test_recorded_list_of_models() -> None:
    first, second = recorded("models_list", "google")

    async def listed() -> tuple[list[ListedModel], list[str]]:
        async with Server([replayed(first), replayed(second)]) as server:
            found = await Gemini().list_models(server.endpoint())
            return found, [request.path for request in server.requests]

    models, paths = run(listed())
    token = orjson.loads(first.body)["nextPageToken"]
    assert paths == ["/v1/models?pageSize=1000", f"/v1/models?pageSize=1000&pageToken={token}"]
    by_id = {model.id: model for model in models}
    assert by_id["gemini-2.5-flash"] == ListedModel("gemini-2.5-flash", Modality.CHAT, 1048576)
    assert by_id["gemini-embedding-001"].modality is Modality.EMBEDDING
    assert by_id["imagen-4.0-generate-001"].modality is Modality.IMAGE
    assert by_id["gemini-2.5-flash-preview-tts"].modality is Modality.SPEECH
    assert by_id["gemini-2.5-flash-image"].modality is Modality.IMAGE
    assert "embedding-gecko-001" not in by_id


def embedded(count: int, **options: Any) -> tuple[EmbeddingResult, list[dict[str, Any]], str]:
    sizes = [min(100, count - start) for start in range(0, count, 100)]
    answers = [
        Answer(
            [orjson.dumps({"embeddings": [{"values": [0.5, -1]}] * size})], content_type="application/json"
        )
        for size in sizes
    ]

    async def ask() -> tuple[EmbeddingResult, list[dict[str, Any]], str]:
        async with Server(answers) as server:
            texts = tuple(f"text {number}" for number in range(count))
            result = await Gemini().embed(
                server.endpoint(), EmbeddingRequest("gemini-embedding-001", texts, **options)
            )
            return result, [orjson.loads(sent.body) for sent in server.requests], server.requests[0].path

    return run(ask())


@pytest.mark.parametrize(
    ("purpose", "task"), [("query", "RETRIEVAL_QUERY"), ("passage", "RETRIEVAL_DOCUMENT")]
)
def test_vectors_in_batches_of_a_hundred(purpose: Any, task: str) -> None:
    result, bodies, path = embedded(150, purpose=purpose, dimensions=2)
    assert (len(result.vectors), result.vectors[0], result.usage) == (150, [0.5, -1.0], None)
    assert path == "/v1/models/gemini-embedding-001:batchEmbedContents"
    assert [len(body["requests"]) for body in bodies] == [100, 50]
    assert bodies[1]["requests"][0] == {
        "model": "models/gemini-embedding-001",
        "taskType": task,
        "outputDimensionality": 2,
        "content": {"parts": [{"text": "text 100"}]},
    }
