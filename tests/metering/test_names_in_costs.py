"""Pages of costs call models by the names that people know; statements keep the name of their time."""

from __future__ import annotations

import datetime as dt
import html
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from apps.tenants.scope import tenant_scope
from tests.metering.budgeting import budget_make, counter_of
from tests.metering.ledger import call_made
from tests.metering.test_usage_page import browser

if TYPE_CHECKING:
    from tests.factories import Cast
    from tests.llm.conftest import Connected


@pytest.fixture
def named(connected: Connected) -> Connected:
    """Calls of last month and of now, by a model whose name is not its slug."""
    from apps.llm.models import Model
    from apps.metering.rollups.upkeep import roll_up_tenant

    now = dt.datetime.now(dt.UTC)
    last = now.replace(day=1) - dt.timedelta(days=2)
    cast, model = connected.cast, connected.chat
    with tenant_scope(cast.acme.id):
        Model.objects.filter(pk=model.pk).update(name="通义千问 & Co")
        for at in (last, now - dt.timedelta(minutes=5)):
            call_made(at, "1.005", user_id=cast.bob.pk, model_id=model.pk, model_slug=model.slug)
    roll_up_tenant(cast.acme.id)
    return connected


def test_pages_and_filters_say_the_models_name(named: Connected) -> None:
    alice = browser(named.cast.acme, named.cast.alice)
    for path in ("/admin/usage?range=90d", "/admin/usage/calls"):
        page = html.unescape(alice.get(path).content.decode())
        assert "通义千问 & Co" in page, path
        assert f">{named.chat.slug}<" not in page, path


def test_a_statement_keeps_the_name_that_its_model_had(named: Connected) -> None:
    from apps.llm.models import Model
    from apps.metering.chargeback.making import statements_due
    from apps.metering.models import Statement

    cast = named.cast
    assert statements_due() >= 1
    with tenant_scope(cast.acme.id):
        Model.objects.filter(pk=named.chat.pk).update(name="Renamed")
        statement = Statement.objects.get()
    alice = browser(cast.acme, cast.alice)
    page = html.unescape(alice.get(f"/admin/usage/statements/{statement.pk}").content.decode())
    assert ("通义千问 & Co" in page, "Renamed" in page) == (True, False)
    answer = alice.get(f"/admin/usage/statements/{statement.pk}?format=csv")
    line = b"".join(answer).decode().splitlines()[1]
    assert f"{named.chat.slug},通义千问 & Co" in line
    assert "1.005000000000" in line


def test_a_team_may_be_named_in_any_script(cast: Cast) -> None:
    from apps.accounts.services import team_create
    from apps.rest.errors import ProblemError

    with tenant_scope(cast.acme.id):
        slugs = [team_create(actor=None, name=name).slug for name in ("Team 東京", "Team 大阪", "Отдел")]
        assert slugs == ["team-東京", "team-大阪", "отдел"]
        with pytest.raises(ProblemError):
            team_create(actor=None, name="🚀")


def test_an_axis_of_people_counts_them_whole() -> None:
    from apps.metering.charts import Words, line_chart

    def scale(*values: int | Decimal) -> tuple[str, str]:
        day = dt.date(2026, 1, 1)
        return line_chart(Words("id", "Title", "Said", "people"), {"": values}, day, day).scale

    assert [scale(count) for count in (1, 2, 3, 5, 6, 30)] == [
        ("2", "1"), ("2", "1"), ("6", "3"), ("6", "3"), ("10", "5"), ("50", "25"),
    ]  # fmt: skip
    assert scale(Decimal("3.5")) == ("5", "2.5")


def test_granted_and_declined_at_once_is_one_of_both(connected: Connected) -> None:
    from apps.accounts.actors import Actor
    from apps.metering.budgets.requests import request_create, request_decide
    from apps.metering.budgets.selectors import own_lines
    from apps.metering.models import BudgetRequest

    cast = connected.cast
    budget = budget_make(cast, amount=1)
    with tenant_scope(cast.acme.id):
        (line,) = own_lines(Actor(cast.bob))
        asked = request_create(actor=Actor(cast.bob), line=line, amount=Decimal(3), reason="More")

    def decide(granted: Decimal | None) -> bool:
        from django.core.exceptions import ValidationError
        from django.db import connections

        try:
            with tenant_scope(cast.acme.id):
                request_decide(actor=Actor(cast.alice), asked=asked, granted=granted)
        except ValidationError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(decide, [Decimal(3), None, Decimal(3), None]))
    with tenant_scope(cast.acme.id):
        state = BudgetRequest.objects.get().state
    assert done.count(True) == 1
    assert counter_of(cast, budget).granted == (3 if state == "granted" else 0)
