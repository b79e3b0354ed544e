"""Budgets through /v1: what was agreed is what is spent, whoever asks at the same time."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import threading
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import openai
import pytest

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
        assert isinstance(error, openai.RateLimitError)
        assert error.response.headers["x-should-retry"] == "false"
        assert "Ask Alice Admin for more." in error.message
        assert "The budget starts anew on 1 " in error.message
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


def test_the_official_client_asks_again_only_where_that_helps(api: Api) -> None:
    """A budget starts anew in weeks: one request. A limit lets through in a second: the next try succeeds."""
    from apps.metering.budgets.services import budget_archive
    from apps.metering.rates.services import Wanted, rate_limit_set
    from apps.tenants.scope import tenant_scope

    cast, host = api.connected.cast, api.connected.host
    with tenant_scope(cast.acme.id):
        rate_limit_set(actor=None, team=cast.engineering, wanted=Wanted("team", requests=60, tokens=100_000))
    client = api.client().with_options(max_retries=2)
    spent = budget_make(cast, reach="team", subject=cast.engineering, amount="0.0001")
    with pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model="big-model", messages=HELLO)
    headers = refused.value.response.headers
    assert refused.value.code == "insufficient_quota"
    assert headers["x-should-retry"] == "false"
    assert (headers["x-ratelimit-limit-requests"], headers["x-ratelimit-remaining-requests"]) == ("60", "59")
    assert headers["x-ratelimit-limit-tokens"] == "100000"
    assert int(headers["retry-after"]) > 0
    with tenant_scope(cast.acme.id):
        budget_archive(actor=None, budget=spent)
    asyncio.run(_take_all(api))
    begun = time.monotonic()
    assert client.chat.completions.create(model="big-model", messages=HELLO).choices
    assert time.monotonic() - begun > 0.9, "it waited as Retry-After said"
    assert len(host.asked) == 1


async def _take_all(api: Api) -> None:
    """A minute's requests of the team at once."""
    from apps.metering.rates.counting import Ask, count
    from apps.metering.rates.rules import Rule, Who, buckets_of

    cast = api.connected.cast
    rule = Rule(cast.engineering.pk, "team", None, 60, None)
    (bucket,) = buckets_of([rule], Who(cast.acme.id, cast.engineering.pk, None, None))
    assert await count([Ask(bucket, 0, 60)])


def test_embeddings_name_a_model_that_still_fits(api: Api) -> None:
    from apps.llm.services import Offer, model_grants_set, model_offer, model_update
    from apps.tenants.scope import tenant_scope

    cast, connected = api.connected.cast, api.connected
    with tenant_scope(cast.acme.id):
        offers = [Offer("text-embedding-free", price=(Decimal(0), Decimal(0), "USD"))]
        for model in model_offer(actor=None, connection=connected.connection, offers=offers):
            model_grants_set(actor=None, model=model, team_ids=[cast.engineering.pk])
        prices = {"price_input": Decimal(1_000_000), "price_output": Decimal(0)}
        model_update(actor=None, model=connected.embedding, changes=prices)
    budget_make(cast, reach="team", subject=cast.engineering, amount=1)
    with pytest.raises(openai.RateLimitError) as refused:
        api.client().embeddings.create(model="text-embedding-tiny", input="many words in a row")
    assert refused.value.code == "insufficient_quota"
    assert "What still fits: text-embedding-free." in refused.value.message
    assert connected.host.asked == []


def test_a_route_that_fits_nowhere_says_which_budget(api: Api, routing: Routing) -> None:
    dear, dearer = routing.model("dear", price=("900", "900")), routing.model("dearer", price=("990", "990"))
    routing.route("fallback", {"members": [dearer, dear]}, slug="proud")
    cast = api.connected.cast
    budget_make(cast, reach="team", subject=cast.engineering, amount="0.08")
    with pytest.raises(openai.RateLimitError) as refused:
        api.client().chat.completions.create(model="route/proud", messages=HELLO)
    assert refused.value.code == "insufficient_quota"
    for words in (
        "The monthly budget of Engineering",
        "The budget starts anew on 1 ",
        "Ask Alice Admin",
        "big-model",
    ):
        assert words in refused.value.message
    assert routing.asked == []


def test_an_answer_by_a_route_says_that_a_budget_is_nearly_used(api: Api, routing: Routing) -> None:
    from apps.metering.budgets.purse import lines_now
    from apps.metering.models import BudgetCounter
    from apps.tenants.scope import tenant_scope
    from tests.llm.conftest import browser

    members = [routing.model(name, price=("0", "0")) for name in ("alive", "spare")]
    routing.route("fallback", {"members": members}, slug="near")
    cast = api.connected.cast
    budget = budget_make(cast, reach="team", subject=cast.engineering, amount=100)
    with tenant_scope(cast.acme.id):
        lines_now([cast.engineering.pk], None, dt.datetime.now(dt.UTC))
        BudgetCounter.objects.filter(budget=budget).update(spent=85)
    bob = browser(cast, cast.bob)

    def call(method: str, path: str, body: Any = None) -> Any:
        return bob.generic(method, f"/api/v1{path}", json.dumps(body), content_type="application/json").json()

    chat = call("POST", "/conversations", {"team_id": str(cast.engineering.pk), "model": "route/near"})["id"]
    sent = {"client_id": str(uuid4()), "text": "Hello?"}
    call("POST", f"/conversations/{chat}/messages", sent)
    until = time.monotonic() + 20
    while (found := call("GET", f"/conversations/{chat}/messages")["results"])[-1]["state"] != "done":
        assert time.monotonic() < until, found
        time.sleep(0.05)
    (notice,) = [note["notice"] for note in found[-1]["annotations"] if note["type"] == "budget"]
    assert notice.startswith("85% of the monthly budget of Engineering is used. It starts anew on 1 ")
