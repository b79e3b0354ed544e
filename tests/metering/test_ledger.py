"""The ledger: unique calls, closed once, and settled by upkeep when a worker died."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.factories import Organisation

NOW = dt.datetime.now(dt.UTC)


def _reserve(organisation: Organisation, **changes: Any) -> Any:
    from apps.metering import services as metering
    from apps.tenants.scope import tenant_scope

    call_id = changes.pop("call_id", None) or uuid4()
    override = changes.pop("price", metering.Price(Decimal(1), Decimal(2), "EUR"))
    item = metering.Item("v", "", uuid4(), "Host", uuid4(), "slug", "asked", override)
    bound = changes.pop("bound", metering.Bound(100, 50))
    with tenant_scope(organisation.id):
        metering.usage_reserve(
            call_id=call_id,
            payer=metering.Payer(),
            item=item,
            cause=metering.Cause("reply", run_id=changes.pop("run_id", None)),
            bound=bound,
            at=dt.datetime.now(dt.UTC),
        )
        if changes:
            from apps.metering.models import UsageRecord

            UsageRecord.objects.filter(call_id=call_id).update(**changes)
    return call_id, item


def _row(organisation: Organisation, call_id: Any) -> Any:
    from apps.metering.models import UsageRecord
    from apps.tenants.scope import tenant_scope

    with tenant_scope(organisation.id):
        return UsageRecord.objects.get(call_id=call_id)


def test_call_id_is_unique_in_a_tenant(acme: Organisation, globex: Organisation) -> None:
    from django.db import IntegrityError

    call_id, _ = _reserve(acme)
    with pytest.raises(IntegrityError):
        _reserve(acme, call_id=call_id)
    assert _reserve(globex, call_id=call_id)[0] == call_id


def test_row_is_closed_once(acme: Organisation) -> None:
    from apps.metering import services as metering
    from apps.tenants.scope import tenant_scope

    call_id, item = _reserve(acme)
    with tenant_scope(acme.id):
        for tokens in (metering.Tokens(10, 20), metering.Tokens(9, 9)):
            charge = metering.charge_now(item, tokens)
            metering.usage_close([metering.settled(call_id, tokens, charge, metering.Ending("stop"))])
        metering.usage_close([metering.released(call_id, metering.Ending(error_kind="late"))])
    row = _row(acme, call_id)
    assert (row.state, row.tokens_output, row.cost) == ("settled", 20, Decimal("0.00005"))


def test_application_can_not_delete_a_row(acme: Organisation) -> None:
    from django.db import ProgrammingError

    from apps.metering.models import UsageRecord
    from apps.tenants.scope import tenant_scope

    call_id, _ = _reserve(acme)
    with pytest.raises(ProgrammingError), tenant_scope(acme.id):
        UsageRecord.objects.filter(call_id=call_id).delete()
    assert _row(acme, call_id).state == "reserved"


def test_nobody_changes_a_closed_row(acme: Organisation) -> None:
    from django.db import IntegrityError

    from apps.metering.models import UsageRecord
    from apps.tenants.platform import platform_scope
    from apps.tenants.scope import tenant_scope
    from tests.metering.ledger import call_made

    with tenant_scope(acme.id):
        made = [call_made(NOW), call_made(NOW, None, state="released")]
    for row in made:
        with pytest.raises(IntegrityError, match="never changed"), tenant_scope(acme.id):
            UsageRecord.objects.filter(pk=row.pk).update(cost=0)
        with pytest.raises(IntegrityError, match="never changed"), platform_scope():
            UsageRecord.across.filter(pk=row.pk).update(created_at=NOW - dt.timedelta(days=40))
    assert (_row(acme, made[0].call_id).cost, _row(acme, made[0].call_id).created_at) == (1, NOW)


def test_upkeep_settles_what_outlived_every_call(acme: Organisation) -> None:
    from apps.metering.upkeep import settle_stale

    old, _ = _reserve(acme, created_at=NOW - dt.timedelta(minutes=40))
    young, _ = _reserve(acme, created_at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=20))
    settle_stale()
    row = _row(acme, old)
    assert (row.state, row.finish, row.error_kind, row.estimated) == ("settled", "interrupted", "lost", True)
    assert (row.tokens_input, row.tokens_output, row.cost) == (100, 0, Decimal("0.0001"))
    assert _row(acme, young).state == "reserved"


def test_upkeep_settles_a_minute_after_the_run_by_what_its_log_holds(acme: Organisation) -> None:
    from apps.metering import services as metering
    from apps.metering.upkeep import settle_stale
    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    with tenant_scope(acme.id):
        run = Run.objects.create(
            kind="reply",
            team_id=uuid4(),
            user_id=uuid4(),
            state="interrupted",
            position=120,
            ended_at=NOW - dt.timedelta(minutes=2),
        )
    created = NOW - dt.timedelta(minutes=3)
    chat, _ = _reserve(acme, run_id=run.pk, created_at=created)
    vectors, _ = _reserve(acme, run_id=run.pk, created_at=created, bound=metering.Bound(100))
    settle_stale()
    assert _row(acme, chat).tokens_output == 30
    assert _row(acme, vectors).tokens_output == 0


def test_upkeep_settles_the_pieces_that_were_reserved(acme: Organisation) -> None:
    from apps.metering import services as metering
    from apps.metering.upkeep import settle_stale

    bound = metering.Bound(10, units=3, unit="picture")
    price = metering.Price(Decimal(0), Decimal(0), "USD", Decimal("0.04"))
    lost, _ = _reserve(acme, created_at=NOW - dt.timedelta(minutes=40), bound=bound, price=price)
    settle_stale()
    row = _row(acme, lost)
    assert (row.unit, row.units, row.estimated, row.cost) == ("picture", 3, True, Decimal("0.12"))
