"""Ways around the rules that are closed: other spellings, odd places, and answers that end early."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from apps.guardrails.detectors.finding import find
from tests.guardrails.policies import MAIL, policy_make, rule
from tests.guardrails.test_gateway import asked, received
from tests.llm.conftest import Connected, Said, chat_call
from tests.llm.host import Answer

Say = Callable[..., Said]


@pytest.mark.parametrize(
    "text",
    [
        r'{"to":"ana\u0040example.com"}',
        r'"{\"to\":\"ana\\u0040example.com\"}"',
        r"Hello\nana@example.com\tbye",
        "ana.**pereira**@example.com",
        r"ana\_pereira@example.com",
        "ana<b>@example.com</b>",
        "ana&#64;example.com",
        "ana&commat;example.com",
        "mailto:ana%40example.com",
        "a\0n\0a\0@\0e\0x\0a\0m\0p\0l\0e\0.\0c\0o\0m\0",
        r"{'iban': 'DE89\u00203704\u00200044\u00200532\u00200130\u002000'}",
        "**DE89** 3704 0044 `0532` 0130 00",
        r"Frau M\u00fcller, Hauptstra\u00dfe 5, 10115 Berlin",
    ],
)
def test_what_a_format_writes_into_a_value_does_not_hide_it(text: str) -> None:
    assert find(text)


@pytest.mark.parametrize(
    "text", [r"C:\temp\new\users", "2 ** 8 * 3", "a*b*c = `x`", "AT&T; 50%20", r"\d+\.\d*"]
)
def test_marks_alone_are_nothing(text: str) -> None:
    assert find(text) == []


def test_what_is_found_between_marks_is_the_whole_of_it() -> None:
    text = r"an {\"to\":\"ana\u0040example.com\"} **Müller**"
    (found,) = [each for each in find(text) if each.kind == "email"]
    assert text[found.start : found.end] == r"ana\u0040example.com"
    assert found.value == "ana@example.com"


def _odd_requests() -> list[Any]:
    from apps.llm.vendors.base import (
        ChatMessage,
        ChatRequest,
        FilePart,
        ToolCallPart,
        ToolResultPart,
        ToolSpec,
    )

    spec = ToolSpec("send", "Mails", {})
    return [
        ChatRequest("", (ChatMessage("assistant", (ToolCallPart(MAIL, "send", "{}"),)),)),
        ChatRequest("", (ChatMessage("tool", (ToolResultPart(MAIL, "done"),)),)),
        asked("Hello", tools=(spec,), tool_choice=MAIL),
        ChatRequest("", (ChatMessage("user", (FilePart("a.txt", f"text/plain;{MAIL}", b"Hello"),)),)),
        ChatRequest("", (ChatMessage("user", (FilePart("a.txt", "text/plain", MAIL.encode("utf-16-le")),)),)),
    ]


@pytest.mark.parametrize("number", range(5))
def test_a_value_in_an_odd_place_is_not_sent(connected: Connected, say: Say, number: int) -> None:
    from apps.llm.gateway import GuardrailRefusedError

    policy_make(connected.cast, rule("mask"))
    said = say(request=_odd_requests()[number])
    assert isinstance(said.error, GuardrailRefusedError)
    assert MAIL not in said.error.message
    assert connected.host.asked == []


def test_an_answer_that_is_stopped_is_read_to_its_last_word(connected: Connected) -> None:
    from apps.llm import gateway
    from apps.llm.gateway import GuardrailRefusedError
    from apps.llm.loop import run_on_loop
    from apps.llm.vendors.base import TextDelta

    policy_make(connected.cast, rule("block", direction="in"))
    hold = threading.Event()
    connected.host.answers[:] = [Answer(texts=(f"It is {MAIL}",), hold=hold)]

    async def stopped() -> str:
        call = chat_call(connected, request=asked("Whom?"))
        async with gateway.stream(call) as stream:
            async for delta in stream:
                if isinstance(delta, TextDelta):
                    return delta.text
        return ""

    try:
        with pytest.raises(GuardrailRefusedError):
            run_on_loop(stopped())
    finally:
        hold.set()


def test_an_answer_that_breaks_off_is_read_and_what_was_held_back_is_given(
    connected: Connected, say: Say
) -> None:
    from apps.llm.gateway import GuardrailRefusedError, VendorError

    policy_make(connected.cast, rule("mask"))
    connected.host.answers[:] = [Answer(texts=("Write to ", "[EMAIL_1] or [EMA"), finish=None)]
    said = say(request=asked(MAIL))
    assert isinstance(said.error, VendorError)
    assert said.text == f"Write to {MAIL} or [EMA"
    policy_make(connected.cast, rule("block", direction="in"))
    connected.host.answers[:] = [Answer(texts=(f"It is {MAIL}",), finish=None)]
    assert isinstance(say(request=asked("Whom?")).error, GuardrailRefusedError)


def test_a_long_piece_of_an_answer_is_read_beside_the_loop(
    connected: Connected, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.guardrails.answering import Watch

    threads: list[str] = []
    feed = Watch.feed

    def noted(self: Watch, text: str) -> str:
        threads.append(threading.current_thread().name)
        return feed(self, text)

    monkeypatch.setattr(Watch, "feed", noted)
    policy_make(connected.cast, rule("block", direction="in"))
    connected.host.answers[:] = [Answer(texts=("So it goes. " * 400,))]
    assert say(request=asked("Go on")).error is None
    assert [name.startswith("asyncio") for name in threads] == [True]


def test_only_what_was_sent_comes_back(connected: Connected, say: Say) -> None:
    """A model that names another placeholder of the chat gets nothing for it."""
    policy_make(connected.cast, rule("mask"))
    chat = uuid4()
    say(request=asked(f"{MAIL} and bob@example.com"), conversation_id=chat)
    connected.host.answers[:] = [Answer(texts=("[EMAIL_1] and [EMAIL_2]",))]
    said = say(request=asked("bob@example.com"), conversation_id=chat)
    assert said.text == "[EMAIL_1] and bob@example.com"


def test_a_team_inherits_settings_of_an_organisation_whose_policy_is_off(
    connected: Connected, say: Say
) -> None:
    cast = connected.cast
    policy_make(cast, rule("block", "iban"), state="off", covers="outside")
    policy_make(cast, rule("block"), team=cast.engineering)
    assert say(request=asked(MAIL)).error is None
    policy_make(cast, rule("block", "iban"), state="off", covers="all")
    assert say(request=asked(MAIL)).error is not None
    assert "example.com" in received(connected)


def test_nothing_is_kept_of_what_is_only_put_in_order(connected: Connected) -> None:
    """Values that no answer needs again are not kept with the chat."""
    from apps.guardrails.guarding import Guard, Sent
    from apps.guardrails.rows import Standing
    from apps.guardrails.rules import Active, read_rule
    from apps.llm.gateway.calls import Caller, RerankCall
    from apps.llm.gateway.stages import _read
    from apps.llm.vendors.base import RerankRequest

    cast = connected.cast
    call = RerankCall(
        Caller(cast.acme.id), uuid4(), RerankRequest("", MAIL, (MAIL,)), conversation_id=uuid4()
    )
    guard = Guard([Active(read_rule(rule("mask")))])
    read = _read(call, guard, Sent((MAIL, MAIL)), Standing((), b"", 0, frozenset()))
    assert read.outgoing.texts == ["[EMAIL_1]", "[EMAIL_1]"]
    assert read.outgoing.memory is None
