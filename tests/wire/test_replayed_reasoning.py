"""What a model thought goes back as it came, in its order, to its own vendor and family; to others never.

Each case: an answer of the first turn in the vendor's dialect, what the chat stores of it, and what the
request of the second turn holds.
"""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from apps.chat import parts
from apps.chat.prompting import Grounding, Room, Turn, build
from apps.llm.sealing import MOST_CHARACTERS, SEALS, keep_seal
from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    ReasoningDelta,
    ReasoningPart,
    TextDelta,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from apps.llm.vendors.registry import vendor_for
from tests.wire.conftest import QUICK, run
from tests.wire.dialects import anthropic, bedrock, chat, google, mistral, responses
from tests.wire.replay import Answer, Server

ASKED = ChatMessage.text("user", "And?")


@dataclass
class Run:
    """As much of a run as the keeping of seals needs."""

    said: str = ""
    thought: str = ""
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """`others` are models, of the same vendor too, that must not see what was sealed."""

    slug: str
    model: str
    answer: Answer = field(repr=False)
    replayed: Any = field(repr=False)
    others: tuple[tuple[str, str], ...] = ()
    settings: dict[str, str] = field(default_factory=dict)


def summary(index: int, ident: str, *texts: str) -> list[bytes]:
    item = {"id": ident, "type": "reasoning", "summary": []}
    delta, added = "response.reasoning_summary_text.delta", "response.reasoning_summary_part.added"
    said = [{"type": "summary_text", "text": text} for text in texts]
    pieces = [
        piece
        for at, text in enumerate(texts)
        for piece in (
            responses.event(added, output_index=index, summary_index=at),
            responses.event(delta, output_index=index, summary_index=at, delta=text),
        )
    ]
    done = item | {"summary": said, "encrypted_content": f"blob-{ident}"}
    return [
        responses.event("response.output_item.added", output_index=index, item=item),
        *pieces,
        responses.event("response.output_item.done", output_index=index, item=done),
    ]


def reasoning_item(ident: str, *texts: str) -> dict[str, Any]:
    said = [{"type": "summary_text", "text": text} for text in texts]
    return {"type": "reasoning", "id": ident, "summary": said, "encrypted_content": f"blob-{ident}"}


def thinking(index: int, text: str, signature: str) -> list[bytes]:
    return anthropic.block(
        index,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": text},
        {"type": "signature_delta", "signature": signature},
    )


def detail(kind: str, index: int, **fields: Any) -> dict[str, Any]:
    return {"type": f"reasoning.{kind}", "format": "anthropic-claude-v1", "index": index, **fields}


