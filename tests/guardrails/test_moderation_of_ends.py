"""An answer that ends early is asked about to its last word: stopped by a person, or cut by its host."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.guardrails.policies import WORDS, policy_make
from tests.guardrails.test_gateway import asked, noted
from tests.guardrails.test_moderation import NOTHING, asking, routing
from tests.llm.conftest import Connected, Said, chat_call, ledger
from tests.llm.host import Answer
from tests.llm.routing import Routing

__all__ = ["routing"]

Say = Callable[..., Said]


def stopped(connected: Connected) -> str:
    """What was shown of an answer that is stopped after its first word; raises what stopping it raises."""
    from apps.llm import gateway
    from apps.llm.loop import run_on_loop
    from apps.llm.vendors.base import TextDelta

    async def run() -> str:
        async with gateway.stream(chat_call(connected, request=asked("Tell me"))) as stream:
            async for delta in stream:
                if isinstance(delta, TextDelta):
                    return delta.text
        return ""

    return run_on_loop(run())


@pytest.fixture
def held(connected: Connected, routing: Routing) -> Iterator[None]:
    """The model has said a sentence about a bomb, and does not end."""
    hold = threading.Event()
    policy_make(connected.cast, asking(connected, routing, direction="in", moderation={"seconds": 1}))
    routing.scripts["big-model"] = Answer(texts=("A bomb is built so.",), hold=hold)
    yield
    hold.set()


@pytest.mark.usefixtures("held")
def test_what_was_shown_of_a_stopped_answer_is_asked_about(connected: Connected, routing: Routing) -> None:
    from apps.llm.gateway import GuardrailRefusedError

    with pytest.raises(GuardrailRefusedError, match=WORDS):
        stopped(connected)
    assert routing.asked == ["big-model", "judge"]
    assert noted(connected) == [("block", "withdrawn", {"moderation": 1}, False)]
    assert {row.finish for row in ledger(connected) if row.purpose == "reply"} == {"stopped"}


@pytest.mark.usefixtures("held")
def test_a_stopped_answer_that_nothing_is_found_in_stays(connected: Connected, routing: Routing) -> None:
    routing.scripts["big-model"] = Answer(texts=("A cake.",), hold=threading.Event())
    assert stopped(connected) == "A cake."
    assert routing.asked == ["big-model", "judge"]
    assert {row.finish for row in ledger(connected) if row.purpose == "reply"} == {"stopped"}
    assert connected.host.gone.wait(5)


@pytest.mark.usefixtures("held")
def test_a_stopped_answer_that_nobody_can_check_in_time_is_withdrawn(
    connected: Connected, routing: Routing, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.llm.gateway import GuardrailRefusedError

    monkeypatch.setattr("apps.llm.gateway.moderating.STOP_SECONDS", 0.2)
    hold = threading.Event()
    routing.scripts["judge"] = Answer(texts=(NOTHING,), hold=hold)
    begun = time.monotonic()
    try:
        with pytest.raises(GuardrailRefusedError, match="could not be checked"):
            stopped(connected)
        assert time.monotonic() - begun < 0.9
    finally:
        hold.set()


def test_an_answer_that_is_cut_is_asked_about(connected: Connected, say: Say, routing: Routing) -> None:
    from apps.llm.gateway import GuardrailRefusedError, VendorError

    policy_make(connected.cast, asking(connected, routing, direction="in"))
    routing.scripts["big-model"] = Answer(texts=("A bomb is built so.",), finish=None)
    assert isinstance(say(request=asked("Tell me")).error, GuardrailRefusedError)
    routing.scripts["big-model"] = Answer(texts=("A cake.",), finish=None)
    assert isinstance(say(request=asked("Tell me")).error, VendorError)
