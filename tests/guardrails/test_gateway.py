"""Policies at the one door: what the recording host receives, what comes back, what is noted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.guardrails.policies import IBAN, MAIL, WORDS, hits, policy_make, rule
from tests.llm.conftest import Connected, Said, ledger
from tests.llm.host import Answer

if TYPE_CHECKING:
    import pytest

Say = Callable[..., Said]


def asked(text: str, **changes: Any) -> Any:
    from apps.llm.vendors.base import ChatMessage, ChatRequest

    return ChatRequest("", (ChatMessage.text("user", text),), **changes)


def received(connected: Connected) -> str:
    return str([each.body for each in connected.host.asked])


def noted(connected: Connected, least: int = 1) -> list[tuple[str, str, dict[str, int], bool]]:
    """What was noted, once that many are there."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and len(found := hits(connected.cast)) < least:
        time.sleep(0.02)
    return [(each.action, each.outcome, each.kinds, each.is_shadow) for each in found]


def test_masked_values_never_leave_and_come_back(connected: Connected, say: Say) -> None:
    policy_make(connected.cast, rule("mask", "email", "iban"))
    connected.host.answers[:] = [Answer(texts=("Write to [EMA", "IL_1] and pay", " [IBAN_1]."))]
    said = say(request=asked(f"Who is {MAIL}, with {IBAN}?"))
    assert said.error is None
    assert said.text == f"Write to {MAIL} and pay {IBAN}."
    assert connected.host.asked[0].body["messages"] == [
        {"role": "user", "content": "Who is [EMAIL_1], with [IBAN_1]?"}
    ]
    assert noted(connected) == [("mask", "masked", {"email": 1, "iban": 1}, False)]
    assert hits(connected.cast)[0].call_id == ledger(connected)[0].call_id


def test_blocked_text_is_refused_in_the_rules_words_and_nothing_is_reserved(
    connected: Connected, say: Say
) -> None:
    from apps.llm.gateway import GuardrailRefusedError

    policy_make(connected.cast, rule("block", terms=["Project Falcon"], kinds=()))
    said = say(request=asked("Tell me of project falcon."))
    assert isinstance(said.error, GuardrailRefusedError)
    assert said.error.message == WORDS
    assert connected.host.asked == []
    assert ledger(connected) == []
    assert noted(connected) == [("block", "blocked", {"term": 1}, False)]
    assert hits(connected.cast)[0].call_id is None


def test_every_text_of_a_request_is_read(connected: Connected, say: Say) -> None:
    from apps.llm.vendors.base import (
        ChatMessage,
        ChatRequest,
        FilePart,
        TextPart,
        ToolCallPart,
        ToolResultPart,
        ToolSpec,
    )

    policy_make(connected.cast, rule("mask"))
    schema = {"type": "object", "properties": {"to": {"type": "string", "default": MAIL}}}
    request = ChatRequest(
        "",
        (
            ChatMessage.text("system", f"Sign as {MAIL}"),
            ChatMessage(
                "user", (TextPart(MAIL), FilePart(f"{MAIL}.txt", "text/plain", f"See {MAIL}".encode()))
            ),
            ChatMessage("assistant", (ToolCallPart("c1", "send", f'{{"to":"{MAIL}","n":1}}'),)),
            ChatMessage("tool", (ToolResultPart("c1", f"Sent to {MAIL}"),)),
        ),
        tools=(ToolSpec("send", f"Mails, e.g. {MAIL}", schema),),
        stop=(MAIL,),
        extra={"user": MAIL},
    )
    assert say(request=request).error is None
    assert "example.com" not in received(connected)
    assert received(connected).count("[EMAIL_1]") >= 7


def test_pictures_and_files_that_no_rule_can_read_are_not_sent_unless_a_policy_lets_them(
    connected: Connected, say: Say
) -> None:
    from apps.guardrails.guarding import UNREAD_WORDS
    from apps.llm.gateway import GuardrailRefusedError
    from apps.llm.vendors.base import ChatMessage, ChatRequest, ImagePart

    request = ChatRequest("", (ChatMessage("user", (ImagePart("image/png", b"png"),)),))
    policy_make(connected.cast, rule("mask"))
    said = say(request=request)
    assert isinstance(said.error, GuardrailRefusedError)
    assert said.error.message == UNREAD_WORDS
    policy_make(connected.cast, rule("mask"), files="allow")
    assert say(request=request).error is None