EVERYWHERE = (
    ("openai", "gpt-5.5"),
    ("anthropic", "claude-sonnet-4-6"),
    ("google", "gemini-3-flash"),
    ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ("mistral", "magistral-medium-latest"),
    ("deepseek", "deepseek-reasoner"),
    ("openrouter", "anthropic/claude-sonnet-4.5"),
    ("databricks", "databricks-claude-sonnet-4"),
    ("cohere", "command-a-reasoning-08-2025"),
    ("openai_compatible", "any"),
)
SUMMED = [{"type": "summary_text", "text": "Hm. ", "signature": "s1"}]
CASES = (
    Case(
        "anthropic",
        "claude-haiku-4-5",
        anthropic.answer(
            *thinking(0, "First.", "c2lnMQ=="),
            *anthropic.block(1, {"type": "redacted_thinking", "data": "aGlkZGVu"}),
            *anthropic.words(2, "Half, ", "then "),
            *thinking(3, "Second.", "c2lnMg=="),
            *anthropic.words(4, "whole."),
            *anthropic.end("end_turn"),
        ),
        [
            {"type": "thinking", "thinking": "First.", "signature": "c2lnMQ=="},
            {"type": "redacted_thinking", "data": "aGlkZGVu"},
            {"type": "text", "text": "Half, then "},
            {"type": "thinking", "thinking": "Second.", "signature": "c2lnMg=="},
            {"type": "text", "text": "whole."},
        ],
    ),
    Case(
        "bedrock",
        "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
        bedrock.answer(
            *bedrock.deltas(
                0, {"reasoningContent": {"text": "First."}}, {"reasoningContent": {"signature": "c2lnMQ=="}}
            ),
            *bedrock.deltas(1, {"reasoningContent": {"redactedContent": "aGlkZGVu"}}),
            *bedrock.words(2, "Half, ", "then whole."),
            *bedrock.end("end_turn"),
        ),
        [
            {"reasoningContent": {"reasoningText": {"text": "First.", "signature": "c2lnMQ=="}}},
            {"reasoningContent": {"redactedContent": "aGlkZGVu"}},
            {"text": "Half, then whole."},
        ],
        others=(("bedrock", "eu.amazon.nova-2-lite-v1:0"),),
    ),
    Case(
        "openai",
        "gpt-5.5",
        responses.answer(
            *summary(0, "rs_1", "One.", "Two."),
            *responses.words(1, "Half, ", "then "),
            *summary(2, "rs_2"),
            *responses.words(3, "whole."),
            responses.end(),
        ),
        [
            reasoning_item("rs_1", "One.", "Two."),
            {"role": "assistant", "content": "Half, then "},
            reasoning_item("rs_2"),
            {"role": "assistant", "content": "whole."},
        ],
        others=(("openai", "gpt-4.1"), ("xai", "grok-4")),
        settings={"api": "responses"},
    ),
    Case(
        "google",
        "gemini-3-pro",
        Answer(
            [
                google.chunk({"text": "Hm.", "thought": True}),
                google.chunk({"text": "Half, "}),
                google.chunk({"text": "then whole.", "thoughtSignature": "dGV4dA=="}),
                google.chunk({"text": "", "thoughtSignature": "YWxvbmU="}, finish="STOP"),
            ]
        ),
        [
            {"text": "Half, then whole.", "thoughtSignature": "dGV4dA=="},
            {"text": "", "thoughtSignature": "YWxvbmU="},
        ],
    ),
    Case(
        "mistral",
        "magistral-medium-latest",
        Answer(
            [
                mistral.thought("First.", is_closed=True),
                mistral.chunk({"content": "Half, then "}),
                mistral.thought("Second.", is_closed=True),
                mistral.chunk({"content": "whole."}),
                mistral.chunk({"content": ""}, "stop"),
                mistral.DONE,
            ]
        ),
        [
            {"type": "thinking", "thinking": [{"type": "text", "text": "First."}]},
            {"type": "text", "text": "Half, then "},
            {"type": "thinking", "thinking": [{"type": "text", "text": "Second."}]},
            {"type": "text", "text": "whole."},
        ],
        others=(("mistral", "mistral-small-latest"),),
    ),
    Case(
        "deepseek",
        "deepseek-reasoner",
        chat.answer(chat.delta(reasoning_content="First."), *chat.words("Half, ", "then whole.")),
        {"role": "assistant", "content": "Half, then whole.", "reasoning_content": "First."},
        others=(("deepseek", "other-chat"),),
    ),
    Case(
        "openrouter",
        "anthropic/claude-haiku-4.5",
        chat.answer(
            chat.delta(reasoning="Fir", reasoning_details=[detail("text", 0, text="Fir")]),
            chat.delta(reasoning="st.", reasoning_details=[detail("text", 0, text="st.")]),
            chat.delta(reasoning_details=[detail("text", 0, signature="c2lnMQ==")]),
            chat.delta(reasoning_details=[detail("encrypted", 1, data="aGlkZGVu", id="r1")]),
            *chat.words("Half, ", "then whole."),
        ),
        {
            "role": "assistant",
            "content": "Half, then whole.",
            "reasoning_details": [
                detail("text", 0, text="First.", signature="c2lnMQ=="),
                detail("encrypted", 1, data="aGlkZGVu", id="r1"),
            ],
        },
        others=(("openrouter", "openai/gpt-5.5"), ("openrouter", "google/gemini-3-pro")),
    ),
    Case(
        "databricks",
        "databricks-claude-sonnet-4",
        chat.answer(
            chat.delta(content=[{"type": "reasoning", "summary": SUMMED}]),
            chat.delta(content=[{"type": "text", "text": "Half, then whole."}]),
        ),
        {
            "role": "assistant",
            "content": [
                {"type": "reasoning", "summary": SUMMED},
                {"type": "text", "text": "Half, then whole."},
            ],
        },
        others=(("databricks", "databricks-gpt-oss-120b"),),
    ),
)
each = pytest.mark.parametrize("case", CASES, ids=[case.slug for case in CASES])


async def asked(slug: str, request: ChatRequest, answer: Answer, settings: dict[str, str], into: Run) -> Any:
    """The body of the request; what came is kept as a reply keeps it."""
    async with Server([answer]) as server:
        async for delta in vendor_for(slug).stream(server.endpoint(**settings), request, QUICK):
            match delta:
                case TextDelta(text):
                    into.said += text
                case ReasoningDelta(text, signature):
                    into.thought += text
                    if signature:
                        keep_seal(into, signature)  # type: ignore[arg-type]  # it has what is needed
        return json.loads(server.requests[0].body)


def stored(case: Case) -> tuple[parts.Part, ...]:
    """The parts of the first turn's answer as they come back from the database."""
    first = Run()
    request = ChatRequest(case.model, (ASKED,), reasoning_effort="high")
    run(asked(case.slug, request, case.answer, case.settings, first))
    assert "Half, then whole." in first.said
    made = parts.arranged(first.thought, first.said, first.result[SEALS])
    return parts.load(json.loads(json.dumps(parts.dump(made))))


