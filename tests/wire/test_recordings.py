"""Every recording of an OpenAI-shaped host gives exactly what was said there."""

import random
from collections.abc import Callable, Iterator

import orjson
import pytest

from apps.llm.vendors.base import (
    ChatRequest,
    EmbeddingRequest,
    ErrorKind,
    Finished,
    ListedModel,
    Modality,
    Usage,
    VendorError,
)
from apps.llm.vendors.chat_events import ChatEvents
from apps.llm.vendors.errors import error_of_response
from apps.llm.vendors.registry import vendor_for
from apps.llm.vendors.sse import EventParser
from tests.wire.conftest import listen, run
from tests.wire.replay import Answer, Exchange, Heard, Server, needs_recordings, recorded, replayed, split_at

pytestmark = needs_recordings

GPT = "gpt-5.4-2026-03-05"
JOKE = (
    "A joke about OpenTelemetry!\n\nWhy did the OpenTelemetry Span go to therapy?\n\nBecause it was feeling "
    '"traced" out and needed to "inject" some self-care into its life!\n\n(Sorry, it\'s a bit of a " '
    'instrumentation"-ally-challenged joke, but I hope it "exposes" a smile on your face!)'
)
DATE_CALL = {0: ("call_7JushoGnc66EoT671ujI75xb", "get_current_date", "{}")}
DATE_CALL_2 = {0: ("call_Nxh3cIHW1ucUjXT8a2rEqSWz", "get_current_date2", "{}")}
SAID = [
    (
        "openai_chat",
        "chatlas",
        0,
        Heard(calls=DATE_CALL, finished=Finished("tool_calls", Usage(139, 14), GPT)),
    ),
    ("openai_chat", "chatlas", 1, Heard("2024-01-01", finished=Finished("stop", Usage(171, 9), GPT))),
    (
        "openai_chat",
        "chatlas",
        2,
        Heard(calls=DATE_CALL_2, finished=Finished("tool_calls", Usage(140, 15), GPT)),
    ),
    ("openai_chat", "chatlas", 3, Heard("2024-01-01", finished=Finished("stop", Usage(174, 9), GPT))),
    (
        "openai_chat",
        "llm__",
        0,
        Heard(
            calls={0: ("0", "llm_version", "{}")},
            finished=Finished("tool_calls", Usage(57, 17), "moonshotai/kimi-k2"),
        ),
    ),
    (
        "openai_chat",
        "llm__",
        1,
        Heard(
            "The current version of *llm* is **0.fixed-version**.",
            finished=Finished("stop", Usage(107, 15), "moonshotai/kimi-k2"),
        ),
    ),
    (
        "deepseek",
        "",
        0,
        Heard(
            "2",
            'We need to answer "What is 1 + 1?" very tersely, no punctuation. So just "2"',
            finished=Finished("stop", Usage(21, 27, reasoning_tokens=25), "deepseek-v4-flash"),
        ),
    ),
    ("huggingface", "", 0, Heard("2", finished=Finished("stop", Usage(51, 2), "llama3.1-8b"))),
    (
        "openrouter",
        "",
        0,
        Heard("1\n2\n3", finished=Finished("stop", Usage(15, 9), "anthropic/claude-4.5-haiku-20251001")),
    ),
    ("groq", "", 0, Heard(JOKE, finished=Finished("stop", Usage(18, 73), "llama3-8b-8192"))),
    (
        "databricks",
        "",
        0,
        Heard("2", finished=Finished("stop", Usage(26, 5), "us.anthropic.claude-3-7-sonnet-20250219-v1:0")),
    ),
    (
        "mistral",
        "hybrid",
        0,
        Heard(
            "144",
            "The user is asking for the product of 12 multiplied by 12. I know that 12 times 12 is a basic "
            "multiplication fact. Let me calculate it:\n\n12 * 12 = 144\n\nSo, the answer is 144.",
            finished=Finished("stop", Usage(31, 66), "mistral-small-latest"),
        ),
    ),
    ("mistral", "simple", 0, Heard("2", finished=Finished("stop", Usage(22, 2), "mistral-large-latest"))),
]
NAMES = [f"{folder}-{name}{index}" for folder, name, index, _ in SAID]


