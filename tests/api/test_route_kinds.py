"""Each kind of route through /v1 by the official client, whole and streamed: words, note, steps, usage."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.asking import hear
from tests.api.conftest import Api
from tests.llm.host import Answer, Asked
from tests.llm.routing import Routing, said

GERMAN = "Wie viele Tage Urlaub habe ich und wer ist für mich da?"
PASSED = '{"verdict": "pass", "reasons": ["It is so."]}'
CLAIM = {"claim": "The bridge is 90 m long.", "agree": [1], "disagree": [2]}


@dataclass(frozen=True)
class Case:
    """A route that was made: who says what is heard, why, and the (role, model, state) of each call."""

    final: str
    why: str
    steps: list[tuple[str, str, str]]
    question: str = "How long is the bridge?"


def fallback(api: Api, routing: Routing) -> Case:
    routing.route("fallback", {"members": [routing.unreachable(), routing.model("alive")]})
    steps = [("answer", "dead", "failed"), ("answer", "alive", "done")]
    return Case("alive", "dead could not be reached", steps)


def cheapest(api: Api, routing: Routing) -> Case:
    dear, cheap = routing.model("dear", price=("5", "5")), routing.model("cheap", price=("1", "1"))
    routing.route("cheapest", {"candidates": [{"ref": dear}, {"ref": cheap}]})
    return Case("cheap", "the lowest price", [("answer", "cheap", "done")])


def fastest(api: Api, routing: Routing) -> Case:
    slow, quick = measured(api, routing)
    routing.route("fastest", {"candidates": [{"ref": slow}, {"ref": quick}]})
    return Case("quick", "the fastest: usually", [("answer", "quick", "done")])


def best_value(api: Api, routing: Routing) -> Case:
    slow, quick = measured(api, routing)
    candidates = [{"ref": slow, "quality": 3}, {"ref": quick, "quality": 3}]
    routing.route("best_value", {"candidates": candidates})
    return Case("quick", "the best value", [("answer", "quick", "done")])


def task(api: Api, routing: Routing) -> Case:
    rules = [{"when": {"languages": ["de"]}, "use": routing.model("german")}]
    routing.route("task", {"rules": rules, "otherwise": routing.model("rest")})
    return Case("german", "rule 1 fits", [("answer", "german", "done")], GERMAN)


def cascade(api: Api, routing: Routing) -> Case:
    checker = routing.model("checker", said('{"sufficient": false, "reason": "It misses half."}'))
    definition = {"first": routing.model("small"), "checker": checker, "second": routing.model("strong")}
    routing.route("cascade", definition)
    steps = [("draft", "small", "done"), ("check", "checker", "done"), ("answer", "strong", "done")]
    return Case("strong", "small was not found sufficient. It misses half.", steps)


def judge(api: Api, routing: Routing) -> Case:
    definition = {"answerer": routing.model("answerer"), "judge": routing.model("judge", said(PASSED))}
    routing.route("judge", definition)
    steps = [("draft", "answerer", "done"), ("check", "judge", "done")]
    return Case("answerer", "The answer passed its check.", steps)


def ensemble(api: Api, routing: Routing) -> Case:
    def merger(asked: Asked) -> Answer:
        if "List the claims" in str(asked.body["messages"][0]):
            return said(json.dumps({"claims": [CLAIM]}))
        return said("I am merger.")

    members = [routing.model("one"), routing.model("two")]
    routing.route("ensemble", {"members": members, "synthesiser": routing.model("merger", merger)})
    steps = [("member 1", "one", "done"), ("member 2", "two", "done")]
    return Case("merger", "2 models", [*steps, ("compare", "merger", "done"), ("merge", "merger", "done")])


def measured(api: Api, routing: Routing) -> tuple[str, str]:
    """A slow and a quick model of the same price, as the ledger knows them after three answers each."""
    for name, pause in (("slow", 0.1), ("quick", 0.01)):
        routing.model(name, said(f"I am {name}.", pause=pause))
        for _ in range(3):
            api.client().chat.completions.create(model=name, messages=[{"role": "user", "content": "Hi"}])
    routing.asked.clear()
    return "slow", "quick"


def data_class(api: Api, routing: Routing) -> Case:
    routing.route("data_class", {"members": [routing.model("ours"), routing.model("other")]})
    return Case("ours", "", [("answer", "ours", "done")])


KINDS: dict[str, Callable[[Api, Routing], Case]] = {
    "fallback": fallback,
    "cheapest": cheapest,
    "fastest": fastest,
    "best_value": best_value,
    "task": task,
    "cascade": cascade,
    "judge": judge,
    "ensemble": ensemble,
    "data_class": data_class,
}


def test_no_kind_is_left_out() -> None:
    from apps.llm.routes.models import RouteKind

    assert set(KINDS) == set(RouteKind.values)


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_the_same_whole_and_streamed(api: Api, routing: Routing, kind: str) -> None:
    case = KINDS[kind](api, routing)
    for stream in (False, True):
        heard = hear(api, stream=stream, text=case.question)
        assert (heard.error, heard.text, heard.finish) == (None, f"I am {case.final}.", "stop")
        note = heard.route
        assert note["route"] == {"slug": "route/auto", "name": "Auto", "kind": kind}
        assert note["answered_by"]["slug"] == case.final
        assert case.why in " ".join(note["why"])
        assert [(step["role"], step["model"]["slug"], step["state"]) for step in note["steps"]] == case.steps
        done = [step for step in note["steps"] if step["state"] == "done"]
        assert all(step["ms"] >= 0 and step["currency"] == "USD" for step in done)
        assert [(step["input_tokens"], step["output_tokens"]) for step in done] == [(1000, 500)] * len(done)
        assert (heard.usage.prompt_tokens, heard.usage.completion_tokens) == (
            1000 * len(done),
            500 * len(done),
        )


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"judge", "ensemble"}))
def test_its_first_word_comes_before_its_last(api: Api, routing: Routing, kind: str) -> None:
    case = KINDS[kind](api, routing)
    heard_some = threading.Event()
    routing.scripts[case.final] = said(f"I am {case.final}.", hold=heard_some)
    heard = hear(api, stream=True, text=case.question, on_text=heard_some.set)
    assert (heard.error, heard.text) == (None, f"I am {case.final}.")


@pytest.mark.parametrize("kind", ["judge", "ensemble"])
def test_a_revision_and_a_merger_stream(api: Api, routing: Routing, kind: str) -> None:
    heard_some = threading.Event()
    KINDS[kind](api, routing)
    routing.scripts["judge"] = said('{"verdict": "fail", "reasons": ["No."]}')
    final, sign = {"judge": ("answerer", "The faults"), "ensemble": ("merger", "ANSWER 1")}[kind]
    before = routing.scripts.get(final)

    def last(asked: Asked) -> Answer:
        messages: list[dict[str, Any]] = asked.body["messages"]
        is_last = sign in str(messages[-1]) and "List the claims" not in str(messages[0])
        if is_last:
            return said("At last.", hold=heard_some)
        return before(asked) if callable(before) else said("At first.")

    routing.scripts[final] = last
    heard = hear(api, stream=True, on_text=heard_some.set)
    assert (heard.error, heard.text) == (None, "At last.")


def test_the_single_answers_are_told_with_their_steps(api: Api, routing: Routing) -> None:
    KINDS["ensemble"](api, routing)
    note = hear(api, stream=True).route
    assert [step.get("text") for step in note["steps"][:2]] == ["I am one.", "I am two."]
    assert note["claims"][0] == {
        "text": "The bridge is 90 m long.",
        "agree": [1],
        "disagree": [2],
        "state": "disputed",
    }
