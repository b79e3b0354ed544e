"""Invoices beside the ledger: read in every form, compared by model and day, kept and exported."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from apps.metering.invoices.layouts import FORMS, Columns, recognised
from apps.metering.invoices.naming import Names, model_of_meter
from apps.metering.invoices.reading import Sheet, UnreadableInvoiceError, read_invoice, text_of
from apps.metering.invoices.values import day_of, decimal_mark, number
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
    assert (line.tokens_input, line.amount) == (1000, Decimal("1234.75"))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1,234.5", "1234.5"), ("1.234,5", "1234.5"), ("0,25", "0.25"),
        ("$ -3.50", "-3.5"), ("1,234,567", "1234567"), ("1.234.567", "1234567"), ("2e-6", "0.000002"),
        ("0,123", "0.123"), ("12.3 EUR", "12.3"), ("EUR 1.234,5", "1234.5"), ("(3.50)", "-3.5"),
        ("1 234,5", "1234.5"), ("1'234.5", "1234.5"), ("US$12", "12"), ("1.5E-05", "0.000015"),
        ("", None), ("n/a", None), ("1e99", None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_and_programs_write_them(text: str, meant: str | None) -> None:
    found = number(text, decimal_mark([text], is_doubt="."))
    assert found == (None if meant is None else Decimal(meant))


def test_all_numbers_of_a_file_tell_how_it_writes_them() -> None:
    """`1.234` is a thousand beside `0,5`, and one and a bit beside `2.5`."""
    body = "date;model;input_tokens;amount\n2026-05-04;m;1.234;{}\n"
    columns = FORMS["openai"][1]
    german = read_invoice(body.format("0,5"), columns).lines[MAY, "m"]
    assert (german.tokens_input, german.amount) == (1234, Decimal("0.5"))
    english = read_invoice(body.format("2.5"), columns).lines[MAY, "m"]
    assert english.amount == Decimal("2.5")


@pytest.mark.parametrize(
    ("text", "day_first", "day"),
    [
        ("2026-05-04T23:59:59+08:00", False, MAY), ("5/4/2026", False, MAY), ("4/5/2026", True, MAY),
        ("04.05.2026", False, MAY), ("20260504", False, MAY), ("1777852800", False, MAY),
        ("2026-02-30", False, None), ("13/13/2026", True, None), ("Total", False, None),
    ],
)  # fmt: skip
def test_days_are_read_in_every_form(text: str, day_first: bool, day: dt.date | None) -> None:
    assert day_of(text, day_first=day_first) == day


AZURE = """\ufeffSubscriptionName,Date,MeterCategory,MeterSubCategory,MeterName,Quantity,UnitOfMeasure,\
CostInBillingCurrency,BillingCurrency
Main,05/04/2026,Cognitive Services,Azure OpenAI,gpt-4o-0806-Inp-glbl Tokens,12.5,1K,0.03125,EUR
Main,05/04/2026,Cognitive Services,Azure OpenAI,gpt-4o-0806-Outp-glbl Tokens,2,1K,0.02,EUR
Main,05/04/2026,Virtual Machines,Dv3,D2 v3,24,1 Hour,9.99,EUR
"""
AWS = """line_item_usage_start_date,line_item_product_code,line_item_usage_type,line_item_usage_amount,\
pricing_unit,line_item_unblended_cost,line_item_currency_code
2026-05-04T00:00:00Z,AmazonBedrock,USE1-Claude3Sonnet-input-tokens,4.5,1K tokens,0.0135,USD
2026-05-04T01:00:00Z,AmazonBedrock,USE1-Claude3Sonnet-output-tokens,1.25,1K tokens,0.01875,USD
2026-05-04T01:00:00Z,AmazonBedrock,USE1-Claude3Sonnet-cache-read-input-token-count,1,1K tokens,0.0003,USD
2026-05-04T00:00:00Z,AmazonEC2,USE1-BoxUsage:m5.large,1,Hrs,0.096,USD
"""
GOOGLE = """Invoice number,123
Invoice date,2026-05-31

