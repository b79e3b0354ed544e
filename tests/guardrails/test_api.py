"""Policies before /v1, by the official client."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.api.conftest import Api, api
from tests.guardrails.policies import IBAN, MAIL, WORDS, policy_make, rule
from tests.guardrails.test_chat import echo
from tests.llm.host import Answer
from tests.processes import product

__all__ = ["api", "product"]


def ask(api: Api, text: str, **options: Any) -> Any:
    messages: Any = [{"role": "user", "content": text}]
    return api.client().chat.completions.create(model="big-model", messages=messages, **options)


def test_masked_on_the_way_out_and_restored_whole_and_in_a_stream(api: Api) -> None:
    policy_make(api.connected.cast, rule("mask", "email", "iban"))
    api.connected.host.answer_for = echo
    text = f"Pay {IBAN} and tell {MAIL} (EMAIL_1)."
    assert ask(api, text).choices[0].message.content == text
    said = "".join(chunk.choices[0].delta.content or "" for chunk in ask(api, text, stream=True))
    assert said == text
    sent = str([asked.body for asked in api.connected.host.asked])
    assert "example.com" not in sent
    assert "0532" not in sent


def test_blocked_with_the_rules_words(api: Api) -> None:
    policy_make(api.connected.cast, rule("block"))
    with pytest.raises(openai.BadRequestError) as refused:
        ask(api, f"Mail {MAIL}")
    assert refused.value.code == "content_filter"
    assert WORDS in refused.value.message
    assert api.connected.host.asked == []


def test_a_stream_that_a_rule_stops_ends_with_its_words(api: Api) -> None:
    policy_make(api.connected.cast, rule("block", direction="in"))
    api.connected.host.answers[:] = [Answer(texts=("So: ", f"ask {MAIL} now. " * 10))]
    with pytest.raises(openai.APIError) as stopped:
        list(ask(api, "Whom?", stream=True))
    assert WORDS in str(stopped.value)


def test_a_rule_that_asks_names_itself_and_the_header_that_says_yes(api: Api) -> None:
    policy = policy_make(api.connected.cast, rule("warn"))
    with pytest.raises(openai.BadRequestError) as refused:
        ask(api, f"Mail {MAIL}")
    rule_id = policy.rules[0]["id"]
    assert refused.value.code == "confirmation_required"
    assert f"Atrium-Confirm: {rule_id}" in refused.value.message
    assert api.connected.host.asked == []
    said = ask(api, f"Mail {MAIL}", extra_headers={"Atrium-Confirm": rule_id})
    assert said.choices[0].message.content == "Hello world"


def test_a_programs_own_tools_get_what_it_sent_and_embeddings_get_none_of_it(api: Api) -> None:
    policy_make(api.connected.cast, rule("mask"))
    call = {"index": 0, "id": "c1", "function": {"name": "send", "arguments": '{"to":"[EMAIL_1]"}'}}
    api.connected.host.answers[:] = [
        Answer(texts=(), deltas=({"tool_calls": [call]},), finish="tool_calls"),
        Answer(),
    ]
    tools: Any = [{"type": "function", "function": {"name": "send", "parameters": {"type": "object"}}}]
    said = ask(api, f"Mail {MAIL}", tools=tools)
    assert said.choices[0].message.tool_calls[0].function.arguments == f'{{"to":"{MAIL}"}}'
    api.client().embeddings.create(model="text-embedding-tiny", input=[f"Mail {MAIL}"])
    assert api.connected.host.asked[-1].body["input"] == ["Mail [EMAIL]"]
