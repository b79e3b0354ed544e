"""A value that was masked once leaves in no later text of the chat, whatever stands beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from apps.guardrails.detectors.kinds import BUILT_IN, Kind
from apps.guardrails.guarding import Guard, Sent
from apps.guardrails.placeholders import Nameless, Placeholders
from apps.guardrails.policy import Known
from apps.guardrails.rules import Active, read_rule
from tests.guardrails.policies import MAIL, policy_make, rule
from tests.guardrails.test_gateway import asked, received
from tests.llm.conftest import Connected, Said
from tests.llm.host import Answer

Say = Callable[..., Said]
NAME = "Zorblax"
TOLD = f"My name is {NAME}."


def masked(texts: list[str], known: Known | None = None, *kinds: str) -> list[str]:
    guard = Guard([Active(read_rule(rule("mask", *(kinds or ("name",)))))])
    return list(guard.outgoing(Sent(texts), known or Known(Placeholders())).texts)


def test_a_name_that_only_its_introduction_tells_is_masked_in_all_texts_of_a_call() -> None:
    assert masked([f"{NAME} again", TOLD, f"So long,{NAME}!", f"{NAME}s and {NAME.lower()}"]) == [
        "[NAME_1] again",
        "My name is [NAME_1].",
        "So long,[NAME_1]!",
        f"{NAME}s and {NAME.lower()}",
    ]


def test_what_the_chat_knows_is_masked_while_a_rule_masks_its_kind() -> None:
    known = Known(Placeholders())
    masked([TOLD], known)
    kept = Known(Placeholders.load(known.placeholders.dump()))
    assert masked([f"Nice to meet you, {NAME}"], kept) == ["Nice to meet you, [NAME_1]"]
    assert masked([f"Nice to meet you, {NAME}"], kept, "email") == [f"Nice to meet you, {NAME}"]
    vectors = Known(Nameless(kept.placeholders.values))
    assert masked([f"{NAME} travels"], vectors) == ["[NAME] travels"]


def test_an_answer_that_was_restored_is_masked_when_it_is_sent_again(connected: Connected, say: Say) -> None:
    """The next question carries it, and so do the title and a route's judge."""
    from apps.llm.vendors.base import ChatMessage, ChatRequest

    policy_make(connected.cast, rule("mask", "name"))
    connected.host.answers[:] = [Answer(texts=("Welcome back ", "[NAME_1]", " to us"))]
    chat = uuid4()
    first = say(request=asked(TOLD), conversation_id=chat)
    assert first.text == f"Welcome back {NAME} to us"
    turns: list[Any] = [
        ChatMessage.text("user", TOLD),
        ChatMessage.text("assistant", first.text),
        ChatMessage.text("user", "And now?"),
    ]
    again = say(request=ChatRequest("", tuple(turns)), conversation_id=chat)
    assert again.text == f"Welcome back {NAME} to us"
    alone = say(request=asked(f"Name the chat: {first.text}"), conversation_id=chat, purpose="title")
    assert alone.error is None
    assert len(connected.host.asked) == 3
    assert NAME not in str([each.body for each in connected.host.asked])
    assert "Welcome back [NAME_1] to us" in received(connected)


def test_thousands_of_values_that_begin_alike_take_no_longer() -> None:
    known = Known(Placeholders())
    for number in range(5_000):
        known.placeholders.stand_in("NAME", f"a{number}", f"Anna X{number}", Kind.NAME.data_class)
    guard = Guard([Active(read_rule(rule("mask", *sorted(BUILT_IN))))])
    begun = time.process_time()
    guard.outgoing(Sent(["Anna went on. " * 5_000]), known)
    assert time.process_time() - begun < 2


def test_what_other_texts_of_the_same_affair_tell_is_masked_here_too() -> None:
    """An answer that is judged by itself names people whom only its question introduced."""
    guard = Guard([Active(read_rule(rule("mask", "name")))])
    made = guard.outgoing(Sent([f"{NAME} agreed"], beside=[TOLD]), Known(Placeholders()))
    assert (made.texts, made.hits) == (["[NAME_1] agreed"], [])


def test_what_only_stands_beside_neither_blocks_nor_asks() -> None:
    guard = Guard([Active(read_rule(rule("block"))), Active(read_rule(rule("warn", "name")))])
    assert guard.outgoing(Sent(["Hello"], beside=[f"{TOLD} {MAIL}"]), Known(Placeholders())).texts == [
        "Hello"
    ]
