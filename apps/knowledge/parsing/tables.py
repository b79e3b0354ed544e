"""Tables as Markdown."""

from collections.abc import Sequence

from apps.knowledge.parsing.outline import SectionBuilder

_MAX_TITLE_LINES = 4


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first row is its header, ragged rows are filled. "" when every cell is empty."""
    cleaned = [[_cell(cell) for cell in row] for row in rows]
    cleaned = [row for row in cleaned if any(row)]
    if not cleaned:
        return ""
    width = max(len(row) for row in cleaned)
    keep = [column for column in range(width) if any(len(row) > column and row[column] for row in cleaned)]
    lines = [_line([row[column] if column < len(row) else "" for column in keep]) for row in cleaned]
    lines.insert(1, _line(["---"] * len(keep)))
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def sheet_tables(builder: SectionBuilder, rows: Sequence[Sequence[str]], first: int = 1) -> None:
    """Hand a sheet's rows to the builder: a table for each run of rows between empty ones.

    `first` is the number of the first row. A run of one column is text.
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
        lines = ["".join(cell.strip() for cell in line) for line in run[:at]]
        builder.rows("\n".join(" ".join(line.split()) for line in lines), "text", row)
    builder.rows(markdown_table(run[at:]), "table", row + at)