def second_turn(slug: str, model: str, made: tuple[parts.Part, ...], settings: dict[str, str]) -> Any:
    """The body of the next request of the same chat, to this model."""
    turns = [Turn("user", "?"), Turn("assistant", parts.text_of(made), made), Turn("user", "And?")]
    room = Room(200_000, 4_096)
    prompt = build(turns=turns, passages=[], grounding=Grounding.NONE, room=room, today=date(2026, 11, 22))
    answer = next(d.text for d in ANSWERS if d.vendor.slug == slug) if slug in SPOKEN else chat.answer()
    request = ChatRequest(model, prompt.messages, reasoning_effort="high")
    return run(asked(slug, request, answer, settings, Run()))


ANSWERS = (*anthropic.DIALECTS, *bedrock.DIALECTS, *google.DIALECTS, *responses.DIALECTS)
SPOKEN = frozenset(dialect.vendor.slug for dialect in ANSWERS)


def answers_in(slug: str, body: Any) -> Any:
    """The earlier answer as the body has it."""
    if "contents" in body:
        return body["contents"][1]["parts"]
    if "input" in body:
        return [item for item in body["input"] if item.get("role") not in {"user", "system"}]
    found = next(message for message in body["messages"] if message["role"] == "assistant")
    return found["content"] if slug in {"anthropic", "bedrock", "mistral"} else found


@each
def test_the_second_turn_sends_back_what_the_first_one_thought(case: Case) -> None:
    body = second_turn(case.slug, case.model, stored(case), case.settings)
    assert answers_in(case.slug, body) == case.replayed


@each
def test_no_other_vendor_and_no_other_family_sees_it(case: Case) -> None:
    made = stored(case)
    elsewhere = [(slug, model) for slug, model in EVERYWHERE if slug != case.slug]
    for slug, model in (*case.others, *elsewhere):
        if slug == "cohere":
            continue
        body = json.dumps(second_turn(slug, model, made, case.settings if slug == "openai" else {}))
        for secret in ("c2lnMQ", "aGlkZGVu", "blob-rs", "dGV4dA", "YWxvbmU", "First.", "One.", "s1", "Hm."):
            assert secret not in body, (slug, model)
        assert "Half, then " in body
        assert "whole." in body


@each
def test_people_see_the_words_and_never_what_is_sealed(case: Case) -> None:
    made = stored(case)
    shown = [part for part in made if not parts.is_hidden(part)]
    assert all(isinstance(part, parts.Text | parts.Reasoning) and part.text for part in shown)
    assert parts.text_of(made) == "Half, then whole."


def test_thoughts_lost_between_a_call_and_its_result_switch_thinking_off() -> None:
    """Anthropic refuses such a request; without thinking it answers."""
    history = (
        ASKED,
        ChatMessage("assistant", (ReasoningPart("Foreign."), ToolCallPart("t1", "look", "{}"))),
        ChatMessage("tool", (ToolResultPart("t1", "rain"),)),
    )
    for slug, model in (("anthropic", "claude-haiku-4-5"), EVERYWHERE[3]):
        request = ChatRequest(model, history, reasoning_effort="high")
        answer = next(d.text for d in ANSWERS if d.vendor.slug == slug)
        body = run(asked(slug, request, answer, {}, Run()))
        assert "thinking" not in json.dumps(body)


def test_what_google_adds_to_a_call_in_openais_shape_goes_back_with_it() -> None:
    extra = {"google": {"thought_signature": "c2ln"}}
    raw = {"index": 0, "id": "c1", "type": "function", "extra_content": extra}
    events = [chat.delta(tool_calls=[raw | {"function": {"name": "look", "arguments": "{}"}}])]

    async def listen() -> Any:
        async with Server([chat.answer(*events, finish="tool_calls")]) as server:
            vendor, endpoint = vendor_for("openai_compatible"), server.endpoint()
            request = ChatRequest("gemini-3", (ASKED,))
            deltas = [delta async for delta in vendor.stream(endpoint, request, QUICK)]
            call = ToolCallPart("c1", "look", "{}", getattr(deltas[0], "signature", ""))
            history = (ASKED, ChatMessage("assistant", (call,)))
            async for _ in vendor.stream(endpoint, ChatRequest("gemini-3", history), QUICK):
                pass
            async for _ in vendor.stream(endpoint, ChatRequest("other", history), QUICK):
                pass
        return [json.loads(request.body)["messages"][1]["tool_calls"][0] for request in server.requests[1:]]

    again, elsewhere = run(listen())
    assert again["extra_content"] == extra
    assert "extra_content" not in elsewhere


def test_a_host_that_sends_seals_without_end_is_not_kept_whole() -> None:
    kept = Run()
    for _ in range(3):
        keep_seal(kept, "x" * (MOST_CHARACTERS // 2))  # type: ignore[arg-type]  # it has what is needed
    assert len(kept.result[SEALS]) == 2


def test_an_answer_without_seals_goes_back_as_words() -> None:
    made = parts.arranged("Hm.", "Hello.", [])
    turn = Turn("assistant", "Hello.", made)
    assert made == (parts.Reasoning("Hm."), parts.Text("Hello."))
    assert turn.message() == ChatMessage("assistant", (TextPart("Hello."),))
