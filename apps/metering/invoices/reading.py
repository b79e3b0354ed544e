"""Reading a provider's CSV: what it says of each model and day. Pure.

Files come in every encoding, with any separator, with lines before their headings and sums after them.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from apps.metering.invoices.layouts import Columns, present
from apps.metering.invoices.naming import model_of_line, model_of_meter
from apps.metering.invoices.values import day_of, decimal_mark, is_day_first, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_ROWS: Final = 200_000
MOST_LINES: Final = 20_000
LONGEST_CELL: Final = 100_000
MOST_BEFORE: Final = 40
"""Lines that may stand before the headings."""
SEPARATORS: Final = (",", ";", "\t", "|")
_MARKS: Final = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
_OUT: Final = re.compile(r"out(?:p|put)?|opt|completion|response|thinking", re.IGNORECASE)
_SIZES: Final = (
    (re.compile(r"1\s*m\b|million|1,?000,?000", re.IGNORECASE), Decimal(1_000_000)),
    (re.compile(r"1\s*k\b|thousand|1,?000\b", re.IGNORECASE), Decimal(1_000)),
)
_NOT_TEXT: Final = {b"PK\x03\x04": "a spreadsheet or an archive", b"\x1f\x8b": "compressed", b"%PDF": "a PDF"}


class UnreadableInvoiceError(Exception):
    """The file can not be read as that form; the message says why, `names` what columns it has."""

    def __init__(self, message: str, names: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.names = [name.strip() for name in names if name.strip()]


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


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's rows as they stand."""

    rows: list[list[str]]
    separator: str

    @classmethod
    def of(cls, text: str) -> Sheet:
        """Raises UnreadableInvoiceError for what is no CSV, or too much of it."""
        text = text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")
        head, _, rest = text.partition("\n")
        named = re.fullmatch(r'"?sep=(.)"?\s*', head)
        separator = named[1] if named else _separator(text)
        rows: list[list[str]] = []
        try:
            for row in csv.reader(io.StringIO(rest if named else text), delimiter=separator):
                if len(rows) > MOST_ROWS:
                    raise UnreadableInvoiceError(
                        f"The file has more than {MOST_ROWS:,} rows. Upload it month by month."
                    )
                if any(len(cell) > LONGEST_CELL for cell in row):
                    raise UnreadableInvoiceError(
                        f"The file is not readable as CSV: a cell has more than {LONGEST_CELL:,} characters."
                    )
                rows.append(row)
        except csv.Error as error:
            raise UnreadableInvoiceError(f"The file is not readable as CSV: {error}.") from None
        return cls(rows, separator)

    def headings(self) -> list[str]:
        """The first row that has as many cells as the widest of the beginning."""
        head = self.rows[:MOST_BEFORE]
        widest = max((_width(row) for row in head), default=0)
        return next((row for row in head if _width(row) == widest), [])

    def body(self, columns: Columns) -> tuple[Columns, Iterator[dict[str, str]]]:
        """The columns under whichever heading has them all, and the rows below; raises where none has."""
        for place, row in enumerate(self.rows[:MOST_BEFORE]):
            found, missing = present(columns, row)
            if not missing:
                return found, self._below(place)
        names = self.headings()
        _, missing = present(columns, names)
        has = ", ".join(name.strip() for name in names)[:300] or "none"
        raise UnreadableInvoiceError(
            f"The file has no column for: {', '.join(missing)}. It has: {has}.", names
        )

    def _below(self, place: int) -> Iterator[dict[str, str]]:
        names = self.rows[place]
        for row in self.rows[place + 1 :]:
            if row:
                cells = zip(names, row, strict=False)
                found: dict[str, str] = {}
                for name, cell in cells:
                    found.setdefault(name, cell)
                yield found


