"""What each kind of route decides, through /v1 by the official client and with scripted models."""

from __future__ import annotations

import json

import openai
import pytest

from tests.api.asking import ask, words
from tests.api.conftest import Api
from tests.llm.host import Answer, Asked
from tests.llm.routing import Routing, failing, said


def judged(asked: Asked) -> bool:
    return "You check an answer" in str(asked.body["messages"][0])


def test_the_list_names_a_route_that_the_team_may_use_and_no_other(api: Api, routing: Routing) -> None:
    one, two = routing.model("one"), routing.model("two")
    closed = routing.model("closed", teams=[])
    routing.route("fallback", {"members": [one, two]})
    routing.route("judge", {"answerer": one, "judge": closed}, slug="unusable")
    ids = [model.id for model in api.client().models.list()]
    assert "route/auto" in ids
    assert "route/unusable" not in ids


def test_a_route_that_was_not_granted_is_unknown(api: Api, routing: Routing) -> None:
    from apps.llm.routes.services import route_grants_set
    from apps.tenants.scope import tenant_scope

    one, two = routing.model("one"), routing.model("two")
    route = routing.route("fallback", {"members": [one, two]})
    with tenant_scope(api.connected.cast.acme.id):
        route_grants_set(actor=None, route=route, team_ids=[api.connected.cast.sales.pk])
    with pytest.raises(openai.NotFoundError):
        ask(api)
    assert routing.asked == []


def test_a_model_without_the_ability_or_the_window_is_left_out(api: Api, routing: Routing) -> None:
    small = routing.model("small", context_window=300)
    blind = routing.model("blind", abilities=["reasoning"])
    able = routing.model("able", abilities=["tools"], context_window=100_000)
    routing.route("fallback", {"members": [small, blind, able]})
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    answer = ask(api, "Hello? " * 200, tools=[tool])
    assert words(answer) == "I am able."
    assert routing.asked == ["able"]
    assert len(answer.route["why"]) == 2


def test_the_cheapest_known_price_is_picked_and_an_unknown_one_never(api: Api, routing: Routing) -> None:
    unknown = routing.model("unknown-price", price=None)
    dear = routing.model("dear", price=("5", "5"))
    cheap = routing.model("cheap", price=("0.5", "1"))
    poor = routing.model("poor", price=("0.1", "0.1"))
    routing.route(
        "cheapest",
        {
            "candidates": [
                {"ref": unknown, "quality": 5},
                {"ref": dear, "quality": 5},
                {"ref": cheap, "quality": 3},
                {"ref": poor, "quality": 1},
            ],
            "minimum_quality": 2,
        },
    )
    answer = ask(api)
    assert words(answer) == "I am cheap."
    assert "lowest price" in answer.route["why"][0]
    routing.scripts["cheap"] = routing.scripts["dear"] = failing(500)
    assert words(ask(api)) == "I am unknown-price."


def test_rules_pick_by_language_code_and_length(api: Api, routing: Routing) -> None:
    german, code, long, rest = (routing.model(name) for name in ("german", "code", "long", "rest"))
    routing.route(
        "task",
        {
            "rules": [
                {"when": {"longer_than": 1000}, "use": long},
                {"when": {"code": True}, "use": code},
                {"when": {"languages": ["de"]}, "use": german},
            ],
            "otherwise": rest,
        },
    )
    assert words(ask(api, "word " * 2000)) == "I am long."
    assert words(ask(api, "Why?\n```python\nprint(1)\n```")) == "I am code."
    assert words(ask(api, "Wie viele Tage Urlaub habe ich und wer ist für mich da?")) == "I am german."
    answer = ask(api, "How many days do I have?")
    assert words(answer) == "I am rest."
    assert answer.route["why"] == ["Picked for all other questions: no rule fits."]


def test_a_classifier_sorts_what_no_rule_fits(api: Api, routing: Routing) -> None:
    sorter = routing.model("sorter", said('{"kind": "Law"}'))
    lawyer, rest = routing.model("lawyer"), routing.model("rest")
    labels = [{"name": "law", "description": "Contracts and statutes", "use": lawyer}]
    routing.route("task", {"rules": [], "otherwise": rest, "classifier": {"model": sorter, "labels": labels}})
    assert words(ask(api)) == "I am lawyer."
    assert [(model, step) for model, step, _ in routing.ledger()] == [
        (sorter, "classify"),
        (lawyer, "answer"),
    ]
    routing.scripts["sorter"] = failing(500)
    assert words(ask(api)) == "I am rest."


