"""bin/bench statements: a month of 50 teams and 200,000 calls, counted by day, frozen, read and printed.

A fresh PostgreSQL is filled with an organisation's calls in dollars, which are charged in euros at three
rates and under mark-ups of every kind. What PostgreSQL summed is checked against Python, call by call.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import time
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from bench.installation import installation

if TYPE_CHECKING:
    from collections.abc import Callable

MONTH: Final = dt.date(2026, 10, 1)
STEP: Final = Decimal("0.000000000001")
MODELS: Final = 8
PEOPLE_PER_TEAM: Final = 20

_CALLS: Final = """
INSERT INTO metering_usagerecord (
    id, tenant_id, call_id, state, purpose, step, team_id, team_name, user_id, user_name, vendor, base_url,
    connection_id, connection_name, model_id, model_slug, model_asked, model_answered, reserved_input,
    reserved_output, tokens_input, tokens_cached, tokens_output, tokens_reasoning, estimated, unit, units,
    currency, cost, finish, error_kind, ms_first, ms_total, created_at, closed_at)
SELECT gen_random_uuid(), %(tenant)s, gen_random_uuid(), 'settled', 'reply', '',
       t.id, t.name, md5(t.name || (n / 50 %% %(people)s))::uuid, 'Person ' || (n / 50 %% %(people)s),
       'openai', '', md5('connection')::uuid, 'OpenAI',
       md5('model' || n %% %(models)s)::uuid, 'model-' || n %% %(models)s, 'm', 'm', 0, 0,
       200 + n * 7 %% 3000, 0, 50 + n * 13 %% 900, 0, false, '', 0,
       'USD', ((200 + n * 7 %% 3000) * 3 + (50 + n * 13 %% 900) * 15) * (1 + n %% %(models)s) / 1000000.0,
       'stop', '', 300, 2000, at, at + interval '2 seconds'
FROM generate_series(0, %(calls)s - 1) AS n
JOIN (SELECT id, name, row_number() OVER (ORDER BY name) - 1 AS place FROM accounts_team
      WHERE tenant_id = %(tenant)s AND NOT is_everyone) AS t ON t.place = n %% %(teams)s
CROSS JOIN LATERAL (
    SELECT timestamptz '2026-09-30 22:00:00+00' + n * (interval '2678400 s' / %(calls)s)
) AS m(at)
"""


def main() -> None:
    """Fill, count, freeze, check, read; `--json FILE` keeps the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--teams", type=int, default=50)
    parser.add_argument("--json", type=Path, help="write figures to this file")
    options = parser.parse_args()
    with installation(None):
        figures = _measured(options.calls, options.teams)
    print(json.dumps(figures, indent=1))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _measured(calls: int, teams: int) -> dict[str, Any]:
    from apps.metering.chargeback.making import statements_create
    from apps.metering.rollups.upkeep import roll_up_tenant

    tenant_id = _organisation(teams)
    figures: dict[str, Any] = {"calls": calls, "teams": teams}
    figures["fill_s"] = _timed(lambda: _fill(tenant_id, calls, teams))[1]
    figures["days_s"] = _timed(lambda: roll_up_tenant(tenant_id))[1]
    made, figures["statements_s"] = _timed(lambda: statements_create(tenant_id, MONTH))
    if made != teams:
        raise SystemExit(f"{made} statements were made for {teams} teams.")
    figures["sums_exact"] = _is_exact(tenant_id)
    figures["frozen"] = _is_frozen(tenant_id)
    figures |= _read(tenant_id)
    return figures


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    found = work()
    return found, round(time.perf_counter() - begun, 3)


