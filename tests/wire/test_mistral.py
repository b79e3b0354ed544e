"""What is Mistral's alone: its form, tool ids, reasoning sent back, lists, vectors; its recordings."""

from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from apps.llm.replay import Played, exchanges_of, play
from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    EmbeddingRequest,
    EmbeddingResult,
    ErrorKind,
    FilePart,
    Finished,
    ListedModel,
    Modality,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolSpec,
    Usage,
    VendorError,
)
from apps.llm.vendors.mistral.body import mistral_body
from apps.llm.vendors.mistral.models import mistral_models
from apps.llm.vendors.mistral.tool_ids import fitting_id
from apps.llm.vendors.mistral.vendor import Mistral
from tests.wire.conftest import run
from tests.wire.dialects.mistral import text
from tests.wire.replay import Answer, Server, needs_recordings, recorded, replayed
from tests.wire.speaking import asked

MISTRAL = Mistral()
THOUGHT = (
    "The user is asking for the product of 12 multiplied by 12. I know that 12 times 12 is a basic "
    "multiplication fact. Let me calculate it:\n\n12 * 12 = 144\n\nSo, the answer is 144."
)


def body_of(*messages: ChatMessage, model: str = "mistral-small-latest", **options: Any) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(mistral_body(ChatRequest(model, messages, **options)))
    return body


@needs_recordings
@pytest.mark.parametrize(
    ("name", "words", "thought", "finished"),
    [
        ("hybrid", "144", THOUGHT, Finished("stop", Usage(31, 66), "mistral-small-latest")),
        ("simple", "2", "", Finished("stop", Usage(22, 2), "mistral-large-latest")),
    ],
)
def test_recording_is_exact_and_asked_for_as_recorded(
    name: str, words: str, thought: str, finished: Finished
) -> None:
    (exchange,) = recorded("mistral", name)
    said = exchange.request
    messages = [
        ChatMessage.text(
            row["role"], row["content"] if isinstance(row["content"], str) else row["content"][0]["text"]
        )
        for row in said["messages"]
    ]
    request = ChatRequest(
        said["model"],
        tuple(messages),
        seed=said.get("random_seed"),
        reasoning_effort=said.get("reasoning_effort"),
    )
    heard, sent = asked(MISTRAL, replayed(exchange), request)
    assert (heard.text, heard.reasoning, heard.finished) == (words, thought, finished)
    flat = [{"role": message.role, "content": message.parts[0].text} for message in messages]  # type: ignore[union-attr]  # all words
    assert orjson.loads(sent.body) == said | {"messages": flat}


@needs_recordings
@pytest.mark.parametrize("name", ["hybrid", "simple"])
def test_cut_recording_is_interrupted_never_done(name: str) -> None:
    (exchange,) = recorded("mistral", name)
    end = exchange.body.index(b'"finish_reason":"stop"')
    for at in range(1, end, 97):
        with pytest.raises(VendorError) as caught:
            asked(MISTRAL, Answer([exchange.body[:at]]))
        assert caught.value.kind is ErrorKind.INTERRUPTED


def test_request_has_mistrals_path_key_and_form() -> None:
    request = ChatRequest(
        "mistral-small-latest",
        (ChatMessage.text("system", "Be brief."), ChatMessage.text("user", "Hi")),
        tools=(ToolSpec("look", "Looks.", {"type": "object"}),),
        tool_choice="required",
        temperature=0.5,
        top_p=0.9,
        max_tokens=99,
        stop=("END",),
        seed=7,
        reasoning_effort="none",
        extra={"safe_prompt": True, "messages": "never"},
    )
    _, sent = asked(MISTRAL, text("Half"), request)
    assert sent.path == "/v1/chat/completions"
    assert sent.headers["authorization"] == "Bearer sk-test-0123456789"
    assert orjson.loads(sent.body) == {
        "model": "mistral-small-latest",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        "stream": True,
        "tools": [
            {
                "type": "function",
                "function": {"name": "look", "description": "Looks.", "parameters": {"type": "object"}},
            }
        ],
        "tool_choice": "any",
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 99,
        "stop": ["END"],
        "random_seed": 7,
        "reasoning_effort": "none",
        "safe_prompt": True,
    }


@pytest.mark.parametrize("ident", ["call_7JushoGnc66EoT671ujI75xb", "toolu_01A", "", "ünïcödé"])
def test_foreign_tool_id_becomes_nine_characters_the_same_every_time(ident: str) -> None:
    fitted = fitting_id(ident)
    assert (len(fitted), fitted.isascii() and fitted.isalnum(), fitting_id(ident)) == (9, True, fitted)
    body = body_of(
        ChatMessage("assistant", (ToolCallPart(ident, "look", ""),)),
        ChatMessage("tool", (ToolResultPart(ident, "seen"),)),
    )
    called, result = body["messages"]
    assert called["tool_calls"][0]["id"] == result["tool_call_id"] == fitted
    assert called["tool_calls"][0]["function"]["arguments"] == "{}"


