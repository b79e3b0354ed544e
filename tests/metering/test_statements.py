"""Monthly statements: exact, frozen, one per team, and nothing of a month comes after them."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from apps.tenants.scope import tenant_scope
from tests.metering.ledger import call_made

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast

OCTOBER = dt.date(2026, 10, 1)
TOKYO = "Asia/Tokyo"
OTHER = uuid4()


def _at(day: int, hour: int = 12, month: int = 10) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, tzinfo=dt.UTC)


@pytest.fixture
def october(cast: Cast) -> Cast:
    """In Tokyo: two models for engineering, one for sales, a call for no team; mark-ups of every kind."""
    from apps.accounts.models import TenantSettings
    from apps.metering.models import ExchangeRate, Markup

    engineering: dict[str, Any] = {"team_id": cast.engineering.pk, "team_name": "Old name"}
    sales: dict[str, Any] = {"team_id": cast.sales.pk, "team_name": "Sales"}
    long_ago = _at(1, month=1)
    with tenant_scope(cast.acme.id):
        TenantSettings.objects.update(time_zone=TOKYO, currency="EUR")
        ExchangeRate.objects.create(currency="USD", into="EUR", rate=Decimal("0.5"), valid_from=long_ago)
        ExchangeRate.objects.create(currency="USD", into="EUR", rate=Decimal("0.25"), valid_from=_at(20))
        for percent, since, where in (
            ("10", long_ago, {}),
            ("20", long_ago, {"team_id": cast.engineering.pk}),
            ("33.333", long_ago, {"team_id": cast.engineering.pk, "model_id": OTHER}),
            ("0", _at(25), {"team_id": cast.engineering.pk}),
        ):
            Markup.objects.create(percent=Decimal(percent), valid_from=since, **where)
        call_made(_at(30, 14, month=9), "100", **engineering)
        call_made(_at(30, 15, month=9), "3", user_id=cast.bob.pk, **engineering)
        call_made(_at(21), "0.000000000001", user_id=cast.bob.pk, **engineering)
        call_made(_at(26), "8", user_id=cast.alice.pk, **engineering)
        call_made(_at(22), "1", model_id=OTHER, model_slug="other", **engineering)
        call_made(_at(5), "2", **sales)
        call_made(_at(6), None, **sales)
        call_made(_at(7), "4")
        call_made(_at(31, 15), "100", **sales)
        call_made(_at(8), None, state="released", **sales)
    return cast


def _made(cast: Cast, month: dt.date = OCTOBER) -> int | None:
    from apps.metering.chargeback.making import statements_create

    return statements_create(cast.acme.id, month)


def _all(cast: Cast) -> list[Any]:
    from apps.metering.models import Statement

    with tenant_scope(cast.acme.id):
        return list(Statement.objects.order_by("number"))


def test_sums_are_exact_with_rates_and_mark_ups_of_each_calls_moment(october: Cast) -> None:
    assert _made(october) == 3
    nobody, engineering, sales = _all(october)
    assert [row.number for row in (nobody, engineering, sales)] == [1, 2, 3]
    assert (nobody.team_id, nobody.charge) == (None, Decimal("2.2"))
    assert (engineering.team_name, engineering.calls, engineering.people) == ("Engineering", 4, 2)
    assert engineering.amount == Decimal("1.5") + Decimal(2) + Decimal("0.25")
    assert engineering.charge == Decimal("1.8") + Decimal(2) + Decimal("0.3333325")
    assert (sales.calls, sales.unpriced, sales.amount, sales.charge) == (2, 1, Decimal(1), Decimal("1.1"))


def test_statements_together_are_the_ledgers_month(october: Cast) -> None:
    from apps.metering.models import StatementLine, UsageRecord
    from apps.metering.pricebook.book import price_book

    _made(october)
    with tenant_scope(october.acme.id):
        book = price_book(_at(1, month=1))
        span = {"created_at__gte": _at(30, 15, month=9), "created_at__lt": _at(31, 15)}
        worth = sum(
            book.in_tenant_currency(row.cost, row.currency, row.created_at) or Decimal(0)
            for row in UsageRecord.objects.filter(**span)
            if row.cost is not None
        )
        lines = list(StatementLine.objects.all())
    assert sum(row.amount for row in _all(october)) == worth == sum(line.amount for line in lines)
    assert sum(row.charge for row in _all(october)) == sum(line.charge for line in lines)


def test_made_twice_or_too_early_changes_nothing(october: Cast) -> None:
    assert _made(october) == 3
    assert _made(october) == 0
    assert _made(october, dt.datetime.now(dt.UTC).date().replace(day=1)) is None
    with tenant_scope(october.acme.id):
        call_made(_at(3, month=8), None, state="reserved")
    assert _made(october, dt.date(2026, 8, 1)) is None
    assert len(_all(october)) == 3


def test_the_application_can_not_write_what_is_frozen(october: Cast) -> None:
    from django.db import ProgrammingError

    from apps.metering.models import Statement, StatementLine

    _made(october)
    before = [(row.number, row.charge) for row in _all(october)]
    for model in (Statement, StatementLine):
        verbs: list[Callable[[Any], object]] = [
            lambda m: m.objects.update(charge=0),
            lambda m: m.objects.all().delete(),
            lambda m: m.objects.first().save(force_insert=True),
        ]
        for verb in verbs:
            with pytest.raises(ProgrammingError), tenant_scope(october.acme.id):
                verb(model)
    assert [(row.number, row.charge) for row in _all(october)] == before


def test_maintenance_makes_every_month_that_is_over(october: Cast) -> None:
    from apps.audit.models import AuditEvent
    from apps.metering.chargeback.making import _catch_up

    assert _catch_up(october.acme.id) >= 4
    found = [(row.month, row.number) for row in _all(october)]
    assert [number for _, number in found] == list(range(1, len(found) + 1))
    assert {month for month, _ in found} == {dt.date(2026, 9, 1), OCTOBER}
    assert _catch_up(october.acme.id) == 0
    with tenant_scope(october.acme.id):
        assert AuditEvent.objects.filter(action="statements.created").count() == 2


@pytest.mark.parametrize("moved", ["America/New_York", "Pacific/Kiritimati"])
def test_no_call_is_charged_twice_or_never_where_the_time_zone_moves(cast: Cast, moved: str) -> None:
    from apps.accounts.models import TenantSettings
    from apps.metering.chargeback.making import _catch_up

    hours = [dt.datetime(2026, 8, 31, 0, tzinfo=dt.UTC) + dt.timedelta(hours=n) for n in range(49)]
    with tenant_scope(cast.acme.id):
        TenantSettings.objects.update(time_zone="UTC")
        for at in hours:
            call_made(at)
    assert _made(cast, dt.date(2026, 8, 1)) == 1
    with tenant_scope(cast.acme.id):
        TenantSettings.objects.update(time_zone=moved)
        call_made(dt.datetime(2026, 10, 15, tzinfo=dt.UTC))
    _catch_up(cast.acme.id)
    found = _all(cast)
    assert [row.month.month for row in found] == [8, 9, 10]
    assert sum(row.calls for row in found) == len(hours) + 1
    assert found[1].starts_at == found[0].ends_at
    assert _made(cast, dt.date(2026, 7, 1)) == 0, "what is frozen after it is frozen before it"


def test_what_was_begun_before_midnight_is_waited_for(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call of the month's last second may be committed a moment after it."""
    from django.utils import timezone

    from apps.metering.chargeback import making

    end = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    with tenant_scope(cast.acme.id):
        call_made(end - dt.timedelta(days=1))
    for seconds, made in ((1, None), (119, None), (121, 1)):
        monkeypatch.setattr(timezone, "now", lambda later=seconds: end + dt.timedelta(seconds=later))
        assert making.statements_create(cast.acme.id, OCTOBER) == made


