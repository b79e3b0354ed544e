"""Tables as Markdown."""

from collections.abc import Iterator, Sequence

from apps.knowledge.parsing.headers import ACROSS, in_one_line
from apps.knowledge.parsing.outline import SectionBuilder

_MAX_TITLE_LINES = 4
_WIDEST_HEADER = 450
_HEADER_OF_PART = 300


def markdown_table(rows: Sequence[Sequence[str]], header: int = 0) -> str:
    """A Markdown table, ragged rows filled; "" when every cell is empty.

    The first row is its header, with `header` lines or those that follow from cells that span columns.
    """
    grid = _grid(rows)
    return _written(in_one_line(grid, header)[0]) if grid else ""


def sheet_tables(builder: SectionBuilder, rows: Sequence[Sequence[str]], first: int = 1) -> None:
    """Hand a sheet's rows to the builder: a table for each run of rows between empty ones.

    `first` is the number of the first row. A run of one column is text. A table with a header too long to be
    repeated is handed on in several, each with the first column and some of the others.
    """
    start = 0
    while start < len(rows):
        end = start
        while end < len(rows) and any(cell.strip() for cell in rows[end]):
            end += 1
        run = rows[start:end]
        if run:
            _run(builder, run, first + start)
        start = end + 1


def _run(builder: SectionBuilder, run: Sequence[Sequence[str]], row: int) -> None:
    """Lines of one cell above a wider table are its title, not its header."""
    widths = [sum(bool(cell.strip()) for cell in line) for line in run]
    at = 0
    while at < len(run) and widths[at] == 1 and (at < _MAX_TITLE_LINES or max(widths) == 1):
        at += 1
    if at:
        lines = ["".join(cell.strip() for cell in line if cell.strip()) for line in run[:at]]
        builder.rows("\n".join(" ".join(line.split()) for line in lines), "text", row)
    grid = _grid(run[at:])
    if grid:
        table, lines_of_header = in_one_line(grid)
        for part in _parts(table):
            builder.rows(_written(part), "table", row + at + lines_of_header - 1)


def _grid(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows that hold anything, all of one width, their cells on one line."""
    cleaned = [[_cell(cell) for cell in row] for row in rows if any(cell.strip() for cell in row)]
    width = max((len(row) for row in cleaned), default=0)
    return [row + [""] * (width - len(row)) for row in cleaned]


def _parts(table: list[list[str]]) -> Iterator[list[list[str]]]:
    """The table, cut between columns where its header is too long to stand above each piece of it."""
    header = table[0]
    if sum(len(cell) + 3 for cell in header) <= _WIDEST_HEADER or len(table) == 1:
        yield table
        return
    start = 1
    while start < len(header):
        end, length = start, len(header[0])
        while end < len(header) and (end == start or length + len(header[end]) + 3 <= _HEADER_OF_PART):
            length += len(header[end]) + 3
            end += 1
        yield [[row[0], *row[start:end]] for row in table]
        start = end


def _written(table: list[list[str]]) -> str:
    keep = [column for column in range(len(table[0])) if any(row[column] for row in table)]
    lines = [_line([row[column] for column in keep]) for row in table]
    lines.insert(1, _line(["---"] * len(keep)))
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text if text == ACROSS else " ".join(text.split()).replace("|", "\\|")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
