"""Exact costs, and prices that are not known."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from apps.metering.prices import PICTURE, SEARCH, UNKNOWN, Price, Tokens, charge_for

NOW = datetime(2026, 11, 1, tzinfo=UTC)
OPENAI = "https://api.openai.com/v1"


def test_override_is_exact() -> None:
    price = Price(Decimal("0.15"), Decimal("0.6"), "EUR")
    charge = charge_for(Tokens(3, 7), override=price, base_url="", model="x", at=NOW)
    assert charge.cost == Decimal("0.00000465")
    assert charge.currency == "EUR"


def test_free_is_zero_because_a_price_says_so() -> None:
    charge = charge_for(
        Tokens(10, 10), override=Price(Decimal(0), Decimal(0), "USD"), base_url="", model="x", at=NOW
    )
    assert charge.cost == 0
    assert charge.price == {"source": "override", "input": "0", "output": "0"}


def test_listed_price_counts_cached_tokens_at_their_own_rate() -> None:
    tokens = Tokens(1000, 100, cached=400)
    charge = charge_for(tokens, override=None, base_url=OPENAI, model="gpt-4o-mini", at=NOW)
    assert charge.cost == (600 * Decimal("0.15") + 400 * Decimal("0.075") + 100 * Decimal("0.6")) / 1_000_000
    assert charge.price is not None
    assert charge.price["source"].startswith("genai-prices ")
    assert (charge.price["input"], charge.price["output"], charge.price["cached"]) == ("0.15", "0.6", "0.075")


def test_unlisted_host_or_model_is_unknown() -> None:
    for base_url, model in (
        ("http://10.0.0.1:8000/v1", "gpt-4o-mini"),
        ("https://models.example.com/v1", "gpt-4o-mini"),
        (OPENAI, "no-such-model"),
        ("", "gpt-4o-mini"),
    ):
        assert charge_for(Tokens(1, 1), override=None, base_url=base_url, model=model, at=NOW) == UNKNOWN


def test_a_price_of_input_alone_prices_no_answer() -> None:
    """The list has Azure's old davinci with a price of input only."""
    azure, model = "https://acme.openai.azure.com/openai/v1", "davinci"
    asked = charge_for(Tokens(1000, 0), override=None, base_url=azure, model=model, at=NOW)
    assert asked.cost == Decimal("0.002")
    assert charge_for(Tokens(1000, 1), override=None, base_url=azure, model=model, at=NOW) == UNKNOWN


def test_what_the_host_bills_has_the_price_not_what_it_counts() -> None:
    used = Tokens(502, 24, cached=448, billed=(7, 21))
    own = Price(Decimal(3), Decimal(15), "USD")
    charge = charge_for(used, override=own, base_url="", model="command-a", at=NOW)
    assert charge.cost == Decimal("0.000336")
    assert charge.price == {
        "source": "override", "input": "3", "output": "15", "billed_input": "7", "billed_output": "21",
    }  # fmt: skip
    listed = charge_for(used, override=None, base_url=OPENAI, model="gpt-4o-mini", at=NOW)
    assert listed.cost == (7 * Decimal("0.15") + 21 * Decimal("0.6")) / 1_000_000
    assert listed.price is not None
    assert (listed.price["billed_input"], listed.price["billed_output"]) == ("7", "21")


def test_tokens_of_pictures_have_their_own_rate() -> None:
    used = Tokens(10, 1000, units=1, unit=PICTURE)
    charge = charge_for(used, override=None, base_url=OPENAI, model="gpt-image-1.5", at=NOW)
    assert charge.cost == (10 * Decimal(5) + 1000 * Decimal(32)) / 1_000_000
    assert charge.price is not None
    assert charge.price["output"] == "32"


def test_pictures_whose_tokens_nobody_counted_cost_what_is_unknown() -> None:
    used = Tokens(10, 0, estimated=True, units=1, unit=PICTURE)
    own = Price(Decimal(5), Decimal(40), "USD")
    for override, base_url, model in ((own, "", "x"), (None, OPENAI, "gpt-image-1.5")):
        assert charge_for(used, override=override, base_url=base_url, model=model, at=NOW) == UNKNOWN
    free = charge_for(used, override=Price(Decimal(0), Decimal(0), "USD"), base_url="", model="x", at=NOW)
    assert free.cost == 0


def test_a_piece_has_the_price_that_was_set_for_it() -> None:
    own = Price.of(None, None, Decimal("0.002"), "")
    assert own == Price(Decimal(0), Decimal(0), "USD", Decimal("0.002"))
    for unit in (PICTURE, SEARCH):
        used = Tokens(10, 0, estimated=True, units=3, unit=unit)
        charge = charge_for(used, override=own, base_url="", model="x", at=NOW)
        assert charge.cost == Decimal("0.006")
        assert charge.price == {"source": "override", "input": "0", "output": "0", unit: "0.002"}
    assert Price.of(Decimal(1), None, None, "USD") is None
