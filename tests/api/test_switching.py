"""/v1: a rule says “only to a cleared model”, and another model answers where the chosen may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

from tests.guardrails.policies import MAIL, policy_make, rule
from tests.llm.test_clearances import hosted

if TYPE_CHECKING:
    from tests.api.conftest import Api
    from tests.llm.conftest import Connected
    from tests.llm.routing import Routing

ASKED: Any = [{"role": "user", "content": f"Who is {MAIL}?"}]
NOT_SENT = "big-model may not receive that, so nothing was sent to it."
TOOL: Any = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}


def own_model(connected: Connected, routing: Routing, name: str, **values: Any) -> None:
    """A model that may receive everything, beside a hosted one."""
    from apps.guardrails.classes import DataClass
    from apps.llm.clearances.services import model_clearance_set
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    routing.model(name, **values)
    with tenant_scope(connected.cast.acme.id):
        made = Model.objects.get(slug=name)
        model_clearance_set(actor=None, model=made, wanted=DataClass.RESTRICTED, reason="Our machine")


def asked_of(api: Api) -> list[str]:
    return [str(each.body["model"]) for each in api.connected.host.asked]


@pytest.mark.parametrize("stream", [False, True])
def test_a_cleared_model_answers_and_the_answer_says_so(api: Api, routing: Routing, stream: bool) -> None:
    hosted(api.connected)
    policy_make(api.connected.cast, rule("route", data_class="confidential"))
    own_model(api.connected, routing, "in-the-cellar")
    made: Any = api.client().chat.completions.create(model="big-model", messages=ASKED, stream=stream)
    told = [each for each in made if getattr(each, "route", None)][-1] if stream else made
    assert asked_of(api) == ["in-the-cellar"]
    assert told.model == "big-model"
    assert told.route["route"] == {"slug": "big-model", "name": "big-model", "kind": "cleared"}
    assert told.route["answered_by"] == {"slug": "in-the-cellar", "name": "in-the-cellar"}
    assert told.route["why"] == [
        "By the rule “route it” what would be sent is confidential. Personal data stays here.",
        f"{NOT_SENT} in-the-cellar answered in its place: it may receive confidential text.",
    ]
    plain = api.client().chat.completions.create(
        model="big-model", messages=[{"role": "user", "content": "Hello?"}]
    )
    assert asked_of(api) == ["in-the-cellar", "big-model"]
    assert not hasattr(plain, "route")


def test_who_can_not_take_the_question_takes_nobodys_place(api: Api, routing: Routing) -> None:
    hosted(api.connected)
    policy_make(api.connected.cast, rule("route", data_class="confidential"))
    own_model(api.connected, routing, "plain", abilities=["vision"])
    own_model(api.connected, routing, "narrow", abilities=["tools"], context_window=200)
    with pytest.raises(openai.PermissionDeniedError) as refused:
        api.client().chat.completions.create(model="big-model", messages=ASKED, tools=[TOOL])
    assert refused.value.code == "not_cleared"
    assert "plain could not take its place: it can not do tools." in refused.value.message
    assert "narrow could not take its place: it can not read so much." in refused.value.message
    assert MAIL not in refused.value.message
    assert asked_of(api) == []
    own_model(api.connected, routing, "fitting", abilities=["tools"], context_window=8_000)
    api.client().chat.completions.create(model="big-model", messages=ASKED, tools=[TOOL])
    assert asked_of(api) == ["fitting"]


def test_a_class_that_the_client_stated_is_refused_and_not_switched(api: Api, routing: Routing) -> None:
    hosted(api.connected)
    policy_make(api.connected.cast, rule("route", data_class="confidential"))
    own_model(api.connected, routing, "in-the-cellar")
    with pytest.raises(openai.PermissionDeniedError):
        api.client().chat.completions.create(
            model="big-model", messages=ASKED, metadata={"data_class": "confidential"}
        )
    assert asked_of(api) == []


def test_a_route_goes_on_with_what_is_cleared_once_a_rule_has_found_it(api: Api, routing: Routing) -> None:
    """A route that does not fall back leaves out what may not receive it, and begins anew."""
    hosted(api.connected)
    policy_make(api.connected.cast, rule("route", data_class="confidential"))
    own_model(api.connected, routing, "in-the-cellar")
    routing.model("also-hosted")
    routing.route(
        "task",
        {"rules": [{"when": {"attachments": False}, "use": "big-model"}], "otherwise": "in-the-cellar"},
        slug="sorted",
    )
    routing.route("fallback", {"members": ["big-model", "also-hosted"]}, slug="hosted-only")
    made: Any = api.client().chat.completions.create(model="route/sorted", messages=ASKED)
    assert made.route["answered_by"]["slug"] == "in-the-cellar"
    assert "big-model was left out: it may receive internal text at most" in str(made.route["why"])
    with pytest.raises(openai.PermissionDeniedError, match="None of the models that Hosted-Only needs"):
        api.client().chat.completions.create(model="route/hosted-only", messages=ASKED)
    assert asked_of(api) == ["in-the-cellar"]