def test_a_long_text_is_read_in_a_thread_and_masked_all_the_same(
    connected: Connected, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.llm.gateway import stages

    looks: list[str] = []
    read = stages._read

    def noted_read(*args: Any) -> Any:
        import threading

        looks.append(threading.current_thread().name)
        return read(*args)

    monkeypatch.setattr(stages, "_read", noted_read)
    policy_make(connected.cast, rule("mask"))
    said = say(request=asked("So it goes. " * 1000 + MAIL))
    assert said.error is None
    assert [name.startswith("asyncio") for name in looks] == [True]
    assert "[EMAIL_1]" in received(connected)
    assert MAIL not in received(connected)


def test_warn_asks_first_and_goes_on_with_a_yes_that_the_chat_remembers(
    connected: Connected, say: Say
) -> None:
    from apps.guardrails.policy import GuardrailAskError
    from apps.llm.gateway import RunRef

    policy_make(connected.cast, rule("warn"))
    chat = uuid4()
    said = say(request=asked(MAIL), conversation_id=chat)
    assert isinstance(said.error, GuardrailAskError)
    assert said.error.data()["findings"] == [
        {"kind": "email", "label": "E-mail addresses", "shown": "a••••••••om"}
    ]
    assert connected.host.asked == []
    run = run_make(connected, {"confirmed": list(said.error.rule_ids)})
    assert say(request=asked(MAIL), conversation_id=chat, run=RunRef(run.id, run.fence)).error is None
    assert say(request=asked(f"Again: {MAIL}"), conversation_id=chat).error is None
    other = say(request=asked("and bob@example.com"), conversation_id=chat)
    assert isinstance(other.error, GuardrailAskError)
    assert sorted(each[1] for each in noted(connected, 4)) == ["agreed", "agreed", "asked", "asked"]


def run_make(connected: Connected, inputs: dict[str, Any]) -> Any:
    """A run of bob's that is being carried."""
    import datetime as dt

    from django.utils import timezone

    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        return Run.objects.create(
            kind="completion",
            state="running",
            team_id=cast.engineering.pk,
            user_id=cast.bob.pk,
            input=inputs,
            fence=1,
            attempts=1,
            lease_until=timezone.now() + dt.timedelta(minutes=1),
        )


def test_placeholders_stay_the_same_in_a_conversation_and_are_kept_sealed(
    connected: Connected, say: Say
) -> None:
    from apps.guardrails.models import ConversationValues
    from apps.tenants.scope import tenant_scope

    policy_make(connected.cast, rule("mask"))
    chat = uuid4()
    say(request=asked(f"bob@example.com and {MAIL}"), conversation_id=chat)
    say(request=asked(f"{MAIL} and carol@example.com"), conversation_id=chat)
    assert [each.body["messages"][0]["content"] for each in connected.host.asked] == [
        "[EMAIL_1] and [EMAIL_2]",
        "[EMAIL_2] and [EMAIL_3]",
    ]
    with tenant_scope(connected.cast.acme.id):
        kept = ConversationValues.objects.get(conversation_id=chat)
    assert kept.version == 2
    assert b"example.com" not in bytes(kept.sealed)


def test_shadow_changes_nothing_and_notes_what_it_would_have_done(connected: Connected, say: Say) -> None:
    policy_make(connected.cast, rule("block"), rule("mask", "iban"), state="shadow")
    assert say(request=asked(f"{MAIL} {IBAN}")).error is None
    assert MAIL in received(connected)
    assert noted(connected, 2) == [
        ("block", "blocked", {"email": 1}, True),
        ("mask", "masked", {"iban": 1}, True),
    ]


def test_a_model_of_the_installation_is_exempt_where_the_policy_says_so(
    connected: Connected, say: Say
) -> None:
    from apps.tenants.scope import tenant_scope

    policy_make(connected.cast, rule("block"), covers="outside")
    assert say(request=asked(MAIL)).error is None
    with tenant_scope(connected.cast.acme.id):
        connected.connection.hosting = "hosted"
        connected.connection.save(update_fields=["hosting"])
    assert say(request=asked(MAIL)).error is not None


def test_a_team_overrides_a_rule_and_gets_it_back(connected: Connected, say: Say) -> None:
    from apps.guardrails.rules import override_of, read_rule
    from apps.guardrails.services import rule_remove
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    policy = policy_make(cast, rule("block"))
    own = override_of(read_rule(policy.rules[0])).stored() | {"action": "mask"}
    policy_make(cast, own, team=cast.engineering)
    assert say(request=asked(MAIL)).error is None
    assert MAIL not in received(connected)
    with tenant_scope(cast.acme.id):
        rule_remove(actor=None, team=cast.engineering, rule_id=own["id"])
    assert say(request=asked(MAIL)).error is not None


def test_what_a_rule_stops_in_the_answer_is_raised_in_mid_stream(connected: Connected, say: Say) -> None:
    from apps.llm.gateway import GuardrailRefusedError

    policy_make(connected.cast, rule("block", direction="in"))
    connected.host.answers[:] = [Answer(texts=("Ask ", f"{MAIL} about it. ", "He knows. " * 30), pause=0.3)]
    said = say(request=asked("Whom?"))
    assert isinstance(said.error, GuardrailRefusedError)
    assert ledger(connected)[0].finish == "content_filter"
    assert noted(connected) == [("block", "withdrawn", {"email": 1}, False)]


def test_values_return_into_a_tools_arguments_only_where_it_is_cleared(
    connected: Connected, say: Say
) -> None:
    from apps.guardrails.classes import DataClass
    from apps.llm import gateway
    from apps.llm.loop import run_on_loop
    from apps.llm.vendors.base import ToolCallDelta
    from tests.llm.conftest import chat_call

    policy_make(connected.cast, rule("mask", "email"))
    pieces = ('{"to": "[EMA', 'IL_1]"}')
    deltas = tuple(
        {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "send", "arguments": piece}}]}
        for piece in pieces
    )

    async def arguments(tools: dict[str, DataClass]) -> str:
        call = chat_call(connected, request=asked(MAIL), tools=tools)
        async with gateway.stream(call) as stream:
            return "".join([each.arguments async for each in stream if isinstance(each, ToolCallDelta)])

    connected.host.answers[:] = [Answer(texts=(), deltas=deltas, finish="tool_calls")]
    assert run_on_loop(arguments({})) == '{"to": "[EMAIL_1]"}'
    assert run_on_loop(arguments({"send": DataClass.INTERNAL})) == f'{{"to": "{MAIL}"}}'


def test_vectors_are_made_of_texts_without_the_values(connected: Connected) -> None:
    from apps.llm.gateway import Caller, EmbedCall, embed_sync

    policy_make(connected.cast, rule("mask"))
    cast = connected.cast
    who = Caller(cast.acme.id, cast.engineering.pk, cast.bob.pk)
    made = embed_sync(EmbedCall(who, connected.embedding.pk, (f"Mail {MAIL}", "bob@example.com")))
    assert len(made.vectors) == 2
    assert connected.host.asked[0].body["input"] == ["Mail [EMAIL]", "[EMAIL]"]


def test_a_rule_raises_the_class_and_a_model_that_is_not_cleared_gets_nothing(
    connected: Connected, say: Say
) -> None:
    from apps.llm.errors import ClearanceRefusedError
    from apps.tenants.scope import tenant_scope

    policy_make(connected.cast, rule("route", data_class="confidential"))
    with tenant_scope(connected.cast.acme.id):
        connected.connection.hosting = "hosted"
        connected.connection.save(update_fields=["hosting"])
    said = say(request=asked(MAIL))
    assert isinstance(said.error, ClearanceRefusedError)
    assert "By the rule “route it” what would be sent is confidential." in said.error.message
    assert connected.host.asked == []
