"""Changes of the price book: versions that never touch the past, audited, and taken over in time."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.rest.errors import ProblemError
from apps.tenants.scope import tenant_scope
from tests.metering.ledger import call_made

if TYPE_CHECKING:
    from tests.factories import Cast, Organisation
    from tests.llm.conftest import Connected

NOW = dt.datetime.now(dt.UTC)


def _known(connected: Connected) -> Any:
    from apps.metering.known_models import known_model

    found = known_model(connected.chat.pk)
    assert found is not None
    return found


def test_another_currency_and_its_first_rate_count_earlier_calls_anew(acme: Organisation) -> None:
    from apps.audit.models import AuditEvent
    from apps.metering.models import DailyUsage
    from apps.metering.pricebook.services import currency_set, exchange_rate_add
    from apps.metering.rollups.upkeep import roll_up_tenant

    with tenant_scope(acme.id):
        call_made(NOW - dt.timedelta(days=3), "10")
    roll_up_tenant(acme.id)
    with tenant_scope(acme.id):
        currency_set(actor=None, currency="EUR")
    roll_up_tenant(acme.id)
    with tenant_scope(acme.id):
        assert DailyUsage.objects.get().unpriced == 1
        exchange_rate_add(
            actor=None, currency="USD", rate=Decimal("0.9"), valid_from=NOW - dt.timedelta(days=5)
        )
    roll_up_tenant(acme.id)
    with tenant_scope(acme.id):
        row = DailyUsage.objects.get()
        assert (row.unpriced, row.cost, row.amount) == (0, Decimal(10), Decimal(9))
        assert (
            AuditEvent.objects.filter(action__in=["tenant.currency_set", "exchange_rate.added"]).count() == 2
        )


def test_a_version_never_begins_in_the_past_of_another(acme: Organisation) -> None:
    from apps.metering.pricebook.services import exchange_rate_add, markup_add

    with tenant_scope(acme.id):
        exchange_rate_add(actor=None, currency="EUR", rate=Decimal(1))
        markup_add(actor=None, percent=Decimal(5), valid_from=NOW + dt.timedelta(days=9))
        for work in (
            lambda: exchange_rate_add(
                actor=None, currency="EUR", rate=Decimal(2), valid_from=NOW - dt.timedelta(days=1)
            ),
            lambda: markup_add(actor=None, percent=Decimal(6), valid_from=NOW + dt.timedelta(days=9)),
            lambda: markup_add(actor=None, percent=Decimal(6), valid_from=NOW.replace(year=9999)),
            lambda: exchange_rate_add(actor=None, currency="CHF", rate=Decimal(10) ** 8),
            lambda: exchange_rate_add(actor=None, currency="USD", rate=Decimal(1)),
            lambda: exchange_rate_add(actor=None, currency="euro", rate=Decimal(1)),
            lambda: markup_add(actor=None, percent=Decimal(-101)),
        ):
            with pytest.raises(ProblemError) as refused:
                work()
            assert refused.value.status == 400


def test_every_price_of_a_model_stands_in_the_book(connected: Connected) -> None:
    from apps.llm.models import Model
    from apps.llm.services import model_update
    from apps.metering.models import ModelPrice
    from apps.metering.pricebook.services import price_plan
    from apps.metering.prices import Price

    with tenant_scope(connected.cast.acme.id):
        model_update(actor=None, model=connected.chat, changes={"price_input": Decimal(4)})
        price_plan(actor=None, model=_known(connected), price=Price(Decimal(5), Decimal(6), "EUR"))
        again = Model.objects.get(pk=connected.chat.pk)
        model_update(actor=None, model=again, changes={"name": "Renamed"})
        rows = ModelPrice.objects.filter(model_id=connected.chat.pk).order_by("valid_from")
        assert [(row.price_input, row.currency) for row in rows] == [
            (Decimal(3), "USD"), (Decimal(4), "USD"), (Decimal(5), "EUR"),
        ]  # fmt: skip


def test_a_planned_price_holds_when_its_time_comes(connected: Connected) -> None:
    from apps.metering.models import ModelPrice
    from apps.metering.pricebook.services import price_plan
    from apps.metering.pricebook.upkeep import apply_due_prices
    from apps.metering.prices import Price

    soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    tenant_id = connected.cast.acme.id
    with tenant_scope(tenant_id):
        row = price_plan(
            actor=None, model=_known(connected), price=Price(Decimal(9), Decimal(9), "USD"), valid_from=soon
        )
    apply_due_prices()
    with tenant_scope(tenant_id):
        assert _known(connected).price == Price(Decimal(3), Decimal(15), "USD")
        ModelPrice.objects.filter(pk=row.pk).update(valid_from=dt.datetime.now(dt.UTC))
    assert apply_due_prices() >= 1
    with tenant_scope(tenant_id):
        assert _known(connected).price == Price(Decimal(9), Decimal(9), "USD")
        assert ModelPrice.objects.get(pk=row.pk).applied_at is not None


def test_correction_is_a_row_of_its_own_that_counts_now(cast: Cast) -> None:
    from apps.accounts.actors import Actor
    from apps.audit.models import AuditEvent
    from apps.metering.ledger.services import Figures, usage_correct
    from apps.metering.models import DailyUsage, UsageRecord
    from apps.metering.rollups.upkeep import roll_up_tenant

    actor = Actor(cast.alice)
    with tenant_scope(cast.acme.id):
        call = call_made(NOW - dt.timedelta(days=40), "10", user_id=cast.bob.pk)
        before = UsageRecord.objects.filter(pk=call.pk).values().get()
        wanted = Figures(100, 20, Decimal("7.5"))
        usage_correct(actor=actor, call_id=call.call_id, wanted=wanted, reason="The host counted twice.")
        row = UsageRecord.objects.get(corrects_id=call.call_id)
        assert (row.tokens_input, row.tokens_output, row.cost) == (0, -30, Decimal("-2.5"))
        assert (row.user_id, row.reason) == (cast.bob.pk, "The host counted twice.")
        usage_correct(
            actor=actor, call_id=call.call_id, wanted=Figures(100, 20, Decimal(8)), reason="Not as much."
        )
        for figures, reason in ((Figures(100, 20, Decimal(8)), "Again."), (wanted, " ")):
            with pytest.raises(ProblemError):
                usage_correct(actor=actor, call_id=call.call_id, wanted=figures, reason=reason)
        assert UsageRecord.objects.filter(pk=call.pk).values().get() == before
        assert AuditEvent.objects.filter(action="usage.corrected").count() == 2
    roll_up_tenant(cast.acme.id)
    with tenant_scope(cast.acme.id):
        days = {row.day: (row.calls, row.cost) for row in DailyUsage.objects.all()}
    assert sorted(days.values()) == [(0, Decimal(-2)), (1, Decimal(10))]
    assert days[max(days)] == (0, Decimal(-2))


def test_correction_counts_in_the_present_period_of_a_budget(cast: Cast) -> None:
    from apps.accounts.actors import Actor
    from apps.metering.ledger.services import Figures, usage_correct
    from apps.metering.models import Budget, BudgetCounter

    with tenant_scope(cast.acme.id):
        for unit in ("money", "tokens"):
            Budget.objects.create(
                reach="tenant", subject_id=cast.acme.id, subject_name="Acme", unit=unit, amount=1000,
                period="month",
            )  # fmt: skip
        call = call_made(NOW - dt.timedelta(days=40), "10")
        wanted = Figures(90, 50, Decimal(12))
        usage_correct(actor=Actor(cast.alice), call_id=call.call_id, wanted=wanted, reason="Why not.")
        spent = {row.budget.unit: row.spent for row in BudgetCounter.objects.select_related("budget")}
    assert spent == {"money": Decimal(2), "tokens": Decimal(-10)}
