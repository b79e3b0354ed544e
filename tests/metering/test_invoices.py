"""Invoices beside the ledger: read in every form, compared by model and day, kept and exported."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from apps.metering.invoices.reading import FORMS, Columns, UnreadableInvoiceError, read_invoice
from apps.tenants.scope import tenant_scope
from tests.metering.ledger import call_made

if TYPE_CHECKING:
    from tests.factories import Cast

MAY = dt.date(2026, 5, 4)
OPENAI_COSTS = """start_time,start_time_iso,amount_value,amount_currency,line_item,project_id
1777852800,2026-05-04T00:00:00+00:00,1.25,usd,"gpt-big-2026-01-01, input",p
1777852800,2026-05-04T00:00:00+00:00,0.5,usd,"gpt-big-2026-01-01, output",p
1777852800,2026-05-04T00:00:00+00:00,,usd,,p
"""
OPENAI_USAGE = """start_time,end_time,num_model_requests,model,input_tokens,output_tokens
1777852800,1777939200,2,gpt-big-2026-01-01,200,100
1777939200,1778025600,1,gpt-small,7,8
"""
ANTHROPIC_USAGE = """usage_date_utc,model_version,api_key,workspace,usage_type,context_window,\
usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,\
usage_input_tokens_cache_read,usage_output_tokens,web_search_count
2026-05-04,claude-x,k,w,message,≤ 200k,10,1,2,100,50,0
2026-05-04,claude-x,other,w,message,≤ 200k,5,0,0,0,1,0
"""


def test_openais_costs_are_added_up_by_day_and_model() -> None:
    read = read_invoice(OPENAI_COSTS, FORMS["openai"][1])
    assert (read.currency, read.skipped) == ("USD", 1)
    assert list(read.lines) == [(MAY, "gpt-big-2026-01-01")]
    line = read.lines[MAY, "gpt-big-2026-01-01"]
    assert (line.amount, line.tokens_input) == (Decimal("1.75"), None)


def test_usage_exports_give_tokens_with_what_was_cached() -> None:
    usage = read_invoice(OPENAI_USAGE, FORMS["openai"][1])
    assert [(day.day, model) for day, model in usage.lines] == [(4, "gpt-big-2026-01-01"), (5, "gpt-small")]
    line = read_invoice(ANTHROPIC_USAGE, FORMS["anthropic"][1]).lines[MAY, "claude-x"]
    assert (line.tokens_input, line.tokens_output, line.amount) == (118, 51, None)


def test_other_files_are_read_by_naming_their_columns() -> None:
    columns = Columns(("Datum",), ("Modell",), ("Ein",), (), ("Betrag",))
    read = read_invoice(
        "Datum;Modell;Ein;Betrag\n2026-05-04;m;1.000;1.234,50 €\n2026-05-04;m;;0,25\n", columns
    )
    line = read.lines[MAY, "m"]
    assert (line.tokens_input, line.amount) == (1, Decimal("1234.75"))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234", "1234"), ("1,234.5", "1234.5"), ("1.234,5", "1234.5"), ("0,25", "0.25"),
        ("$ -3.50", "-3.5"), ("1,234,567", "1234567"), ("1.234.567", "1234567"), ("2e-6", "0.000002"),
        ("", None), ("n/a", None), ("1e99", None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_and_programs_write_them(text: str, number: str | None) -> None:
    from apps.metering.invoices.reading import _number

    assert _number(text) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column for: day, model"),
        ("a,b\n1,2\n", "It has: a, b"),
        ("date,model,input_tokens\n,,\n", "No row names a day and a model"),
        ("date,model\n2026-05-04,m\n", "tokens or amount"),
    ],
)
def test_what_can_not_be_read_says_why(text: str, words: str) -> None:
    with pytest.raises(UnreadableInvoiceError) as refused:
        read_invoice(text, FORMS["openai"][1])
    assert words in str(refused.value)


def test_differences_by_model_and_day_are_kept_as_they_were(cast: Cast) -> None:
    from apps.metering.invoices.selectors import lines_of, sides_of
    from apps.metering.invoices.services import Upload, invoice_add

    noon = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
    with tenant_scope(cast.acme.id):
        for _ in range(2):
            call_made(noon, "0.9", model_answered="gpt-big-2026-01-01")
        call_made(noon, "3", model_asked="unbilled")
        invoice = invoice_add(actor=None, upload=Upload("may.csv", OPENAI_COSTS, "openai"))
        call_made(noon, "50", model_answered="gpt-big-2026-01-01")
        found = [(line.model, line.amount, line.own_amount, line.own_calls) for line in lines_of(invoice)]
        assert found == [
            ("gpt-big-2026-01-01", Decimal("1.75"), Decimal("1.8"), 2), ("unbilled", None, Decimal(3), 1),
        ]  # fmt: skip
        assert sides_of(invoice).difference == Decimal("1.75") - Decimal("4.8")
        usage = invoice_add(actor=None, upload=Upload("usage.csv", OPENAI_USAGE, "openai"))
        differing = [(line.day.day, line.model) for line in lines_of(usage, differing=True)]
        assert differing == [(4, "gpt-big-2026-01-01"), (4, "unbilled"), (5, "gpt-small")]
