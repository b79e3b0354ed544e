"""Every kind of route in a real browser: chosen in the picker, answered by scripted models, its way shown."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import answer, ask, expect_end
from tests.llm.host import Answer, Asked
from tests.llm.routing import Routing, Script, failing, routing_on, said

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from apps.llm.models import Route
    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected


class Aside(Routing):
    """For Everyone, and made on a thread of its own: the browser's loop runs on the test's."""

    def teams(self) -> list[Any]:
        from apps.accounts.selectors import everyone

        return [everyone().pk]

    def model(self, name: str, script: Script | None = None, **values: Any) -> str:
        made: str = aside(super().model, name, script, **values)
        return made

    def route(self, kind: str, definition: dict[str, Any], slug: str = "auto", **values: Any) -> Route:
        made: Route = aside(super().route, kind, definition, slug, **values)
        return made

    def unreachable(self, name: str = "dead") -> str:
        made: str = aside(super().unreachable, name)
        return made


def aside(work: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """The work's result, from another thread that leaves no connection open."""
    from django.db import connections

    def done() -> Any:
        try:
            return work(*args, **options)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(done).result()


@pytest.fixture
def routing(connected: Connected) -> Iterator[Routing]:
    with routing_on(connected, Aside) as found:
        yield found


def choose(page: Page, name: str) -> None:
    """Pick a route in the picker."""
    page.locator("#model-button").click()
    page.get_by_role("option", name=name).click()


def note(page: Page) -> Any:
    """What the last answer says about its way."""
    return page.locator(".turn-answer .route-note").last


def asked(page: Page, name: str, text: str = "Hello?") -> None:
    choose(page, name)
    ask(page, text)
    expect_end(page)


def test_a_fallback_says_who_answered_and_why(window: Window, connected: Connected, routing: Routing) -> None:
    routing.route("fallback", {"members": [routing.unreachable(), routing.model("alive")]}, slug="safe")
    page = window(connected.cast.bob).tab()
    asked(page, "Safe")
    expect(answer(page)).to_have_text("I am alive.")
    expect(note(page)).to_contain_text("Safe: alive answered")
    note(page).locator("summary").first.click()
    expect(note(page)).to_contain_text("dead could not be reached.")
    page.reload()
    expect(note(page)).to_contain_text("Safe: alive answered")


def test_a_silent_model_gives_way_after_the_wait(
    window: Window, connected: Connected, routing: Routing
) -> None:
    def slow(asked: Asked) -> Answer:
        time.sleep(2)
        return said("Too late.")

    members = [routing.model("slow", slow), routing.model("quick")]
    routing.route("fallback", {"members": members, "first_token_s": 0.4}, slug="patient")
    page = window(connected.cast.bob).tab()
    asked(page, "Patient")
    expect(answer(page)).to_have_text("I am quick.")


@pytest.mark.parametrize("kind", ["cheapest", "fastest", "best_value"])
def test_a_ranking_picks_one_and_says_why(
    window: Window, connected: Connected, routing: Routing, kind: str
) -> None:
    cheap, dear = routing.model("cheap", price=("1", "1")), routing.model("dear", price=("9", "9"))
    candidates = [{"ref": cheap, "quality": 3}, {"ref": dear, "quality": 3}]
    routing.route(kind, {"candidates": candidates}, slug="pick")
    page = window(connected.cast.bob).tab()
    asked(page, "Pick")
    expect(answer(page)).to_have_text("I am cheap.")
    expect(note(page)).to_contain_text("Pick: cheap answered")


def test_a_rule_picks_by_task(window: Window, connected: Connected, routing: Routing) -> None:
    rules = [{"when": {"languages": ["de"]}, "use": routing.model("german")}]
    routing.route("task", {"rules": rules, "otherwise": routing.model("rest")}, slug="sorter")
    page = window(connected.cast.bob).tab()
    asked(page, "Sorter", "Wie viele Tage Urlaub habe ich und wer ist für mich da?")
    expect(answer(page)).to_have_text("I am german.")


def test_a_cascade_goes_on_to_the_stronger_model(
    window: Window, connected: Connected, routing: Routing
) -> None:
    checker = routing.model("checker", said('{"sufficient": false, "reason": "It misses half."}'))
    definition = {"first": routing.model("small"), "checker": checker, "second": routing.model("strong")}
    routing.route("cascade", definition, slug="steps")
    page = window(connected.cast.bob).tab()
    asked(page, "Steps")
    expect(answer(page)).to_have_text("I am strong.")
    expect(page.get_by_text("checker checked the draft")).to_be_visible()


def test_the_judge_rejects_a_planted_falsehood_in_sight(
    window: Window, connected: Connected, routing: Routing
) -> None:
    def answerer(asked: Asked) -> Answer:
        revised = "The faults" in str(asked.body["messages"][-1])
        return said("Paris is the capital." if revised else "Lyon is the capital.")

    verdict = json.dumps({"verdict": "fail", "reasons": ["The capital is Paris, not Lyon."]})
    definition = {
        "answerer": routing.model("answerer", answerer),
        "judge": routing.model("judge", said(verdict)),
    }
    routing.route("judge", definition, slug="checked")
    page = window(connected.cast.bob).tab()
    asked(page, "Checked", "What is the capital of France?")
    expect(answer(page)).to_have_text("Paris is the capital.")
    expect(note(page)).to_contain_text("Checked: the first answer failed and was revised")
    expect(note(page)).to_contain_text("The capital is Paris, not Lyon.")


def test_an_ensemble_shows_a_planted_disagreement_and_the_single_answers(
    window: Window, connected: Connected, routing: Routing
) -> None:
    def merger(asked: Asked) -> Answer:
        if "List the claims" in str(asked.body["messages"][0]):
            claim = {"claim": "The bridge is 90 m long.", "agree": [1], "disagree": [2]}
            return said(json.dumps({"claims": [claim]}))
        return said("Merged.")

    members = [routing.model("one", said("It has 90 m.")), routing.model("two", said("It has 120 m."))]
    definition = {"members": members, "synthesiser": routing.model("merger", merger)}
    routing.route("ensemble", definition, slug="council")
    page = window(connected.cast.bob).tab()
    asked(page, "Council")
    expect(answer(page)).to_have_text("Merged.")
    expect(note(page)).to_contain_text(
        "Disputed: The bridge is 90 m long. (stated by one, contradicted by two)"
    )
    step = page.locator(".steps-list details", has_text="two answered")
    step.locator("summary").click()
    expect(step).to_contain_text("It has 120 m.")
    expect(step).to_contain_text("1,000 tokens in, 500 out, 0.002 USD")


def test_an_admin_makes_tries_and_dry_runs_a_route(
    window: Window, connected: Connected, routing: Routing
) -> None:
    routing.model("first", failing(500)), routing.model("second")
    page = window(connected.cast.alice).tab("/admin/routes")
    page.get_by_role("link", name="Fallback").click()
    page.get_by_label("Name").fill("Try me")
    page.get_by_label("Id", exact=True).fill("try-me")
    page.get_by_label("Choice 1").select_option(label="first")
    page.get_by_label("Choice 2").select_option(label="second")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Try me")).to_be_visible()
    page.locator("#trial-team").select_option(label="Engineering")
    page.get_by_label("Question").fill("Who are you?")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("I am second.")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("first had a fault.")).to_be_visible()
    page.get_by_label("As the team").nth(1).select_option(label="Engineering")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("It would have cost")).to_be_visible()