def text_of(raw: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 (Excel's “Unicode text”), else Western Windows; raises."""
    for begin, what in _NOT_TEXT.items():
        if raw.startswith(begin):
            raise UnreadableInvoiceError(f"The file is {what}, not a CSV. Save or unpack it as CSV first.")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def read_invoice(text: str, columns: Columns) -> Read:
    """What the CSV says by model and day; raises UnreadableInvoiceError."""
    sheet = Sheet.of(text)
    found, body = sheet.body(columns)
    rows = list(body)
    reader = _Reader(found, rows, sheet.separator)
    for row in rows:
        reader.add(row)
    read = reader.read
    if not read.lines:
        raise UnreadableInvoiceError(
            "No row names a day and a model. Choose another form, or name its columns; OpenAI's costs name "
            "models where they are grouped by line item before they are exported."
        )
    if len(read.lines) > MOST_LINES:
        raise UnreadableInvoiceError(f"More than {MOST_LINES:,} days and models. Upload it month by month.")
    return read


class _Reader:
    """Adds rows up, as the whole file writes its numbers and days."""

    def __init__(self, columns: Columns, rows: Sequence[dict[str, str]], separator: str) -> None:
        self.read = Read(currency=_currency_of_heading(columns.amount))
        self._columns = columns
        counted = (*columns.amount, *columns.quantity, *columns.tokens_input, *columns.tokens_output)
        said = (row.get(name, "") for row in rows for name in counted)
        self._mark = decimal_mark(said, is_doubt="," if separator == ";" else ".")
        self._day_first = is_day_first(row.get(columns.day[0], "") for row in rows)

    def add(self, row: dict[str, str]) -> None:
        columns = self._columns
        day = day_of(row.get(columns.day[0], ""), day_first=self._day_first)
        item = row.get(columns.model[0], "")
        if columns.only and not any(word in item.casefold() for word in columns.only):
            return
        model = model_of_meter(item) if columns.quantity else model_of_line(item)
        if day is None or not model:
            self.read.skipped += 1
            return
        line = self.read.lines.setdefault((day, model), Figures())
        self._count(line, row, item)
        if columns.amount and (amount := number(row.get(columns.amount[0]), self._mark)) is not None:
            line.amount = (line.amount or Decimal(0)) + amount
            self._note_currency(row)

    def _count(self, line: Figures, row: dict[str, str], item: str) -> None:
        columns = self._columns
        both = (("tokens_input", columns.tokens_input), ("tokens_output", columns.tokens_output))
        for name, said in both:
            counts = [count for column in said if (count := number(row.get(column), self._mark)) is not None]
            if counts:
                setattr(line, name, (getattr(line, name) or 0) + int(sum(counts)))
        if columns.quantity and "token" in item.casefold():
            count = number(row.get(columns.quantity[0]), self._mark)
            if count is not None:
                name = "tokens_output" if _OUT.search(item) else "tokens_input"
                unit = row.get(columns.unit[0], "") if columns.unit else ""
                setattr(line, name, (getattr(line, name) or 0) + round(count * _size(unit)))

    def _note_currency(self, row: dict[str, str]) -> None:
        """Raises UnreadableInvoiceError for a second one: amounts of two can not be added up."""
        if not self._columns.currency:
            return
        said = row.get(self._columns.currency[0], "").strip().upper()[:3]
        if said and self.read.currency and said != self.read.currency:
            raise UnreadableInvoiceError(
                f"The file has amounts in {self.read.currency} and in {said}. Upload one currency at a time."
            )
        self.read.currency = self.read.currency or said


def _separator(text: str) -> str:
    """Which one the beginning has most of."""
    head = text[:20_000]
    return max(SEPARATORS, key=head.count)


def _width(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _size(unit: str) -> Decimal:
    """How many tokens one of the unit is, such as `1K` or `1M Tokens`."""
    return next((size for words, size in _SIZES if words.search(unit)), Decimal(1))


def _currency_of_heading(names: Sequence[str]) -> str:
    """Of a heading such as `Cost ($)` or `Cost (EUR)`; empty where it says none."""
    inside = re.search(r"\(([^)]+)\)", names[0]) if names else None
    if inside is None:
        return ""
    said = inside[1].strip()
    return _MARKS.get(said, said.upper() if re.fullmatch("[A-Za-z]{3}", said) else "")
