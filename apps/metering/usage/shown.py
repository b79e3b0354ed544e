"""Usage as pages show it: amounts in words, charts, tables whose rows lead on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from apps.metering.charts import DASHES, Chart, Words, line_chart
from apps.metering.money import money

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from apps.metering.usage.filters import Wanted
    from apps.metering.usage.selectors import Day, Share, Used

OTHERS: Final = "All others"
UNKNOWN: Final = "\N{EN DASH}"
_NOBODY: Final = {"team": "No team", "person": "No person", "key": "Without a key", "model": "Unknown"}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: whose, where it leads, and what it came to."""

    name: str
    query: str
    used: Used
    amount: str


@dataclass(frozen=True, slots=True)
class Table:
    """What one kind of user used, most first."""

    what: str
    title: str
    rows: list[Row]


def choices(found: Sequence[tuple[UUID, str]], names: Mapping[UUID, str]) -> list[tuple[UUID, str]]:
    """Models to choose from, by the names that people know."""
    named = [(model_id, names.get(model_id, slug)) for model_id, slug in found]
    return sorted(named, key=lambda choice: choice[1].casefold())


def tables(
    shares: Mapping[str, Sequence[Share]], wanted: Wanted, currency: str, names: Mapping[UUID, str]
) -> list[Table]:
    """A table for each kind that anything was counted for; `names` of models."""
    titles = {"team": "Teams", "model": "Models", "person": "People", "key": "API keys"}
    return [
        Table(what, titles[what], [_row(what, share, wanted, currency, names) for share in found])
        for what, found in shares.items()
        if any(share.id for share in found)
    ]


def _row(what: str, share: Share, wanted: Wanted, currency: str, names: Mapping[UUID, str]) -> Row:
    query = urlencode(wanted.said() | {what: str(share.id)}) if share.id else ""
    name = names.get(share.id, share.name) if what == "model" and share.id else share.name
    return Row(name or _NOBODY[what], query, share, amount_text(share, currency))


def amount_text(used: Used, currency: str) -> str:
    """The amount, or a dash where no call has a known price."""
    return UNKNOWN if used.unpriced and used.unpriced >= used.calls else money(used.amount, currency)


def charts(total: Day, days: Sequence[Day], models: Mapping[str, list[int]], currency: str) -> list[Chart]:
    """Tokens by model, cost, and active people, day by day."""
    begin, end = days[0].day, days[-1].day
    people = "person" if total.people == 1 else "people"
    said = [
        f"{total.tokens:,} tokens in {total.calls:,} calls.",
        f"{money(total.amount, currency)} in all, {money(_peak(days), currency)} on the dearest day.",
        f"{total.people:,} {people} in all, at most {max(day.people for day in days):,} on a day.",
    ]
    return [
        line_chart(Words("tokens", "Tokens by model", said[0], "tokens"), models, begin, end, is_daily=True),
        line_chart(
            Words("cost", "Cost", said[1], currency), {"Cost": [day.amount for day in days]}, begin, end,
            is_daily=True,
        ),
        line_chart(
            Words("people", "Active people", said[2], "people"), {"People": [day.people for day in days]},
            begin, end, is_daily=True,
        ),
    ]  # fmt: skip


def _peak(days: Sequence[Day]) -> Decimal:
    return max((day.amount for day in days), default=Decimal(0))


def model_lines(
    days: Sequence[Day], by_model: Mapping[UUID, Mapping[dt.date, int]], names: Mapping[UUID, str]
) -> dict[str, list[int]]:
    """A line for each of the models that are used most; the rest together where dashes do not suffice."""
    ranked = sorted(by_model, key=lambda model_id: -sum(by_model[model_id].values()))
    kept = ranked if len(ranked) <= len(DASHES) else ranked[: len(DASHES) - 1]
    lines = {
        names.get(model_id, str(model_id)): [by_model[model_id].get(day.day, 0) for day in days]
        for model_id in kept
    }
    rest = [by_model[model_id] for model_id in ranked[len(kept) :]]
    if rest:
        lines[OTHERS] = [sum(tokens.get(day.day, 0) for tokens in rest) for day in days]
    return lines