def test_an_export_of_many_statements_asks_for_all_lines_at_once(october: Cast) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.metering.chargeback.views import cells
    from apps.metering.models import Statement

    _made(october)
    with tenant_scope(october.acme.id), CaptureQueriesContext(connection) as queries:
        rows = list(cells(Statement.objects.order_by("number")))
    assert (len(rows) >= 5, len(queries)) == (True, 2)


def test_a_statement_as_pdf_reads_as_its_rows(october: Cast) -> None:
    import pypdfium2

    from apps.metering.chargeback.document import statement_pdf
    from apps.metering.chargeback.selectors import lines_of

    _made(october)
    with tenant_scope(october.acme.id):
        statement = _all(october)[1]
        lines = lines_of(statement)
    statement.team_name = "Ünïversität Łódź Ωμέγα 研究"
    made = statement_pdf(statement, lines)
    assert statement_pdf(statement, lines) == made
    text = pypdfium2.PdfDocument(io.BytesIO(made))[0].get_textpage().get_text_range()
    for words in (
        "Ünïversität Łódź Ωμέγα",
        "October 2026",
        "big-model",
        "33.333%",
        "4.13 EUR",
        "Page 1 of 1",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("Strategische Unternehmensentwicklung und " * 4 + "Ende", "Ende"),
        ("X" * 200, "X" * 30), ("Отдел Ψ", "Отдел Ψ"), ("פיתוח R&D צוות", "R&D"),
        ("开发部 한국 東京", "开发部 한국 東京"),
        ("कार्यदल", "दल"), ("ฝ่ายขาย", "ขาย"), ("فريق المبيعات", "ق"), ("Team 🚀 ፊደል", "Team ?"),
    ],
)  # fmt: skip
def test_a_pdf_has_every_name_or_says_that_letters_are_missing(october: Cast, name: str, read: str) -> None:
    import pypdfium2

    from apps.metering.chargeback.document import statement_pdf

    _made(october)
    statement = _all(october)[-1]
    statement.team_name = statement.organisation = name
    lines = _lines_of(october, statement)
    lines[0].model_slug, lines[0].model_name = "m" * 100, "通义千问" if "开" in name else ""
    with pypdfium2.PdfDocument(statement_pdf(statement, lines)) as document:
        text = document[0].get_textpage().get_text_range()
        right = max(
            box[2] for n in range(len(text)) if (box := document[0].get_textpage().get_charbox(n)) is not None
        )
        width = document[0].get_width()
    assert read in text.replace("\r\n", " ").replace("  ", " ")
    assert ("stands for letters that cannot be printed" in text.replace("\r\n", " ")) is ("?" in read)
    assert ("通义千问" in text) is ("开" in name)
    assert right <= width - 20, "nothing runs over the margin"


def _lines_of(cast: Cast, statement: Any) -> list[Any]:
    from apps.metering.chargeback.selectors import lines_of

    with tenant_scope(cast.acme.id):
        return lines_of(statement)


def test_command_freezes_a_month_and_says_when_it_is_too_early(october: Cast) -> None:
    from django.core.management import CommandError, call_command

    said = io.StringIO()
    options: dict[str, Any] = {"tenant": october.acme.slug, "json": True}
    call_command("statements", month="2026-10", stdout=said, **options)
    assert said.getvalue().strip() == '{"statements": 3}'
    with pytest.raises(CommandError, match="not over yet"):
        call_command("statements", month=f"{dt.datetime.now(dt.UTC):%Y-%m}", **options)
    with pytest.raises(CommandError, match="YYYY-MM"):
        call_command("statements", month="October", **options)
