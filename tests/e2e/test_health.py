"""A provider that fails and comes back, as people and administrators see it; the breaker over processes."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import LONG_MS, ask, expect_end, reload_until
from tests.e2e.test_accessibility import look, violations
from tests.llm.conftest import say
from tests.llm.host import Answer
from tests.llm.test_breaker import brought_down, health, is_due, wait_for
from tests.llm.test_health_pages import calls

if TYPE_CHECKING:
    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected
    from tests.processes import Served

__all__ = ["say"]

BROKEN = Answer(status=500, error={"error": {"message": "boom"}})


@pytest.fixture
def traffic(connected: Connected) -> None:
    """A day's calls, some of which failed; made before Playwright runs its loop in this thread."""
    from datetime import timedelta

    from django.utils import timezone

    now = timezone.now()
    for hour in range(1, 20):
        at = now - timedelta(hours=hour)
        calls(connected, 3 + hour % 7, created_at=at)
        calls(connected, hour % 3, created_at=at, error_kind="timeout", state="released", ms_first=None)


def test_breaker_is_one_for_all_processes(connected: Connected, product: Served, say: Any) -> None:
    """Opened here, it is open in the product's worker; what the worker's trial finds is known here."""
    from apps.accounts.services import api_key_create
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        _, secret = api_key_create(
            actor=None, slug=cast.acme.slug, user=cast.bob, team=cast.engineering, name="p", scopes=["chat"]
        )

    def asked() -> tuple[int, str]:
        body = json.dumps({"model": "big-model", "messages": [{"role": "user", "content": "Hello?"}]})
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{product.bare_url}/v1/chat/completions",
            body.encode(),
            {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
                return answer.status, json.load(answer)["choices"][0]["message"]["content"]
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["error"]["message"]

    brought_down(connected, say)
    status, _ = asked()
    assert status in {502, 503}
    assert connected.host.asked == []
    is_due(connected)
    connected.host.answers = [Answer()]
    assert asked() == (200, "Hello world")
    wait_for(lambda: health(connected).state == "closed")  # type: ignore[union-attr]  # it is there


def test_failed_answers_open_it_and_the_page_tells(window: Window, connected: Connected) -> None:
    connected.host.answers[:] = [BROKEN]
    tab = window(connected.cast.bob, reduced_motion="reduce")
    tab.expect_fault("status of 5")
    page = tab.tab()
    for number in range(2):
        ask(page, f"Question {number}")
        expect(page.get_by_text("Your message is saved").last).to_be_visible(timeout=LONG_MS)
        page.goto(tab.origin)
    admin = window(connected.cast.alice).tab("/admin/providers/health")
    row = admin.get_by_role("row").filter(has_text="Test host")
    reload_until(admin, row.filter(has_text="Does not answer"))
    expect(row).to_contain_text("The host has an error of its own.")
    connected.host.answers[:] = [Answer()]
    row.get_by_role("link").click()
    admin.get_by_role("button", name="Test connection").click()
    expect(admin.get_by_text("The host answered and accepts the key.")).to_be_visible()
    ask(page, "And now?")
    expect_end(page)
    admin.goto(f"{tab.origin}/admin/providers/health")
    reload_until(admin, row.filter(has_text="Answers"))


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.usefixtures("traffic")
def test_axe_finds_nothing_on_health_pages(window: Window, connected: Connected, width: int) -> None:
    page = window(connected.cast.alice, **look(width)).tab("/admin/providers/health")
    found = violations(page)
    expect(page.get_by_role("figure")).to_have_count(2)
    page.get_by_text("View as table").click()
    expect(page.get_by_role("region", name="Calls over time")).to_be_visible()
    found += violations(page)
    for path in (
        f"/admin/providers/{connected.connection.pk}/health",
        f"/admin/models/{connected.chat.pk}/deployments",
    ):
        page.goto(page.url.partition("/admin")[0] + path)
        found += violations(page)
    assert found == []
