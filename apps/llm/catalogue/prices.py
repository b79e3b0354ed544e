"""A model's list price in words: known from where, or unknown and why."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from apps.llm.catalogue.hosts import host_list, host_model
from apps.llm.catalogue.listed import ListPrice, list_price
from apps.llm.catalogue.vendors import ENTRIES, UNKNOWN_VENDOR
from apps.llm.vendors.base import Modality
from apps.metering.prices import PICTURE, SEARCH

Origin = Literal["set", "list", "free", "unknown"]

_ONE_WAY: Final = frozenset({Modality.EMBEDDING.value, Modality.RERANK.value})


@dataclass(frozen=True, slots=True)
class ShownPrice:
    """Per 1,000,000 tokens, or for one picture or search (a reranking); an amount of None is unknown.

    `rises`: dearer for long prompts. `note`: the source, or why it is unknown.
    """

    origin: Origin
    input: Decimal | None = None
    output: Decimal | None = None
    picture: Decimal | None = None
    search: Decimal | None = None
    currency: str = ""
    rises: bool = False
    note: str = ""

    @property
    def is_known(self) -> bool:
        return self.origin != "unknown"

    def __str__(self) -> str:
        """For a cell: `Unknown`, `Free`, `3 / 15 USD`, `from 1.25 / 10 USD`, `0.08 USD a picture`."""
        if not self.is_known:
            return "Unknown"
        pieces = [
            f"{plain(amount)} {self.currency} a {unit}"
            for unit, amount in ((PICTURE, self.picture), (SEARCH, self.search))
            if amount is not None
        ]
        if pieces and not (self.input or self.output):
            return pieces[0]
        return ", ".join([self._tokens(), *pieces])

    def _tokens(self) -> str:
        if not self.input and not self.output and None not in (self.input, self.output):
            return "Free"
        amounts = " / ".join(plain(amount) for amount in self._amounts())
        return f"{'from ' if self.rises else ''}{amounts} {self.currency}"

    def _amounts(self) -> list[Decimal | None]:
        return [self.input] if self.output is None and self.input is not None else [self.input, self.output]


def plain(amount: Decimal | None) -> str:
    """An amount without trailing zeros; a question mark for an unknown one."""
    if amount is None:
        return "?"
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def price_shown(*, vendor: str, base_url: str, model: str, modality: str) -> ShownPrice:
    """The list price of a model, or why there is none."""
    entry = ENTRIES.get(vendor, UNKNOWN_VENDOR)
    if entry.prices == "free":
        return ShownPrice("free", Decimal(0), Decimal(0), currency="USD", note="Runs on this installation.")
    return _ours(base_url, model) or _listed(base_url, model, modality) or _unknown(entry.why)


def _ours(base_url: str, model: str) -> ShownPrice | None:
    row, found = host_model(base_url, model), host_list(base_url)
    if row is None or found is None or row.price is None:
        return None
    note = f"{found.source}, {found.dated:%Y-%m-%d}"
    rates, units = row.price.rates, row.price.units
    if units:
        return ShownPrice(
            "list",
            picture=units.get(PICTURE),
            search=units.get(SEARCH),
            currency=row.price.currency,
            note=note,
        )
    return ShownPrice(
        "list",
        rates[0].input,
        rates[0].output,
        currency=row.price.currency,
        rises=len(rates) > 1 or rates[0].thinking is not None,
        note=note,
    )


def _listed(base_url: str, model: str, modality: str) -> ShownPrice | None:
    found = list_price(base_url, model, modality) if base_url else None
    if found is None:
        return None
    source = f"genai-prices {found.version}"
    is_one_way = modality in _ONE_WAY and found.input is not None
    if not is_one_way and None in (found.input, found.output):
        return _half(found, source)
    output = None if is_one_way and not found.output else found.output
    return ShownPrice("list", found.input, output, currency="USD", rises=found.rises, note=source)


def _half(found: ListPrice, source: str) -> ShownPrice:
    """Input without output, or the reverse: what a call costs can not be told."""
    known, missing = ("input", "output") if found.output is None else ("output", "input")
    amount = found.input if found.output is None else found.output
    said = f"{source} has a price of {known} only ({plain(amount)} USD), none of {missing}. Enter both."
    return ShownPrice("unknown", note=said)


def _unknown(why: str) -> ShownPrice:
    return ShownPrice("unknown", note=why or "No price list has this model. Enter what it costs you.")