def same(heard: Heard, expected: Heard) -> None:
    heard.deltas = expected.deltas = 0
    assert heard == expected


@pytest.mark.parametrize(("folder", "name", "index", "expected"), SAID, ids=NAMES)
def test_recording_gives_exact_text_reasoning_calls_usage_and_end(
    folder: str, name: str, index: int, expected: Heard
) -> None:
    same(run(listen(replayed(recorded(folder, name)[index]))), expected)


@pytest.mark.parametrize(("folder", "name", "index", "expected"), SAID, ids=NAMES)
def test_random_chunk_boundaries_change_nothing(folder: str, name: str, index: int, expected: Heard) -> None:
    exchange = recorded(folder, name)[index]
    chance = random.Random(f"{folder}{index}")
    positions = [chance.randrange(1, len(exchange.body)) for _ in range(40)]
    same(run(listen(replayed(exchange, split_at(positions)))), expected)


def heard_from(pieces: Iterator[bytes] | list[bytes]) -> Heard:
    """What the parsers alone make of the pieces, without a socket."""
    heard, events, parser = Heard(), ChatEvents("asked-model", ""), EventParser()
    found = [data for piece in pieces for data in parser.feed(piece)] + parser.close()
    for data in found:
        if data == b"[DONE]":
            events.marked = True
            break
        for delta in events.feed(data):
            heard.add(delta)
    heard.add(events.finished())
    return heard


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize(("folder", "name", "index", "expected"), SAID, ids=NAMES)
def test_a_cut_at_every_byte_gives_the_same_answer(
    folder: str, name: str, index: int, expected: Heard, newline: bytes
) -> None:
    body = recorded(folder, name)[index].body.replace(b"\n", newline)
    step = max(1, len(body) // 1500)
    same(heard_from([body[at : at + 1] for at in range(len(body))]), expected)
    for at in range(0, len(body), step):
        same(heard_from([body[:at], body[at:]]), expected)


def last_event(exchange: Exchange) -> int:
    """Where the event with the finish reason begins."""
    marks = [b'"finish_reason":"', b'"finish_reason": "']
    found = [at for mark in marks if (at := exchange.body.find(mark)) >= 0]
    return exchange.body.rfind(b"data:", 0, found[0])


ENDED = [case for case in SAID if case[:3] != ("openai_chat", "llm__", 0)]


@pytest.mark.parametrize("ending", ["whole", "cut", "reset"])
@pytest.mark.parametrize(
    ("folder", "name", "index", "expected"), ENDED, ids=[n for n in NAMES if n != "openai_chat-llm__0"]
)
def test_cut_stream_is_interrupted_never_done(
    folder: str, name: str, index: int, expected: Heard, ending: str, heard: Heard
) -> None:
    exchange = recorded(folder, name)[index]
    body = exchange.body[: last_event(exchange)]
    answer = Answer([body], ending=ending)  # type: ignore[arg-type]  # parametrised over the literal's values
    with pytest.raises(VendorError) as caught:
        run(listen(answer, heard=heard))
    assert caught.value.kind is ErrorKind.INTERRUPTED
    assert caught.value.retryable is (heard.deltas == 0)
    assert heard.finished is None
    assert expected.text.startswith(heard.text)


ERRORS: list[tuple[str, ErrorKind]] = [
    ("otel-contrib__test_chat_completion_404", ErrorKind.NOT_FOUND),
    ("anthropic_claude-haiku-4-5_raises_appropriate_auth", ErrorKind.AUTHENTICATION),
    ("gemini_gemini-2_5-flash_raises_appropriate_auth", ErrorKind.AUTHENTICATION),
    ("openai_gpt-5-nano_raises_appropriate_auth", ErrorKind.AUTHENTICATION),
    ("xai_grok-4-1-fast-non-reasoning_raises_appropriate_auth", ErrorKind.AUTHENTICATION),
    ("anthropic_claude-haiku-4-5_handles_context", ErrorKind.CONTEXT_OVERFLOW),
    ("bedrock_amazon_nova-2-lite-v1_0_handles_context", ErrorKind.CONTEXT_OVERFLOW),
    ("openai_gpt-5-nano_handles_context", ErrorKind.CONTEXT_OVERFLOW),
]


@pytest.mark.parametrize(("name", "kind"), ERRORS)
def test_recorded_error_has_its_kind(name: str, kind: ErrorKind) -> None:
    (exchange,) = recorded("errors", name)
    found = error_of_response(exchange.status, exchange.headers, exchange.body)
    assert (found.kind, found.retryable, found.retry_after) == (kind, False, None)
    with pytest.raises(VendorError) as caught:
        run(listen(replayed(exchange)))
    assert caught.value.kind is kind


def test_bedrock_wrong_model_is_not_found() -> None:
    (exchange,) = recorded("bedrock", "invalid_model")
    assert error_of_response(exchange.status, exchange.headers, exchange.body).kind is ErrorKind.NOT_FOUND


def test_openai_model_list() -> None:
    exchange = recorded("models_list", "openai")[0]

    async def listed() -> list[ListedModel]:
        async with Server([replayed(exchange)]) as server:
            return await vendor_for("openai_compatible").list_models(server.endpoint())

    models = run(listed())
    rows = orjson.loads(exchange.body)["data"]
    assert [model.id for model in models] == [row["id"] for row in rows]
    by_id = {model.id: model.modality for model in models}
    assert by_id["text-embedding-3-small"] is Modality.EMBEDDING
    assert by_id["whisper-1"] is Modality.SPEECH
    assert by_id["gpt-4o"] is Modality.CHAT


def embedded(answer: Answer, texts: tuple[str, ...]) -> tuple[list[list[float]], Usage | None, str]:
    async def ask() -> tuple[list[list[float]], Usage | None, str]:
        async with Server([answer]) as server:
            request = EmbeddingRequest("text-embedding-3-small", texts)
            result = await vendor_for("openai_compatible").embed(server.endpoint(), request)
            sent = orjson.loads(server.requests[0].body)
            assert sent["input"] == list(texts)
            return result.vectors, result.usage, result.model

    return run(ask())


def test_recorded_embedding_in_base64_and_as_floats() -> None:
    exchange = recorded("embeddings", "pydantic-ai")[0]
    vectors, usage, model = embedded(replayed(exchange), ("Hello, world!",))
    assert (len(vectors), len(vectors[0]), usage, model) == (1, 1536, Usage(4, 0), "text-embedding-3-small")
    assert sum(value * value for value in vectors[0]) == pytest.approx(1.0, abs=1e-3)
    floats = orjson.loads(exchange.body)
    floats["data"][0]["embedding"] = vectors[0]
    again = Answer([orjson.dumps(floats)], content_type="application/json")
    assert embedded(again, ("Hello, world!",)) == (vectors, usage, model)


def test_request_of_the_recording_is_what_we_send() -> None:
    exchange = recorded("openai_chat", "llm__")[0]
    asked = exchange.request
    sent: list[dict[str, object]] = []

    async def ask(build: Callable[[], ChatRequest]) -> None:
        async with Server([replayed(exchange)]) as server:
            async for _ in vendor_for("openai_compatible").stream(server.endpoint(), build()):
                pass
            sent.append(orjson.loads(server.requests[0].body))

    from apps.llm.vendors.base import ChatMessage, ToolSpec

    tool = asked["tools"][0]["function"]
    request = ChatRequest(
        asked["model"],
        (ChatMessage.text("user", asked["messages"][0]["content"]),),
        tools=(ToolSpec(tool["name"], tool["description"], tool["parameters"]),),
    )
    run(ask(lambda: request))
    assert sent == [asked]
