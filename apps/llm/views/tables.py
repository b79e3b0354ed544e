"""Tables of the admin pages: sorted by their headings, which the address carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Column:
    """A heading. `sort` is what the address calls its order, empty where it has none; "-" reverses it.

    `falls`: the plain order goes from the largest down, as one looks for numbers.
    """

    label: str
    sort: str = ""
    falls: bool = False
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A column as it is shown: where its link leads, and the order that holds, in ARIA's word."""

    label: str
    is_number: bool
    query: str
    order: Literal["", "ascending", "descending"]


def headings(columns: Iterable[Column], filters: Mapping[str, str]) -> list[Heading]:
    """The headings under these filters, of which `sort` is one; a column's link reverses the order it has."""
    sort = filters.get("sort", "")
    kept = {name: value for name, value in filters.items() if value and name != "sort"}
    return [_heading(column, sort, kept) for column in columns]


def _heading(column: Column, sort: str, kept: Mapping[str, str]) -> Heading:
    if not column.sort:
        return Heading(column.label, column.is_number, "", "")
    is_plain, is_reversed = sort == column.sort, sort == f"-{column.sort}"
    query = urlencode({**kept, "sort": f"-{column.sort}" if is_plain else column.sort})
    if not is_plain and not is_reversed:
        return Heading(column.label, column.is_number, query, "")
    return Heading(
        column.label, column.is_number, query, "descending" if is_plain == column.falls else "ascending"
    )
