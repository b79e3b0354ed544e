"""Tables of a web page as rows of cells."""

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from apps.knowledge.parsing.formats.html_shown import is_shown, visible
from apps.knowledge.parsing.headers import ACROSS

_MAX_SPAN = 200


def is_data(table: LexborNode) -> bool:
    """A table of rows and columns rather than a page's layout.

    One with header cells is; without, none that holds a table, heading or list.
    """
    rows = list(_own_rows(table))
    if max((len(_cells(row)) for row in rows), default=0) <= 1:
        return False
    if any(cell.tag == "th" for row in rows for cell in _cells(row)):
        return True
    return all(inner.mem_id == table.mem_id for inner in table.css("table, h1, h2, h3, ul, ol"))


def rows_of(table: LexborNode) -> tuple[list[list[str]], int]:
    """Cells by row, and how many rows at the top are marked as header.

    A cell that spans columns is followed by ACROSS in the others, one that spans rows is repeated.
    """
    rows: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}
    marked = 0
    for row in _own_rows(table):
        cells: list[str] = []
        for cell in _cells(row):
            cells += _hung(hanging, len(cells))
            text, wide, tall = visible(cell), _span(cell, "colspan"), _span(cell, "rowspan")
            for offset in range(wide):
                cells.append(ACROSS if offset else text)
                if tall > 1:
                    hanging[len(cells) - 1] = (tall - 1, cells[-1])
        cells += _hung(hanging, len(cells))
        marked += marked == len(rows) and _is_marked(row)
        if any(cell.strip() for cell in cells):
            rows.append(cells)
        elif marked > len(rows):
            marked -= 1
    return rows, marked


def _own_rows(table: LexborNode) -> Iterator[LexborNode]:
    """The table's rows that are shown, but not those of a table in a cell."""
    for child in table.iter():
        if child.tag == "tr" and is_shown(child):
            yield child
        elif child.tag in {"thead", "tbody", "tfoot"} and is_shown(child):
            yield from (row for row in child.iter() if row.tag == "tr" and is_shown(row))


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag in {"td", "th"} and is_shown(cell)]


def _is_marked(row: LexborNode) -> bool:
    parent = row.parent
    return (parent is not None and parent.tag == "thead") or all(cell.tag == "th" for cell in _cells(row))


def _hung(hanging: dict[int, tuple[int, str]], column: int) -> list[str]:
    """The texts that hang down from rows above into this and the columns beside it."""
    found: list[str] = []
    while column in hanging:
        left, text = hanging.pop(column)
        if left > 1:
            hanging[column] = (left - 1, text)
        found.append(text)
        column += 1
    return found


def _span(cell: LexborNode, name: str) -> int:
    value = (cell.attributes.get(name) or "").strip()
    return min(max(1, int(value)), _MAX_SPAN) if value.isdecimal() else 1