def _organisation(teams: int) -> UUID:
    """With teams, rates and mark-ups."""
    from apps.accounts.models import TenantSettings
    from apps.accounts.services import team_create, tenant_bootstrap
    from apps.metering.models import ExchangeRate, Markup
    from apps.tenants.models import Tenant
    from apps.tenants.platform import PLATFORM, platform_scope
    from apps.tenants.scope import tenant_scope

    with platform_scope():
        tenant = Tenant.objects.using(PLATFORM).create(slug=f"bench-{uuid4().hex[:8]}")
    with tenant_scope(tenant.id):
        tenant_bootstrap(tenant_id=tenant.id, name="Bench")
        TenantSettings.objects.update(currency="EUR", time_zone="Europe/Berlin")
        made = [team_create(actor=None, name=f"Team {number:02}") for number in range(teams)]
        for day, rate in ((1, "0.9"), (12, "0.8765432109"), (25, "0.91")):
            at = dt.datetime(2026, 9 if day == 1 else 10, day, tzinfo=dt.UTC)
            ExchangeRate.objects.create(currency="USD", into="EUR", rate=Decimal(rate), valid_from=at)
        early = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        Markup.objects.create(percent=Decimal(10), valid_from=early)
        for team in made[::5]:
            Markup.objects.create(percent=Decimal("12.5"), team_id=team.pk, valid_from=early)
    tenant_id: UUID = tenant.id
    return tenant_id


def _fill(tenant_id: UUID, calls: int, teams: int) -> None:
    from django.db import connections

    from apps.tenants.platform import PLATFORM, platform_scope

    values: dict[str, Any] = {
        "tenant": tenant_id, "calls": calls, "teams": teams, "models": MODELS, "people": PEOPLE_PER_TEAM,
    }  # fmt: skip
    with platform_scope(), connections[PLATFORM].cursor() as cursor:
        cursor.execute(_CALLS, values)
        cursor.execute("ANALYZE metering_usagerecord")


def _is_exact(tenant_id: UUID) -> bool:
    """Whether every statement is the sum of its calls, each converted by Python, and its charge is too."""
    from apps.metering.models import DailyUsage, Markup, Statement, UsageRecord
    from apps.metering.pricebook.book import price_book
    from apps.tenants.scope import tenant_scope

    amounts: dict[tuple[UUID | None, UUID], Decimal] = {}
    with tenant_scope(tenant_id):
        book = price_book(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        rows = UsageRecord.objects.values_list("team_id", "model_id", "cost", "currency", "created_at")
        for team_id, model_id, cost, currency, at in rows.iterator(chunk_size=20_000):
            worth = book.in_tenant_currency(cost or Decimal(0), currency, at) or Decimal(0)
            amounts[team_id, model_id] = amounts.get((team_id, model_id), Decimal(0)) + worth
        percents = dict(Markup.objects.values_list("team_id", "percent"))
        for statement in Statement.objects.all():
            own = [amount for (team_id, _), amount in amounts.items() if team_id == statement.team_id]
            factor = 1 + percents.get(statement.team_id, percents[None]) / 100
            charge = sum((amount * factor).quantize(STEP, rounding=ROUND_HALF_UP) for amount in own)
            if (statement.amount, statement.charge) != (sum(own), charge):
                return False
        days = sum((row.amount for row in DailyUsage.objects.all()), Decimal(0))
    return days == sum(amounts.values())


def _is_frozen(tenant_id: UUID) -> bool:
    from django.db import ProgrammingError

    from apps.metering.models import Statement
    from apps.tenants.scope import tenant_scope

    try:
        with tenant_scope(tenant_id):
            Statement.objects.update(charge=0)
    except ProgrammingError:
        return True
    return False


def _read(tenant_id: UUID) -> dict[str, float]:
    """The usage page's reads, and all statements as PDF."""
    from apps.metering.chargeback.document import statement_pdf
    from apps.metering.chargeback.selectors import lines_of
    from apps.metering.models import Statement
    from apps.metering.usage import selectors
    from apps.metering.usage.filters import NARROWING, Sight, Wanted
    from apps.tenants.scope import tenant_scope

    sight = Sight(uuid4(), is_all=True)
    wanted = Wanted(MONTH, dt.date(2026, 10, 31), "", {})

    def page() -> None:
        with tenant_scope(tenant_id):
            selectors.used_days(sight, wanted)
            selectors.used_in_all(sight, wanted)
            selectors.tokens_by_model(sight, wanted)
            selectors.choices(sight, wanted)
            for what in NARROWING:
                selectors.used_by(sight, wanted, what)

    def print_all() -> None:
        with tenant_scope(tenant_id):
            for statement in Statement.objects.all():
                statement_pdf(statement, lines_of(statement))

    return {
        "usage_page_reads_s": sorted(_timed(page)[1] for _ in range(5))[2],
        "pdfs_s": _timed(print_all)[1],
    }


if __name__ == "__main__":
    main()
