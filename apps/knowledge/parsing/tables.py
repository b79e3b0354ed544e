"""Tables as Markdown."""

from collections.abc import Sequence


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