def test_own_tool_id_is_kept_and_two_ids_stay_two() -> None:
    assert fitting_id("9v45XkLNV") == "9v45XkLNV"
    assert len({fitting_id(f"call_{number}") for number in range(5000)}) == 5000


@pytest.mark.parametrize(
    ("model", "effort", "is_sent"),
    [
        ("mistral-small-latest", "high", True),
        ("magistral-medium-latest", None, True),
        ("mistral-small-latest", None, False),
        ("mistral-small-latest", "none", False),
    ],
)
def test_reasoning_goes_back_to_models_that_reason(model: str, effort: str | None, is_sent: bool) -> None:
    said = ChatMessage("assistant", (ReasoningPart("Hm."), TextPart("Hi.")))
    body = body_of(said, model=model, reasoning_effort=effort)
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    content = [thinking, {"type": "text", "text": "Hi."}] if is_sent else "Hi."
    assert body["messages"] == [{"role": "assistant", "content": content}]


@pytest.mark.parametrize(
    ("model", "effort", "asked_for"),
    [
        ("mistral-small-latest", "low", "high"),
        ("mistral-large-4-0", "low", "low"),
        ("mistral-medium-3-5", "minimal", "none"),
        ("magistral-medium-latest", "high", None),
        ("mistral-small-latest", None, None),
    ],
)
def test_reasoning_effort_in_mistrals_words(model: str, effort: str | None, asked_for: str | None) -> None:
    assert (
        body_of(ChatMessage.text("user", "x"), model=model, reasoning_effort=effort).get("reasoning_effort")
        == asked_for
    )


def test_text_file_is_read_into_the_prompt() -> None:
    body = body_of(ChatMessage("user", (TextPart("Sum up."), FilePart("a.md", "text/markdown", b"# Hi"))))
    assert body["messages"][0]["content"] == "Sum up.a.md:\n# Hi\n"


def test_named_tool_is_asked_for() -> None:
    tool = ToolSpec("look", "Looks.", {})
    body = body_of(ChatMessage.text("user", "x"), tools=(tool,), tool_choice="look")
    assert body["tool_choice"] == {"type": "function", "function": {"name": "look"}}


def test_list_leaves_out_what_only_reads_or_judges() -> None:
    def row(name: str, **abilities: bool) -> dict[str, Any]:
        return {"id": name, "object": "model", "capabilities": abilities, "max_context_length": 32768}

    rows = [
        row("mistral-small-latest", completion_chat=True, vision=True),
        row("mistral-embed", completion_chat=False),
        row("mistral-moderation-latest", completion_chat=False),
        row("mistral-ocr-latest", completion_chat=True),
        row("codestral-fim", completion_chat=False, completion_fim=True),
        row("voxtral-mini-transcribe", completion_chat=False, audio_transcription=True),
        {"id": "ft:mine"},
    ]
    assert mistral_models({"object": "list", "data": rows}) == [
        ListedModel("mistral-small-latest", Modality.CHAT, 32768),
        ListedModel("mistral-embed", Modality.EMBEDDING, 32768),
        ListedModel("voxtral-mini-transcribe", Modality.SPEECH, 32768),
        ListedModel("ft:mine", Modality.CHAT),
    ]


def test_vectors() -> None:
    rows = [{"index": 1, "embedding": [0, 1]}, {"index": 0, "embedding": [1, 0.5]}]
    usage = {"prompt_tokens": 6, "total_tokens": 6, "completion_tokens": 0}
    answer = Answer(
        [orjson.dumps({"model": "mistral-embed", "data": rows, "usage": usage})],
        content_type="application/json",
    )

    async def ask() -> tuple[EmbeddingResult, str, Any]:
        async with Server([answer]) as server:
            request = EmbeddingRequest("codestral-embed", ("a", "b"), dimensions=2)
            result = await MISTRAL.embed(server.endpoint(), request)
            return result, server.requests[0].path, orjson.loads(server.requests[0].body)

    result, path, body = run(ask())
    assert (result.vectors, result.usage) == ([[1.0, 0.5], [0.0, 1.0]], Usage(6, 0))
    assert (path, body) == (
        "/v1/embeddings",
        {"model": "codestral-embed", "input": ["a", "b"], "output_dimension": 2},
    )


def test_recording_with_typed_bodies_is_played(tmp_path: Path) -> None:
    message = {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
            {"type": "text", "text": "Hi."},
        ],
        "tool_calls": None,
    }
    said = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "model": "magistral"}
    url = "https://api.mistral.ai/v1/chat/completions"
    item = {
        "request": {
            "method": "POST",
            "uri": url,
            "body": {"type": "json", "content": {"model": "magistral"}},
        },
        "response": {
            "status": 200,
            "headers": {"content-type": ["application/json"]},
            "body": {"type": "json", "content": said},
        },
    }
    path = tmp_path / "typed.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "interactions": [item]}), "utf-8")

    async def played() -> list[Played]:
        return [row async for row in play(exchanges_of(path))]

    (row,) = run(played())
    assert (row.vendor, row.text, row.reasoning, row.finish) == ("mistral", "Hi.", "Hm.", "stop")