Billing account name,Service description,SKU description,Usage start date,Usage amount,Usage unit,Cost ($)
Main,Vertex AI,Gemini 2.5 Pro Text Input - Predictions Tokens,2026-05-04,3000,count,0.00375
Main,Vertex AI,Gemini 2.5 Pro Text Output - Predictions Tokens,2026-05-04,"1,000",count,0.01
Main,Cloud Storage,Standard Storage Europe,2026-05-04,5,gibibyte,1.00
,,,,,,,Total
"""


@pytest.mark.parametrize(
    ("form", "text", "ledger", "figures", "currency"),
    [
        ("azure", AZURE, "gpt-4o-2024-08-06", (12500, 2000, "0.05125"), "EUR"),
        ("aws", AWS, "us.anthropic.claude-3-sonnet-20240229-v1:0", (5500, 1250, "0.03255"), "USD"),
        ("google", GOOGLE, "gemini-2.5-pro", (3000, 1000, "0.01375"), "USD"),
    ],
)
def test_clouds_have_a_row_for_each_kind_of_token_and_for_much_else(
    form: str, text: str, ledger: str, figures: tuple[int, int, str], currency: str
) -> None:
    assert recognised(Sheet.of(text).headings()) == form
    read = read_invoice(text, FORMS[form][1])
    ((day, model),) = read.lines
    line = read.lines[day, model]
    assert (day, read.currency) == (MAY, currency)
    assert (line.tokens_input, line.tokens_output, line.amount) == (*figures[:2], Decimal(figures[2]))
    assert Names.of({model}).find(ledger) == model


@pytest.mark.parametrize(
    ("billed", "own", "same"),
    [
        ("Claude Sonnet 4.5", "claude-sonnet-4-5-20250929", True), ("gpt-4o", "gpt-4o-mini", False),
        ("gpt-4o-2024-08-06", "gpt-4o", True), ("gpt-4o-2024-08-06", "gpt-4o-2024-11-20", False),
        ("text-embedding-3-small", "text-embedding-3-large", False), ("o3", "o3-mini", False),
    ],
)  # fmt: skip
def test_display_names_and_snapshots_are_the_same_model(billed: str, own: str, same: bool) -> None:
    assert (Names.of({billed}).find(own) == billed) is same
    assert model_of_meter("gpt 4o mini 0718 Outp glbl 1M Tokens") == "gpt-4o-mini-0718"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_files_of_every_encoding_and_separator(encoding: str, separator: str) -> None:
    rows = [["Datum", "Modell", "Betrag (€)"], ["2026-05-04", "größer", "2.5"], ["Summe", "", "2.5"]]
    raw = "\r\n".join(separator.join(row) for row in rows).encode(encoding)
    read = read_invoice(text_of(raw), Columns(("datum",), ("MODELL",), amount=("betrag (*",)))
    assert (read.lines[MAY, "größer"].amount, read.currency, read.skipped) == (Decimal("2.5"), "EUR", 1)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"PK\x03\x04...", "a spreadsheet or an archive, not a CSV"),
        (b"\x1f\x8b\x08", "compressed, not a CSV"),
        (b"date,model,amount,currency\n2026-05-04,m,1,USD\n2026-05-04,m,1,EUR\n", "in USD and in EUR"),
        (b'date,model,amount\n2026-05-04,"' + b"x" * 200_000 + b'",1\n', "not readable as CSV"),
        (b"x" * 200_000, "not readable as CSV"),
    ],
)
def test_what_is_no_invoice_says_what_to_do(raw: bytes, words: str) -> None:
    with pytest.raises(UnreadableInvoiceError) as refused:
        read_invoice(text_of(raw), FORMS["openai"][1])
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column for: day, model"),
        ("a,b\n1,2\n", "It has: a, b"),
        ("date,model,input_tokens\n,,\n", "No row names a day and a model"),
        ("date,model\n2026-05-04,m\n", "tokens or amount"),
        ("date,model,amount\n9999-12-31,m,1\n0001-01-01,m,1\n", "No row names a day and a model"),
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


def test_costs_in_another_currency_count_at_the_rates_of_their_moments(cast: Cast) -> None:
    """Before, a provider that bills in the organisation's own currency had nothing to be compared with."""
    from apps.accounts.models import TenantSettings
    from apps.metering.invoices.selectors import sides_of
    from apps.metering.invoices.services import Upload, invoice_add
    from apps.metering.models import ExchangeRate

    text = "date,model,amount,currency\n2026-05-04,gpt-big,1.50,EUR\n2026-05-05,gpt-big,1.00,EUR\n"
    with tenant_scope(cast.acme.id):
        TenantSettings.objects.update(currency="EUR")
        for day, rate in ((1, "0.5"), (5, "0.25")):
            since = dt.datetime(2026, 5, day, tzinfo=dt.UTC)
            ExchangeRate.objects.create(currency="USD", into="EUR", rate=Decimal(rate), valid_from=since)
        call_made(dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC), "3")
        call_made(dt.datetime(2026, 5, 5, 12, tzinfo=dt.UTC), "4")
        call_made(dt.datetime(2026, 5, 5, 12, tzinfo=dt.UTC), "7", currency="CHF")
        sides = sides_of(invoice_add(actor=None, upload=Upload("may.csv", text, "openai")))
    assert sides.amount == sides.own_amount == Decimal("2.5")
    assert sides.difference == 0


def test_the_same_file_is_compared_once_until_that_is_deleted(cast: Cast) -> None:
    from apps.metering.invoices.services import Upload, invoice_add, invoice_delete
    from apps.metering.models import Invoice
    from apps.rest.errors import ProblemError

    upload = Upload("may.csv", OPENAI_COSTS, "openai")
    with tenant_scope(cast.acme.id):
        first = invoice_add(actor=None, upload=upload)
        with pytest.raises(ProblemError) as refused:
            invoice_add(actor=None, upload=replace(upload, name="again.csv"))
        assert "compared already, as “may.csv” on" in str(refused.value.errors)
        invoice_add(actor=None, upload=replace(upload, currency="EUR"))
        assert Invoice.objects.count() == 2
        invoice_delete(actor=None, invoice=first)
        invoice_add(actor=None, upload=upload)
