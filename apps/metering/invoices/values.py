"""Numbers and days as people and programs of any country write them. Pure.

How a file writes them is told by all of its values together: `1.234` alone may be a thousand or one.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGEST: Final = Decimal(10) ** 15
_NUMBER: Final = re.compile(r"[\d.,]*\d[.,]?(?:[eE][-+]?\d+)?")
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_PARTS: Final = re.compile(r"(\d{1,2})([/.])(\d{1,2})[/.](\d{4})")
_GROUP: Final = 3
_MONTHS: Final = 12
_BILLED: Final = range(2000, 2200)
_COMPACT: Final = 8
"""Digits of a day without marks; moments in seconds have nine and more."""


def decimal_mark(texts: Iterable[str], *, is_doubt: str) -> str:
    """The mark before the decimals of these numbers: what any of them tells; else the one for a doubt."""
    for text in texts:
        plain = _plain(text)
        marks = [mark for mark in plain if mark in ".,"]
        if len(set(marks)) > 1:
            return marks[-1]
        if not marks:
            continue
        head, _, tail = plain.partition(marks[0])
        if len(marks) > 1:
            return "," if marks[0] == "." else "."
        if len(tail) != _GROUP or head in {"", "0"} or len(head) > _GROUP:
            return marks[0]
    return is_doubt


def number(text: str | None, mark: str = ".") -> Decimal | None:
    """The number in a cell, whatever stands around it; None where there is none that can be meant."""
    said = text or ""
    found = _NUMBER.search(_joined(said))
    if found is None:
        return None
    plain = found[0].replace("," if mark == "." else ".", "").replace(mark, ".")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) >= _LARGEST:
        return None
    before = _joined(said)[: found.start()]
    is_negative = "-" in before or "\N{MINUS SIGN}" in before or said.strip().startswith("(")
    return -value if is_negative else value


def is_day_first(texts: Iterable[str]) -> bool:
    """Whether days with strokes begin with the day: where one could not begin with a month, as Azure's do."""
    return any(
        (parts := _PARTS.match(text.strip())) is not None and parts[2] == "/" and int(parts[1]) > _MONTHS
        for text in texts
    )


def day_of(text: str, *, day_first: bool = False) -> dt.date | None:
    """From a day or moment as ISO 8601, 5/31/2026, 31.5.2026 or 20260531, or seconds since 1970.

    None for what names no day, or one that nobody bills.
    """
    found = _day(text.strip(), day_first=day_first)
    return found if found and found.year in _BILLED else None


def _day(text: str, *, day_first: bool) -> dt.date | None:
    try:
        if _ISO.match(text):
            return dt.date.fromisoformat(text[:10])
        if (parts := _PARTS.match(text)) is not None:
            one, other = int(parts[1]), int(parts[3])
            day, month = (one, other) if day_first or parts[2] == "." else (other, one)
            return dt.date(int(parts[4]), month, day)
        if text.isascii() and text.isdigit():
            if len(text) == _COMPACT:
                return dt.date.fromisoformat(text)
            return dt.datetime.fromtimestamp(int(text), dt.UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _joined(text: str) -> str:
    """Without what stands between groups of digits in some countries."""
    return re.sub(r"(?<=\d)[\s'\N{RIGHT SINGLE QUOTATION MARK}](?=\d{3})", "", text)


def _plain(text: str) -> str:
    found = _NUMBER.search(_joined(text))
    return "" if found is None else re.split("[eE]", found[0])[0]
