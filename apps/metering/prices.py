"""What a call costs: exact decimals from an override, a list that an app above set, or `genai-prices`.

An unknown price stays unknown (None) and is never taken for 0, also where only half of it is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any, Final

from apps.metering.money import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

PICTURE: Final = "picture"
SEARCH: Final = "search"
PER = Decimal(1_000_000)
COST_STEP = Decimal("0.000000000001")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a call used. Cached tokens are part of the input, reasoning tokens part of the output.

    `billed`: input and output that the host charges for, where they are others. `units`: how many of what is
    sold by the piece, of which `unit` is one: PICTURE, SEARCH (a reranking), empty where tokens are all.
    """

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0
    estimated: bool = False
    billed: tuple[int, int] | None = None
    units: int = 0
    unit: str = ""

    @property
    def has_uncounted_output(self) -> bool:
        """Pictures whose tokens the host did not count: no price of tokens can say what they cost."""
        return self.unit == PICTURE and self.estimated


@dataclass(frozen=True, slots=True)
class Price:
    """Set by an administrator: currency units per 1,000,000 tokens, and for one picture or search."""

    input: Decimal
    output: Decimal
    currency: str
    unit: Decimal | None = None

    @property
    def costs(self) -> bool:
        """Whether anything is charged; what is free of charge needs no exchange rate."""
        return bool(self.input or self.output or self.unit)

    @classmethod
    def of(
        cls, taken: Decimal | None, given: Decimal | None, unit: Decimal | None, currency: str
    ) -> Price | None:
        """What was set; None where nothing was. With a price of a piece alone, tokens cost nothing."""
        if unit is None and (taken is None or given is None):
            return None
        return cls(taken or Decimal(0), given or Decimal(0), currency or "USD", unit)


@dataclass(frozen=True, slots=True)
class Charge:
    """The cost of one call and the price that made it; both None where no price is known."""

    cost: Decimal | None
    currency: str
    price: dict[str, str] | None


UNKNOWN = Charge(cost=None, currency="", price=None)


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
    """A host's price of a model: rates by length of the prompt, shortest first; the ledger keeps `source`.

    `units`: the price of one PICTURE or SEARCH, where the host sells those and not tokens.
    """

    rates: tuple[Rates, ...]
    currency: str
    source: str
    units: Mapping[str, Decimal] = field(default_factory=dict)


_lists: list[Callable[[str, str], ListedPrice | None]] = []


def add_list(lookup: Callable[[str, str], ListedPrice | None]) -> None:
    """Ask `lookup(base_url, model)` before `genai-prices`; the same one is asked once."""
    if lookup not in _lists:
        _lists.append(lookup)


def charge_for(tokens: Tokens, *, override: Price | None, base_url: str, model: str, at: datetime) -> Charge:
    """The exact cost of a call made at `at`; UNKNOWN without an override and without a listed price.

    What the host bills counts where it is not what the model took and gave; the price then says how much.
    """
    if override is not None:
        return _set(tokens, override)
    for lookup in _lists:
        if (found := lookup(base_url, model)) is not None:
            return _by_units(tokens, found, model) if found.units else _by_rates(tokens, found, model)
    return _listed(tokens, base_url, model, at)


def _set(tokens: Tokens, own: Price) -> Charge:
    """At the administrator's price. A model that is sold by the piece needs one for a piece, unless free."""
    price = {"source": "override", "input": plain(own.input), "output": plain(own.output)} | _billed(tokens)
    taken, given = tokens.billed or (tokens.input, tokens.output)
    cost = (taken * own.input + given * own.output) / PER
    if tokens.unit and own.unit is not None:
        price[tokens.unit] = plain(own.unit)
        cost += tokens.units * own.unit
    elif tokens.has_uncounted_output and (own.input or own.output):
        return UNKNOWN
    return Charge(_exact(cost), own.currency, price)


def _by_units(tokens: Tokens, found: ListedPrice, model: str) -> Charge:
    amount = found.units.get(tokens.unit)
    if amount is None:
        return UNKNOWN
    price = {"source": found.source, "model": model, tokens.unit: plain(amount)}
    return Charge(_exact(tokens.units * amount), found.currency, price)


def _by_rates(tokens: Tokens, found: ListedPrice, model: str) -> Charge:
    if tokens.has_uncounted_output:
        return UNKNOWN
    rates = [row for row in found.rates if row.above == 0 or tokens.input > row.above][-1]
    cached = rates.input if rates.cached is None else rates.cached
    output = rates.thinking if rates.thinking is not None and tokens.reasoning else rates.output
    taken, given = tokens.billed or (tokens.input, tokens.output)
    reused = 0 if tokens.billed else tokens.cached
    cost = (max(0, taken - reused) * rates.input + reused * cached + given * output) / PER
    price = {"source": found.source, "model": model, "input": plain(rates.input), "output": plain(output)}
    price |= _billed(tokens)
    if rates.cached is not None:
        price["cached"] = plain(rates.cached)
    return Charge(_exact(cost), found.currency, price)


def _listed(tokens: Tokens, base_url: str, model: str, at: datetime) -> Charge:
    from genai_prices import Usage, __version__, calc_price

    if not base_url or tokens.has_uncounted_output:
        return UNKNOWN
    taken, given = tokens.billed or (tokens.input, tokens.output)
    painted = given if tokens.unit == PICTURE else 0
    reused = 0 if tokens.billed else tokens.cached
    usage = Usage(
        input_tokens=taken, output_tokens=given, output_image_tokens=painted, cache_read_tokens=reused
    )
    try:
        found = calc_price(usage, model, provider_api_url=base_url, genai_request_timestamp=at)
    except (LookupError, ValueError):
        return UNKNOWN
    rates = found.model_price
    price = {"source": f"genai-prices {__version__}", "model": found.model.id} | _billed(tokens)
    for name, rate in (
        ("input", rates.input_mtok),
        ("output", painted_rate(rates) if painted else rates.output_mtok),
        ("cached", rates.cache_read_mtok),
    ):
        if rate is not None:
            price[name] = _rate(rate)
    if not {"input", "output"} & price.keys() or _is_half(price, taken, given):
        return UNKNOWN
    return Charge(_exact(found.total_price), "USD", price)


def _is_half(price: Mapping[str, str], taken: int, given: int) -> bool:
    """Whether tokens were used that the list has no price of, while it has one of the others."""
    return bool((taken and "input" not in price) or (given and "output" not in price))


def painted_rate(rates: Any) -> Any:
    """What `genai-prices` says of a picture's tokens, which cost more than a text's at some hosts."""
    painted = getattr(rates, "output_image_mtok", None)
    return rates.output_mtok if painted is None else painted


def _billed(tokens: Tokens) -> dict[str, str]:
    """What was charged for, kept beside the price where it is not what the row counts."""
    if tokens.billed is None:
        return {}
    return {"billed_input": str(tokens.billed[0]), "billed_output": str(tokens.billed[1])}


def _rate(rate: Any) -> str:
    """A rate as text; a tiered one by its lowest tier and the word `tiered`."""
    base = getattr(rate, "base", None)
    return plain(rate) if base is None else f"{plain(base)} tiered"


def _exact(cost: Decimal) -> Decimal:
    return cost.quantize(COST_STEP, rounding=ROUND_HALF_EVEN)
