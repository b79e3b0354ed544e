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
from tests.wire.dialects import anthropic, bedrock, chat, google, responses
from tests.wire.replay import Answer, Server
from tests.wire.thoughts import ASKED, CASES, Case


@dataclass
class Run:
    """As much of a run as the keeping of seals needs."""

    said: str = ""
    thought: str = ""
    result: dict[str, Any] = field(default_factory=dict)


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
