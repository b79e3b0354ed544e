"""Budgets through /v1: what was agreed is what is spent, whoever asks at the same time."""

from __future__ import annotations

import asyncio
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import openai

from tests.llm.host import Answer
from tests.metering.budgeting import budget_make, counter_of, ledger_sum, settled_soon

if TYPE_CHECKING:
    from tests.api.conftest import Api
    from tests.llm.routing import Routing

HELLO: list[Any] = [{"role": "user", "content": "Hello?"}]
WORST = (6 * Decimal(3) + 500 * Decimal(15)) / 1_000_000
"""Six tokens by estimate, 500 of an answer, at the prices of the fixture."""


async def _stream(client: openai.AsyncOpenAI, refused: list[openai.APIStatusError]) -> str:
    text = ""
    try:
        stream = await client.chat.completions.create(
            model="big-model", messages=HELLO, stream=True, max_tokens=500
        )
        async for chunk in stream:
            text += "".join(choice.delta.content or "" for choice in chunk.choices)
    except openai.APIStatusError as error:
        refused.append(error)
    return text


def test_a_hundred_streams_against_a_budget_for_ten(api: Api) -> None:
    cast = api.connected.cast
    budget = budget_make(cast, reach="team", subject=cast.engineering, amount=10 * WORST)
    hold = threading.Event()
    api.connected.host.answers[:] = [Answer(hold=hold)]
    refused: list[openai.APIStatusError] = []

    async def crowd() -> list[str]:
        async with openai.AsyncOpenAI(
            base_url=f"{api.product.bare_url}/v1", api_key=api.key, max_retries=0, timeout=60
        ) as client:
            streams = [asyncio.create_task(_stream(client, refused)) for _ in range(100)]
            for _ in range(300):
                if len(refused) == 90:
                    break
                await asyncio.sleep(0.1)
            during.append(await asyncio.to_thread(counter_of, cast, budget))
            hold.set()
            return await asyncio.gather(*streams)

    during: list[Any] = []
    texts = asyncio.run(crowd())
    assert sorted(text for text in texts if text) == ["Hello world"] * 10
    assert len(refused) == 90
    assert {(error.status_code, error.code, error.type) for error in refused} == {
        (429, "insufficient_quota", "insufficient_quota")
    }
    for error in refused:
        assert "The monthly budget of Engineering is used up." in error.message
        assert "Nothing was sent to the model." in error.message
        assert int(error.response.headers["retry-after"]) > 0
    assert len(api.connected.host.asked) == 10, "no provider call among the ninety"
    assert (during[0].spent, during[0].reserved) == (0, 10 * WORST)
    settled_soon(cast, budget)
    counter = counter_of(cast, budget)
    assert counter.spent == ledger_sum(cast) == 10 * Decimal("0.0105")


def test_a_route_goes_on_to_a_model_that_fits(api: Api, routing: Routing) -> None:
    dear, fitting = routing.model("dear", price=("900", "900")), routing.model("fitting", price=("0", "0"))
    routing.route("fallback", {"members": [dear, fitting]}, slug="thrifty")
    cast = api.connected.cast
    budget_make(cast, reach="team", subject=cast.engineering, amount="0.001")
    answer = api.client().chat.completions.create(model="route/thrifty", messages=HELLO)
    assert answer.choices[0].message.content == "I am fitting."
    assert routing.asked == ["fitting"]
    why: list[str] = answer.route["why"]  # type: ignore[attr-defined]  # ours beside OpenAI's fields
    assert why == ["dear does not fit into a budget."]
