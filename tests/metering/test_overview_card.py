"""The administration's overview tells this month's spending, the organisation's budget and who waits."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from tests.metering.budgeting import budget_make
from tests.metering.ledger import call_made
from tests.metering.test_usage_page import browser

if TYPE_CHECKING:
    from tests.factories import Cast


def test_the_overview_tells_what_this_month_came_to(cast: Cast) -> None:
    from apps.metering.rollups.upkeep import roll_up_tenant
    from apps.tenants.scope import tenant_scope

    alice = browser(cast.acme, cast.alice)
    empty = alice.get("/admin/").text
    assert "0 calls, 0 tokens." in empty
    assert "No budget limits the organisation as a whole." in empty
    with tenant_scope(cast.acme.id):
        call_made(dt.datetime.now(dt.UTC), "2", user_id=cast.bob.pk, user_name=cast.bob.name)
    roll_up_tenant(cast.acme.id)
    budget = budget_make(cast, amount="10")
    budget_make(cast, reach="team", subject=cast.sales, amount="10")
    page = alice.get("/admin/").text
    assert "1 call, 150 tokens, 2.00 USD, by 1 person." in page
    assert page.count("<progress") == 1
    assert f'href="/admin/budgets/{budget.pk}"' in page
    assert "0% of 10.00 USD monthly, 10.00 USD left." in page
