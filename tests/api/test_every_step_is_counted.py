"""Rows of the ledger of calls that nobody asked for by name: steps of routes, and rules that ask a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Api
from tests.api.test_every_call_is_counted import HELLO, acme_chat, in_common, rows
from tests.api.test_route_kinds import KINDS
from tests.guardrails.policies import policy_make
from tests.guardrails.test_moderation import NOTHING, asking
from tests.llm.host import Answer
from tests.llm.routing import Routing, said

__all__ = ["acme_chat"]


def models_of(api: Api) -> dict[str, Any]:
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    with tenant_scope(api.connected.cast.acme.id):
        return {model.slug: model for model in Model.objects.select_related("connection")}


def is_whole(api: Api, row: Any, models: dict[str, Any], *, key: bool) -> None:
    """Who, where, what, at which price and by which clearance."""
    in_common(api, row, models[row.model_slug], key=key)
    assert (row.tokens_input, row.tokens_output, row.estimated) == (1000, 500, False)
    assert row.cost == (1000 * api_price(row)[0] + 500 * api_price(row)[1]) / 1_000_000
    assert row.currency == "USD"
    assert row.clearance_id is not None
    assert row.clearance_class >= (row.data_class or 0)
    assert row.ms_first <= row.ms_total


def api_price(row: Any) -> tuple[Any, Any]:
    from decimal import Decimal

    return Decimal(row.price["input"]), Decimal(row.price["output"])


@pytest.mark.parametrize("kind", ["cascade", "ensemble"])
def test_each_step_of_a_route_is_a_whole_row(api: Api, routing: Routing, kind: str) -> None:
    case = KINDS[kind](api, routing)
    api.client().chat.completions.create(model="route/auto", messages=HELLO)
    found, models = rows(api, len(case.steps)), models_of(api)
    assert sorted((row.step, row.model_slug) for row in found) == sorted(
        (step, model) for step, model, _ in case.steps
    )
    for row in found:
        is_whole(api, row, models, key=True)
        assert row.purpose == "api"
    assert len({row.run_id for row in found}) == 1


def test_what_a_classifier_is_asked_is_a_whole_row(api: Api, routing: Routing) -> None:
    sorter = routing.model("sorter", said('{"kind": "Law"}'))
    labels = [{"name": "law", "description": "Contracts", "use": routing.model("lawyer")}]
    wanted = {
        "rules": [],
        "otherwise": routing.model("rest"),
        "classifier": {"model": sorter, "labels": labels},
    }
    routing.route("task", wanted)
    api.client().chat.completions.create(model="route/auto", messages=HELLO)
    answer, classify = rows(api, 2)
    assert [(row.step, row.model_slug) for row in (answer, classify)] == [
        ("answer", "lawyer"),
        ("classify", "sorter"),
    ]
    for row in (answer, classify):
        is_whole(api, row, models_of(api), key=True)
    assert answer.run_id == classify.run_id


def test_what_a_rule_asks_is_a_whole_row_of_the_same_run(api: Api, routing: Routing) -> None:
    policy_make(api.connected.cast, asking(api.connected, routing, direction="both"))
    api.client().chat.completions.create(model="big-model", messages=HELLO)
    answer, *asked = rows(api, 3)
    assert [row.purpose for row in asked] == ["moderation", "moderation"]
    for row in (answer, *asked):
        is_whole(api, row, models_of(api), key=True)
    assert len({row.run_id for row in (answer, *asked)}) == 1


def test_what_a_rule_asks_of_a_chat_names_the_chat(
    api: Api, routing: Routing, acme_chat: Callable[[], str]
) -> None:
    policy_make(api.connected.cast, asking(api.connected, routing))
    chat = acme_chat()
    moderation, other, reply, title = rows(api, 4)
    assert [row.purpose for row in (moderation, other, reply, title)] == [
        "moderation", "moderation", "reply", "title",
    ]  # fmt: skip
    for row in (moderation, other, reply, title):
        is_whole(api, row, models_of(api), key=False)
        assert str(row.conversation_id) == chat
    assert {moderation.run_id, other.run_id} == {reply.run_id, title.run_id}


def test_a_step_of_a_route_that_a_rule_asks_about_is_named(api: Api, routing: Routing) -> None:
    KINDS["judge"](api, routing)
    wanted = asking(api.connected, routing)
    routing.scripts["judge"] = lambda asked: (
        Answer(texts=(NOTHING,))
        if "You sort texts" in str(asked.body["messages"][0])
        else said('{"verdict": "pass", "reasons": []}')
    )
    policy_make(api.connected.cast, wanted)
    api.client().chat.completions.create(model="route/auto", messages=HELLO)
    found = rows(api, 4)
    assert [(row.purpose, row.step) for row in found] == [
        ("api", "check"), ("api", "draft"), ("moderation", "check"), ("moderation", "draft"),
    ]  # fmt: skip
    assert len({row.run_id for row in found}) == 1
