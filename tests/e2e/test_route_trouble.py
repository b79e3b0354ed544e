"""Routes in a browser when something breaks off, is stopped, or is down."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.e2e.routed import aside, asked, choose, note, routing, told
from tests.e2e.steps import answer, ask, expect_end
from tests.llm.host import Answer
from tests.llm.routing import Routing, failing, said

if TYPE_CHECKING:
    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected

__all__ = ["routing"]


def weak_host(connected: Connected) -> Any:
    """Another provider at the same host, with a breaker of its own."""
    from apps.llm.services import connection_create
    from apps.tenants.scope import tenant_scope
    from tests.llm.conftest import KEY

    with tenant_scope(connected.cast.acme.id):
        return connection_create(
            actor=None,
            vendor="openai_compatible",
            name="Weak host",
            base_url=connected.host.base_url,
            key=KEY,
        )


def cooled_down(connected: Connected) -> None:
    """The breakers' pauses are over."""
    from django.utils import timezone

    from apps.llm.models import ConnectionHealth
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        assert ConnectionHealth.objects.filter(state="open").update(retry_at=timezone.now()) == 1


def test_an_answer_that_breaks_off_keeps_its_words_and_its_name(
    window: Window, connected: Connected, routing: Routing
) -> None:
    cut = routing.model("cut", Answer(texts=("Half an", " answer"), finish=None))
    routing.route("fallback", {"members": [cut, routing.model("other")]}, slug="safe")
    page = window(connected.cast.bob).tab()
    asked(page, "Safe")
    expect(answer(page)).to_have_text("Half an answer")
    expect(page.get_by_text("cut broke off")).to_be_visible()
    expect(note(page)).to_contain_text("Safe: cut answered")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.reload()
    expect(answer(page)).to_have_text("Half an answer")
    assert "other" not in routing.asked


def test_a_stopped_route_says_which_step_was_stopped(
    window: Window, connected: Connected, routing: Routing
) -> None:
    hold = threading.Event()
    definition = {
        "answerer": routing.model("answerer"),
        "judge": routing.model("judge", Answer(texts=("{",), hold=hold)),
    }
    routing.route("judge", definition, slug="checked")
    page = window(connected.cast.bob).tab()
    choose(page, "Checked")
    ask(page, "Hello?")
    expect(page.get_by_text("judge checks the draft")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect_end(page)
    hold.set()
    expect(page.get_by_text("judge checks the draft, stopped")).to_be_visible()
    step = page.locator(".steps-list details", has_text="answerer drafted an answer")
    step.locator("summary").click()
    expect(step).to_contain_text("I am answerer.")


def test_a_provider_that_is_down_is_passed_by_and_its_trial_brings_it_back(
    window: Window, connected: Connected, routing: Routing
) -> None:
    weak = routing.model("weak", failing(500), connection=aside(weak_host, connected))
    routing.route("fallback", {"members": [weak, routing.model("strong")]}, slug="safe")
    page = window(connected.cast.bob).tab()
    choose(page, "Safe")
    for _ in range(5):
        ask(page, "Hello?")
        expect_end(page)
        expect(answer(page)).to_have_text("I am strong.")
    told(page, "weak had a fault.")
    routing.asked.clear()
    ask(page, "Are you there?")
    expect_end(page)
    told(page, "weak is not available.")
    assert routing.asked == ["strong"]
    routing.scripts["weak"] = said("I am weak.")
    aside(cooled_down, connected)
    ask(page, "And now?")
    expect_end(page)
    expect(answer(page)).to_have_text("I am weak.")
    expect(note(page)).to_contain_text("Safe: weak answered")
