"""Hosts that count nonsense, and prices with some noughts too many: every call still ends, and is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.llm.conftest import Connected, ledger
from tests.llm.host import Answer
from tests.metering.budgeting import budget_make, counter_of, holds, ledger_sum, settled_soon

if TYPE_CHECKING:
    from collections.abc import Callable

HUGE = 10**30


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": HUGE, "completion_tokens": HUGE, "total_tokens": 2 * HUGE},
        {"prompt_tokens": 1e300, "completion_tokens": 5, "total_tokens": 7},
        {"prompt_tokens": -1000, "completion_tokens": -500, "total_tokens": -1500},
        {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": HUGE}},
        {"prompt_tokens": "many", "completion_tokens": None},
    ],
)
def test_what_a_host_counts_wrongly_settles_the_call_and_frees_its_budget(
    connected: Connected, say: Callable[..., Any], usage: dict[str, Any]
) -> None:
    cast = connected.cast
    budget = budget_make(cast, amount=1)
    connected.host.answers = [Answer(usage=usage)]
    said = say()
    assert (said.text, said.error) == ("Hello world", None)
    settled_soon(cast, budget)
    (row,) = ledger(connected)
    assert row.state == "settled"
    assert row.cost >= 0
    assert (holds(cast), counter_of(cast, budget).spent) == (0, ledger_sum(cast))


def test_vectors_that_a_host_counts_wrongly_are_counted_by_estimate(connected: Connected) -> None:
    from apps.llm import gateway
    from apps.llm.gateway import Caller, EmbedCall

    cast = connected.cast
    connected.host.answers = [Answer(usage={"prompt_tokens": HUGE, "total_tokens": HUGE})]
    who = Caller(cast.acme.id, cast.engineering.pk, cast.bob.pk)
    made = gateway.embed_sync(EmbedCall(who, connected.embedding.pk, ("four", "word")))
    assert made.usage is None
    (row,) = ledger(connected)
    assert (row.state, row.tokens_input, row.estimated) == ("settled", 2, True)
