"""The lines of a page in reading order: columns one after the other, the cells of a row side by side."""

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from apps.knowledge.parsing.layout.columns import blocks_of

_SAME_ROW = 0.5
_PARAGRAPH_GAP = 0.9


@dataclass(frozen=True, slots=True)
class Line:
    """Text with its box, in any unit, downwards from the top."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


def page_text(lines: list[Line], *, from_right: bool = False) -> str:
    """Rows from top to bottom, an empty line where a wide gap parts paragraphs; two columns in turn.

    `from_right`: rows begin at the right, and so do columns.
    """
    blocks = blocks_of(lines, from_right=from_right)
    return "\n\n".join(_rows_text(block, from_right=from_right) for block in blocks if block)


def _rows_text(lines: list[Line], *, from_right: bool) -> str:
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.top + line.bottom) / 2):
        if rows and _beside(rows[-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    ordered = (sorted(row, key=lambda line: line.left, reverse=from_right) for row in rows)
    texts = [" ".join(line.text for line in row) for row in ordered]
    parts = texts[:1]
    for (above, below), text in zip(pairwise(rows), texts[1:], strict=True):
        gap = min(line.top for line in below) - max(line.bottom for line in above)
        wide = gap > _PARAGRAPH_GAP * median(line.height for line in below)
        parts.append(f"\n{text}" if wide else text)
    return "\n".join(parts)


def _beside(row: list[Line], line: Line) -> bool:
    """Whether the line's middle falls into the row and it overlaps none of its lines sideways."""
    top, bottom = median(other.top for other in row), median(other.bottom for other in row)
    shared = min(bottom, line.bottom) - max(top, line.top)
    if shared < _SAME_ROW * min(bottom - top, line.height):
        return False
    return all(
        line.left >= other.right - other.height or line.right <= other.left + other.height for other in row
    )
