"""Reading a provider's CSV: what it says of each model and day. Pure.

Forms as the consoles of OpenAI and Anthropic export usage and costs; anything else by naming its columns.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_ROWS: Final = 200_000
MOST_LINES: Final = 20_000
_LARGEST: Final = Decimal(10) ** 15
_GROUP: Final = 4
"""A comma and three digits."""
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class UnreadableInvoiceError(Exception):
    """The file can not be read as that form; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns say what, each by the names that it may have; several of tokens are added up."""

    day: tuple[str, ...]
    model: tuple[str, ...]
    tokens_input: tuple[str, ...] = ()
    tokens_output: tuple[str, ...] = ()
    amount: tuple[str, ...] = ()
    currency: tuple[str, ...] = ()


FORMS: Final[dict[str, tuple[str, Columns]]] = {
    "openai": (
        "OpenAI",
        Columns(
            day=("start_time_iso", "start_time", "date", "usage_date"),
            model=("model", "line_item", "snapshot_id"),
            tokens_input=("input_tokens", "n_context_tokens_total"),
            tokens_output=("output_tokens", "n_generated_tokens_total"),
            amount=("amount_value", "cost_usd", "amount"),
            currency=("amount_currency", "currency"),
        ),
    ),
    "anthropic": (
        "Anthropic",
        Columns(
            day=("usage_date_utc", "date"),
            model=("model_version", "model"),
            tokens_input=(
                "usage_input_tokens_no_cache", "usage_input_tokens_cache_write_5m",
                "usage_input_tokens_cache_write_1h", "usage_input_tokens_cache_read",
            ),
            tokens_output=("usage_output_tokens",),
            amount=("cost_usd", "amount_usd"),
        ),
    ),
    "generic": ("Other, by its columns", Columns(day=(), model=())),
}  # fmt: skip


@dataclass(slots=True)
class Figures:
    """What the invoice says of a model on a day; None: it does not say."""

    tokens_input: int | None = None
    tokens_output: int | None = None
    amount: Decimal | None = None


@dataclass(slots=True)
class Read:
    """What a file says; `skipped` rows have no model or no day, such as sums."""

    lines: dict[tuple[dt.date, str], Figures] = field(default_factory=dict)
    currency: str = ""
    skipped: int = 0


def read_invoice(text: str, columns: Columns) -> Read:
    """What the CSV says by model and day (UTC); raises UnreadableInvoiceError."""
    rows = csv.DictReader(
        io.StringIO(text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")), delimiter=_delimiter(text)
    )
    found = _present(columns, [name for name in rows.fieldnames or () if name])
    read = Read()
    try:
        for number, row in enumerate(rows):
            if number >= MOST_ROWS:
                raise UnreadableInvoiceError(
                    f"The file has more than {MOST_ROWS:,} rows. Upload it month by month."
                )
            _add(read, row, found)
    except csv.Error as error:
        raise UnreadableInvoiceError(f"The file is not readable as CSV: {error}.") from None
    if not read.lines:
        raise UnreadableInvoiceError(
            "No row names a day and a model. Choose another form, or name its columns."
        )
    if len(read.lines) > MOST_LINES:
        raise UnreadableInvoiceError(f"More than {MOST_LINES:,} days and models. Upload it month by month.")
    return read


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max((",", ";", "\t"), key=head.count)


def _present(columns: Columns, names: Iterable[str]) -> Columns:
    """The columns that the file has, in its own spelling."""
    known = {name.strip().lower(): name for name in names}

    def first(wanted: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(known[name.lower()] for name in wanted if name.lower() in known)

    found = Columns(
        first(columns.day)[:1], first(columns.model)[:1], first(columns.tokens_input),
        first(columns.tokens_output), first(columns.amount)[:1], first(columns.currency)[:1],
    )  # fmt: skip
    missing = [what for what, there in (("day", found.day), ("model", found.model)) if not there]
    if not (found.tokens_input or found.tokens_output or found.amount):
        missing.append("tokens or amount")
    if missing:
        raise UnreadableInvoiceError(
            f"The file has no column for: {', '.join(missing)}. It has: {', '.join(known)[:300] or 'none'}."
        )
    return found


def _add(read: Read, row: Mapping[str, str | None], columns: Columns) -> None:
    day = _day(row.get(columns.day[0]) or "")
    model = _model(row.get(columns.model[0]) or "")
    if day is None or not model:
        read.skipped += 1
        return
    line = read.lines.setdefault((day, model), Figures())
    for name, said in (("tokens_input", columns.tokens_input), ("tokens_output", columns.tokens_output)):
        counts = [count for column in said if (count := _number(row.get(column))) is not None]
        if counts:
            setattr(line, name, (getattr(line, name) or 0) + int(sum(counts)))
    if columns.amount and (amount := _number(row.get(columns.amount[0]))) is not None:
        line.amount = (line.amount or Decimal(0)) + amount
    if columns.currency and not read.currency:
        read.currency = (row.get(columns.currency[0]) or "").strip().upper()[:3]


def _day(text: str) -> dt.date | None:
    """From an ISO day or moment, or seconds since 1970."""
    text = text.strip()
    try:
        if _DAY.match(text):
            return dt.date.fromisoformat(text[:10])
        if text.isascii() and text.isdigit():
            return dt.datetime.fromtimestamp(int(text), dt.UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _model(text: str) -> str:
    """The model of a line item such as `gpt-4o-2024-08-06, input`."""
    return text.partition(",")[0].strip().replace("\x00", "")[:200]


def _number(text: str | None) -> Decimal | None:
    """A number with points or commas for thousands; what stands last of both begins the decimals."""
    plain = re.sub(r"[^0-9.,+eE-]", "", text or "")
    last = max(plain.rfind("."), plain.rfind(","))
    mark = plain[last] if last >= 0 else ""
    is_thousands = plain.count(mark) > 1 or (mark == "," and "." not in plain and len(plain) - last == _GROUP)
    if mark and not is_thousands:
        plain = f"{re.sub('[.,]', '', plain[:last])}.{plain[last + 1 :]}"
    else:
        plain = re.sub("[.,]", "", plain)
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < _LARGEST else None
