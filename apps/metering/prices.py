"""What a call costs: exact decimals from an override, a list that an app above set, or `genai-prices`.

An unknown price stays unknown (None) and is never taken for 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

PER = Decimal(1_000_000)
COST_STEP = Decimal("0.000000000001")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a call used. Cached tokens are part of the input, reasoning tokens part of the output."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Price:
    """Set by an administrator: currency units per 1,000,000 tokens."""

    input: Decimal
    output: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Charge:
    """The cost of one call and the price that made it; both None where no price is known."""

    cost: Decimal | None
    currency: str
    price: dict[str, str] | None


UNKNOWN = Charge(cost=None, currency="", price=None)


@dataclass(frozen=True, slots=True)
class KnownModel:
    """What the price list says of a model: currency units per 1,000,000 tokens, window in tokens."""

    input: str
    output: str
    currency: str
    context_window: int | None


@dataclass(frozen=True, slots=True)
class Rates:
    """Currency units per 1,000,000 tokens of calls whose prompt is longer than `above` tokens.

    `cached`: of input that the host had cached, None: as other input. `thinking`: of output of calls that
    reasoned, None: as other output.
    """

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    thinking: Decimal | None = None
    above: int = 0


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """A host's price of a model: rates by length of the prompt, shortest first; the ledger keeps `source`."""

    rates: tuple[Rates, ...]
    currency: str
    source: str


_lists: list[Callable[[str, str], ListedPrice | None]] = []


def add_list(lookup: Callable[[str, str], ListedPrice | None]) -> None:
    """Ask `lookup(base_url, model)` before `genai-prices`; the same one is asked once."""
    if lookup not in _lists:
        _lists.append(lookup)


def charge_for(tokens: Tokens, *, override: Price | None, base_url: str, model: str, at: datetime) -> Charge:
    """The exact cost of a call made at `at`; UNKNOWN without an override and without a listed price."""
    if override is not None:
        cost = (tokens.input * override.input + tokens.output * override.output) / PER
        price = {"source": "override", "input": _text(override.input), "output": _text(override.output)}
        return Charge(_exact(cost), override.currency, price)
    for lookup in _lists:
        if (found := lookup(base_url, model)) is not None:
            return _by_rates(tokens, found, model)
    return _listed(tokens, base_url, model, at)


def _by_rates(tokens: Tokens, found: ListedPrice, model: str) -> Charge:
    rates = [row for row in found.rates if row.above == 0 or tokens.input > row.above][-1]
    cached = rates.input if rates.cached is None else rates.cached
    output = rates.thinking if rates.thinking is not None and tokens.reasoning else rates.output
    fresh = max(0, tokens.input - tokens.cached)
    cost = (fresh * rates.input + tokens.cached * cached + tokens.output * output) / PER
    price = {"source": found.source, "model": model, "input": _text(rates.input), "output": _text(output)}
    if rates.cached is not None:
        price["cached"] = _text(rates.cached)
    return Charge(_exact(cost), found.currency, price)


def known_model(*, base_url: str, model: str) -> KnownModel | None:
    """The listed price and context window of a host's model, or None where the list has nothing."""
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, found = get_snapshot().find_provider_model(model, None, None, base_url)
    except LookupError:
        return None
    rates = found.get_prices(datetime.now(UTC), None)
    return KnownModel(_rate(rates.input_mtok), _rate(rates.output_mtok), "USD", found.context_window)


def _listed(tokens: Tokens, base_url: str, model: str, at: datetime) -> Charge:
    from genai_prices import Usage, __version__, calc_price

    if not base_url:
        return UNKNOWN
    usage = Usage(input_tokens=tokens.input, output_tokens=tokens.output, cache_read_tokens=tokens.cached)
    try:
        found = calc_price(usage, model, provider_api_url=base_url, genai_request_timestamp=at)
    except (LookupError, ValueError):
        return UNKNOWN
    rates = found.model_price
    price = {"source": f"genai-prices {__version__}", "model": found.model.id}
    for name, rate in (
        ("input", rates.input_mtok),
        ("output", rates.output_mtok),
        ("cached", rates.cache_read_mtok),
    ):
        if rate is not None:
            price[name] = _rate(rate)
    if not {"input", "output"} & price.keys():
        return UNKNOWN
    return Charge(_exact(found.total_price), "USD", price)


def _rate(rate: Any) -> str:
    """A rate as text; a tiered one by its lowest tier and the word `tiered`."""
    if rate is None:
        return ""
    base = getattr(rate, "base", None)
    return _text(rate) if base is None else f"{_text(base)} tiered"


def _text(amount: Decimal) -> str:
    """The amount without trailing zeros or exponent."""
    return f"{amount.normalize():f}"


def _exact(cost: Decimal) -> Decimal:
    return cost.quantize(COST_STEP, rounding=ROUND_HALF_EVEN)
