"""Header rows of a table brought into one line, which each piece of the table repeats."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Stands in a cell that belongs to the one on its left, which spans both columns.
ACROSS = "\x1c"

_MOST_LINES = 4
_FIGURE = re.compile(r"[^\w]*\d")
_YEAR = re.compile(r"(?:\D{0,20}(?:19|20)\d\d){1,2}\D{0,3}$|\d{1,2}[/.-]\d{1,2}[/.-](?:(?:19|20)\d\d|\d\d)$")
_OPENS = re.compile(r"[$€£¥₩₹(]{1,3}$|(?:US|C|A|HK|R)\$$|(?:USD|EUR|GBP|CHF|JPY|CNY)$")
_CLOSES = re.compile(r"[)%‰]{1,3}$|bps$|pts?\.?$")


def is_header(row: Sequence[str]) -> bool:
    """Whether the cells but the first are words or years rather than figures, and not all empty."""
    cells = [cell for cell in row[1:] if cell not in {"", ACROSS}]
    return bool(cells) and not any(_is_figure(cell) for cell in cells)


def in_one_line(rows: list[list[str]], known: int = 0) -> tuple[list[list[str]], int]:
    """Rows of one width, their first a header that holds all lines of it; and how many lines that took.

    `known` lines are marked as header by the document; more are taken where cells that span columns stand
    above words. Columns that only part a figure from its sign, under one cell of the header, become one.
    """
    count = max(min(known, _MOST_LINES, len(rows)), _lines(rows), 1)
    if not any(ACROSS in row for row in rows) and count == 1:
        return rows, 1
    heads = [_joined(parts) for parts in zip(*(_filled(row) for row in rows[:count]), strict=True)]
    body = [["" if cell == ACROSS else cell for cell in row] for row in rows[count:]]
    columns = [_Column(head, [row[at] for row in body]) for at, head in enumerate(heads)]
    if any(ACROSS in row for row in rows[:count]):
        named = [any(row[at].strip() for row in rows[:count]) for at in range(len(heads))]
        columns = _merged(columns, named)
    lines = zip(*([column.head, *column.cells] for column in columns), strict=True)
    return [list(line) for line in lines], count


def _is_figure(cell: str) -> bool:
    return bool(_FIGURE.match(cell)) and not _YEAR.match(cell)


def _lines(rows: list[list[str]]) -> int:
    """How many rows make the header, by what spans columns or rows in it; words above figures only."""
    count = 1
    while count < min(_MOST_LINES, len(rows) - 1) and _goes_on(rows, count):
        count += 1
    below = [row for row in rows[count:] if any(cell.strip() for cell in row[1:])]
    figures = sum(any(_is_figure(cell) for cell in row[1:]) for row in below)
    return count if 2 * figures >= len(below) else 1


def _goes_on(rows: list[list[str]], count: int) -> bool:
    above, row = rows[count - 1], rows[count]
    is_open = (
        ACROSS in above
        or (above[0] == row[0] != "")
        or (not above[0] and any(ACROSS in one for one in rows[:count]))
    )
    return is_open and is_header(row)


def _filled(row: list[str]) -> list[str]:
    """A cell's text in each column that it spans; a title over all columns only in the first."""
    if all(cell == ACROSS for cell in row[1:]):
        return [row[0], *[""] * (len(row) - 1)]
    filled: list[str] = []
    for cell in row:
        filled.append(filled[-1] if cell == ACROSS and filled else cell.replace(ACROSS, ""))
    return filled


def _joined(parts: Sequence[str]) -> str:
    return " ".join(dict.fromkeys(part for part in parts if part))


@dataclass(slots=True)
class _Column:
    head: str
    cells: list[str]


def _merged(columns: list[_Column], named: list[bool]) -> list[_Column]:
    """`named`: which columns have a cell of their own in the header; what has none and is empty, goes."""
    kept: list[_Column] = []
    for column, has_name in zip(columns, named, strict=True):
        if kept and _are_one(kept[-1], column, is_label=len(kept) == 1):
            pairs = zip(kept[-1].cells, column.cells, strict=True)
            kept[-1] = _Column(kept[-1].head or column.head, [one + other for one, other in pairs])
        elif has_name or any(column.cells):
            kept.append(column)
    return kept


def _are_one(left: _Column, right: _Column, *, is_label: bool) -> bool:
    """Whether two columns stand under one cell of the header, and no row has a value in both."""
    if left.head != right.head and (is_label or (left.head and right.head)):
        return False
    return all(
        not one or not other or _OPENS.match(one) or _CLOSES.match(other)
        for one, other in zip(left.cells, right.cells, strict=True)
    )