def test_a_cascade_asks_the_stronger_model_only_where_needed(api: Api, routing: Routing) -> None:
    small, strong = routing.model("small"), routing.model("strong")
    checker = routing.model("checker", said('{"sufficient": true, "reason": "It is whole."}'))
    routing.route("cascade", {"first": small, "checker": checker, "second": strong})
    assert words(ask(api)) == "I am small."
    routing.scripts["checker"] = said('{"sufficient": false, "reason": "It misses half."}')
    answer = ask(api)
    assert words(answer) == "I am strong."
    assert answer.route["cascade"] == {"sufficient": False, "reasons": ["It misses half."]}
    assert routing.asked == ["small", "checker", "small", "checker", "strong"]


def test_the_judge_rejects_a_planted_falsehood_and_one_revision_follows(api: Api, routing: Routing) -> None:
    def answerer(asked: Asked) -> Answer:
        revised = "The faults" in str(asked.body["messages"][-1])
        return said("Paris is the capital." if revised else "Lyon is the capital.")

    def judge(asked: Asked) -> Answer:
        assert judged(asked)
        wrong = "Lyon" in str(asked.body["messages"][-1])
        verdict = {"verdict": "fail" if wrong else "pass", "reasons": ["Paris is the capital, not Lyon."]}
        return said(f"Here is it: {json.dumps(verdict)}")

    routing.route(
        "judge", {"answerer": routing.model("answerer", answerer), "judge": routing.model("judge", judge)}
    )
    answer = ask(api, "What is the capital of France?")
    assert words(answer) == "Paris is the capital."
    assert answer.route["verdict"] == {
        "result": "failed",
        "reasons": ["Paris is the capital, not Lyon."],
        "revised": True,
        "draft_by": "answerer",
        "revision": {"result": "passed", "reasons": ["Paris is the capital, not Lyon."]},
    }
    assert routing.asked == ["answerer", "judge", "answerer", "judge"]
    assert [step for _, step, _ in routing.ledger()] == ["draft", "check", "revision", "recheck"]
    assert answer.usage.prompt_tokens == 4000


def test_a_models_own_instructions_hold_where_it_answers_and_not_where_it_checks(
    api: Api, routing: Routing
) -> None:
    asked: list[tuple[str, bool]] = []

    def both(heard: Asked) -> Answer:
        words = str(heard.body["messages"][0])
        asked.append(("check" if judged(heard) else "answer", "Speak like a sailor." in words))
        return said('{"verdict": "pass", "reasons": []}' if judged(heard) else "Ahoy.")

    model = routing.model("both", both, instructions="Speak like a sailor.")
    routing.route("judge", {"answerer": model, "judge": model})
    assert words(ask(api)) == "Ahoy."
    plain = api.client().chat.completions.create(model="both", messages=[{"role": "user", "content": "Hi"}])
    assert words(plain) == "Ahoy."
    assert asked == [("answer", True), ("check", False), ("answer", True)]


def test_a_revision_that_is_false_too_is_the_last_and_says_so(api: Api, routing: Routing) -> None:
    fails = said('{"verdict": "fail", "reasons": ["The capital is Paris."]}')
    answerer = routing.model("answerer", said("Lyon is the capital."))
    routing.route("judge", {"answerer": answerer, "judge": routing.model("judge", fails)})
    answer = ask(api)
    assert words(answer) == "Lyon is the capital."
    assert answer.route["verdict"]["revision"] == {"result": "failed", "reasons": ["The capital is Paris."]}
    assert answer.route["why"][-1] == "The revision failed its check too."
    assert routing.asked == ["answerer", "judge", "answerer", "judge"]


def test_a_judge_that_fails_leaves_the_answer_and_says_unchecked(api: Api, routing: Routing) -> None:
    routing.route(
        "judge", {"answerer": routing.model("answerer"), "judge": routing.model("judge", said("Well…"))}
    )
    answer = ask(api)
    assert words(answer) == "I am answerer."
    assert answer.route["verdict"]["result"] == "unchecked"


