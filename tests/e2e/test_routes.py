"""Every kind of route in a real browser: chosen in the picker, answered by scripted models, its way shown."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.routed import aside, asked, note, routing
from tests.e2e.steps import answer
from tests.llm.host import Answer, Asked
from tests.llm.routing import Routing, failing, said

if TYPE_CHECKING:
    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected

__all__ = ["routing"]


def answered(connected: Connected, slug: str, ms: int) -> None:
    """Three answers of a model in the ledger, the first word after so many milliseconds."""
    from apps.llm.models import Model
    from apps.metering.models import UsageRecord, UsageState
    from apps.tenants.models import new_id
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        model = Model.objects.get(slug=slug)
        for _ in range(3):
            UsageRecord.objects.create(
                call_id=new_id(),
                state=UsageState.SETTLED,
                purpose="reply",
                vendor="openai_compatible",
                connection_id=model.connection_id,
                connection_name="Test host",
                model_id=model.pk,
                model_slug=slug,
                model_asked=slug,
                tokens_output=500,
                ms_first=ms,
                ms_total=ms + 1,
            )


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


@pytest.mark.parametrize(
    ("kind", "picked", "why"),
    [
        ("cheapest", "cheap", "cheap was picked: the lowest price: about"),
        ("fastest", "quick", "quick was picked: the fastest: usually 0.2 s."),
        ("best_value", "good", "good was picked: the best value: 0.69 of 1."),
    ],
)
def test_a_ranking_picks_one_and_says_why(
    window: Window, connected: Connected, routing: Routing, kind: str, picked: str, why: str
) -> None:
    made = {"cheap": ("1", 1, 4_000), "quick": ("9", 1, 200), "good": ("2", 5, 1_000)}
    candidates = []
    for name, (price, quality, ms) in made.items():
        slug = routing.model(name, price=(price, price))
        aside(answered, connected, slug, ms)
        candidates.append({"ref": slug, "quality": quality})
    routing.route(kind, {"candidates": candidates}, slug="pick")
    page = window(connected.cast.bob).tab()
    asked(page, "Pick")
    expect(answer(page)).to_have_text(f"I am {picked}.")
    expect(note(page)).to_contain_text(f"Pick: {picked} answered")
    note(page).locator("summary").first.click()
    expect(note(page)).to_contain_text(why)


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

    def judge(asked: Asked) -> Answer:
        wrong = "Lyon is" in str(asked.body["messages"][-1])
        reasons = ["The capital is Paris, not Lyon."] if wrong else ["It is Paris."]
        return said(json.dumps({"verdict": "fail" if wrong else "pass", "reasons": reasons}))

    definition = {
        "answerer": routing.model("answerer", answerer),
        "judge": routing.model("judge", judge),
    }
    routing.route("judge", definition, slug="checked")
    page = window(connected.cast.bob).tab()
    asked(page, "Checked", "What is the capital of France?")
    expect(answer(page)).to_have_text("Paris is the capital.")
    expect(note(page)).to_contain_text("Checked: the first answer failed and was revised")
    expect(note(page)).to_contain_text("The capital is Paris, not Lyon.")
    expect(note(page)).to_contain_text("The revision passed its check")


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
    page.get_by_role("group", name="Choice 1").get_by_role("combobox").select_option(label="first")
    page.get_by_role("group", name="Choice 2").get_by_role("combobox").select_option(label="second")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Try me")).to_be_visible()
    page.locator("#trial-team").select_option(label="Engineering")
    page.get_by_role("textbox", name="Question").fill("Who are you?")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("I am second.")).to_be_visible()
    expect(page.get_by_text("first had a fault.")).to_be_visible()
    page.get_by_label("As the team").nth(1).select_option(label="Engineering")
    aside(answered, connected, "second", 100)
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("View as table").click()
    expect(page.locator("#run .table-scroll")).to_contain_text("first")
