"""Usage, statements, prices, invoices, calls and limits in a browser; a limit that a person reaches."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import LONG_MS, ask, expect_end
from tests.e2e.test_accessibility import look, violations
from tests.metering.ledger import call_made

if TYPE_CHECKING:
    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected

NARROW = 390
"""There every page is looked at; wider, the ones that differ."""
NAMES = ("big-model", "small-model", "swift-model", "deep-model", "painter")
PATHS = (
    "/admin/usage?range=90d", "/admin/usage/statements", "/admin/usage/prices", "/admin/usage/invoices",
    "/admin/usage/calls", "/admin/usage/limits", "/settings/usage",
)  # fmt: skip


@pytest.fixture
def spent(connected: Connected) -> dict[str, str]:
    """Two months of calls, their statement, an invoice and limits; the paths of single things."""
    from apps.metering.chargeback.making import statements_create
    from apps.metering.invoices.services import Upload, invoice_add
    from apps.metering.models import Statement
    from apps.metering.pricebook.services import exchange_rate_add, markup_add
    from apps.metering.rates.services import Wanted, rate_limit_set
    from apps.metering.rollups.upkeep import roll_up_tenant
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    now = dt.datetime.now(dt.UTC)
    last = (now.replace(day=1) - dt.timedelta(days=1)).date().replace(day=1)
    people = [(cast.bob, cast.engineering), (cast.alice, cast.engineering), (cast.carol, cast.sales)]
    with tenant_scope(cast.acme.id):
        for day in range(55):
            for number, (user, team) in enumerate(people):
                for place, name in enumerate(NAMES[: 2 + (day + number) % 4]):
                    call = call_made(
                        now - dt.timedelta(days=day, minutes=3), f"0.{(day * 7 + place) % 90 + 10}",
                        user_id=user.pk, user_name=user.name, team_id=team.pk, team_name=team.name,
                        model_id=uuid5(UUID(int=0), name), model_slug=name,
                        tokens_input=900 + day * 13 * (place + 1), ms_first=300, ms_total=1200,
                    )  # fmt: skip
        exchange_rate_add(actor=None, currency="EUR", rate=Decimal("1.08"))
        markup_add(actor=None, percent=Decimal("12.5"), team=cast.sales)
        rate_limit_set(actor=None, team=None, wanted=Wanted("person", 20, 40_000))
        rate_limit_set(actor=None, team=cast.sales, wanted=Wanted("team", 100))
        today = f"{now:%Y-%m-%d}"
        text = f"date,model,input_tokens,output_tokens\n{today},gpt-big,100,50\n{today},other,1,1\n"
        invoice = invoice_add(actor=None, upload=Upload("october.csv", text, "openai"))
    roll_up_tenant(cast.acme.id)
    statements_create(cast.acme.id, last)
    with tenant_scope(cast.acme.id):
        statement = Statement.objects.order_by("number").first()
    assert statement is not None
    return {
        "statement": f"/admin/usage/statements/{statement.pk}",
        "invoice": f"/admin/usage/invoices/{invoice.pk}",
        "call": f"/admin/usage/calls/{call.call_id}",
        "team": f"/admin/teams/{cast.sales.pk}/limits",
    }


@pytest.mark.parametrize("width", [NARROW, 1280])
def test_axe_finds_nothing_on_pages_of_costs(
    spent: dict[str, str], window: Window, connected: Connected, width: int
) -> None:
    page = window(connected.cast.alice, **look(width)).tab(PATHS[0])
    expect(page.get_by_role("figure")).to_have_count(3)
    page.get_by_text("View as table").click()
    expect(page.get_by_role("region", name="Usage by day")).to_be_visible()
    found = violations(page)
    others = (*PATHS[1:], *spent.values()) if width == NARROW else (PATHS[2], spent["statement"])
    for path in others:
        page.goto(page.url.partition("/admin")[0].partition("/settings")[0] + path)
        found += violations(page)
        overflow: Any = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, path
    assert found == []


def test_person_reads_which_limit_is_reached_and_when_it_ends(limited: Connected, window: Window) -> None:
    page = window(limited.cast.bob, reduced_motion="reduce").tab()
    ask(page, "First question")
    expect_end(page)
    ask(page, "Second question")
    conversation = page.get_by_role("region", name="Conversation")
    expect(conversation.get_by_text("A limit of your organisation is reached")).to_be_visible(timeout=LONG_MS)
    expect(conversation.get_by_text("1 request a minute for each person")).to_be_visible()
    expect(conversation.get_by_text("Your message is saved.")).to_be_visible()
    assert len([one for one in limited.host.asked if "Second question" in str(one.body)]) == 0


@pytest.fixture
def limited(connected: Connected) -> Connected:
    """Everybody may ask once a minute."""
    from apps.metering.rates.services import Wanted, rate_limit_set
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        rate_limit_set(actor=None, team=None, wanted=Wanted("person", 1))
    return connected