def test_an_ensemble_shows_a_planted_disagreement(api: Api, routing: Routing) -> None:
    def merger(asked: Asked) -> Answer:
        if "List the claims" in str(asked.body["messages"][0]):
            claims = [
                {"claim": "Water boils at 100 degrees.", "agree": [1, 2], "disagree": []},
                {"claim": "The bridge is 90 m long.", "agree": [1], "disagree": [2]},
            ]
            return said(json.dumps({"claims": claims}))
        return said("Merged, with a dispute over the bridge.")

    routing.route(
        "ensemble",
        {
            "members": [routing.model("one", said("90 m")), routing.model("two", said("120 m"))],
            "synthesiser": routing.model("merger", merger),
        },
    )
    answer = ask(api)
    assert words(answer) == "Merged, with a dispute over the bridge."
    assert [claim["state"] for claim in answer.route["claims"]] == ["agreed", "disputed"]
    assert [member["slug"] for member in answer.route["members"]] == ["one", "two"]
    assert sorted(routing.asked) == ["merger", "merger", "one", "two"]


def test_an_ensemble_keeps_to_its_cost_cap(api: Api, routing: Routing) -> None:
    cheap = routing.model("cheap", price=("0.1", "0.1"))
    dear = routing.model("dear", price=("900", "900"))
    unknown = routing.model("unknown", price=None)
    merger = routing.model("merger", price=("0.1", "0.1"))
    cap = {"amount": "0.05", "currency": "USD"}
    definition = {"members": [dear, cheap, unknown], "synthesiser": merger, "cap": cap}
    routing.route("ensemble", definition)
    answer = ask(api)
    assert words(answer) == "I am cheap."
    assert routing.asked == ["cheap"]
    assert "cost cap" in answer.route["why"][0]


def test_a_cap_that_nobody_stays_below_asks_nobody_and_lets_a_fallback_go_on(
    api: Api, routing: Routing
) -> None:
    members = [routing.model(name, price=("900", "900")) for name in ("one", "two")]
    merger = routing.model("merger", price=("0.1", "0.1"))
    cap = {"amount": "0.05", "currency": "USD"}
    routing.route("ensemble", {"members": members, "synthesiser": merger, "cap": cap})
    with pytest.raises(openai.APIStatusError):
        ask(api)
    assert (routing.asked, routing.ledger()) == ([], [])
    routing.route("fallback", {"members": ["route/auto", routing.model("cheap")]}, slug="safe")
    answer = ask(api, route="safe")
    assert words(answer) == "I am cheap."
    assert answer.route["why"][-1] == "The choice before would cost more than allowed."


def test_a_cap_counts_what_the_merger_would_cost(api: Api, routing: Routing) -> None:
    members = [routing.model(name, price=("0.1", "0.1")) for name in ("one", "two")]
    dear = routing.model("dear-merger", price=("900", "900"))
    cap = {"amount": "1", "currency": "USD"}
    routing.route("ensemble", {"members": members, "synthesiser": dear, "cap": cap})
    with pytest.raises(openai.APIStatusError):
        ask(api)
    assert routing.asked == []


def test_answers_that_can_not_be_merged_leave_the_first_one(api: Api, routing: Routing) -> None:
    definition = {
        "members": [routing.model("one"), routing.model("two")],
        "synthesiser": routing.model("merger", failing(401)),
    }
    routing.route("ensemble", definition)
    answer = ask(api)
    assert words(answer) == "I am one."
    assert answer.route["why"][-1] == "one's answer is shown: the answers could not be merged."


def test_a_draft_stands_where_the_stronger_model_does_not_answer(api: Api, routing: Routing) -> None:
    checker = routing.model("checker", said('{"sufficient": false, "reason": "It misses half."}'))
    definition = {
        "first": routing.model("small"),
        "checker": checker,
        "second": routing.model("strong", failing(401)),
    }
    routing.route("cascade", definition)
    answer = ask(api)
    assert words(answer) == "I am small."
    assert answer.route["why"][-1] == "The first answer stands: strong did not answer."


def test_a_judge_over_a_fallback(api: Api, routing: Routing) -> None:
    alive = routing.model("alive")
    routing.route("fallback", {"members": [routing.unreachable(), alive]}, slug="safe")
    judge = routing.model("judge", said('{"verdict": "pass", "reasons": []}'))
    routing.route("judge", {"answerer": "route/safe", "judge": judge})
    answer = ask(api)
    assert words(answer) == "I am alive."
    assert answer.route["verdict"]["result"] == "passed"
    assert answer.route["answered_by"]["slug"] == alive


def test_a_member_that_the_team_may_not_use_is_neither_asked_nor_named(api: Api, routing: Routing) -> None:
    secret = routing.model("secret-model", teams=[])
    routing.route("fallback", {"members": [secret, routing.model("open")]})
    answer = ask(api)
    assert words(answer) == "I am open."
    assert "secret" not in answer.model_dump_json()
    assert routing.asked == ["open"]
