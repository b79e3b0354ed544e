"""The lines of a page in reading order: columns one after the other, the cells of a row side by side."""

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

_MIN_COLUMN_LINES = 5
_FULL = 0.55
_CROSSING = 0.1
_SAME_ROW = 0.5
_PARAGRAPH_GAP = 0.9
_STEPS = 60


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


def page_text(lines: list[Line]) -> str:
    """Rows from top to bottom, an empty line where a wide gap parts paragraphs; two columns in turn."""
    return "\n\n".join(_rows_text(block) for block in _blocks(lines) if block)


def _blocks(lines: list[Line]) -> list[list[Line]]:
    """What spans the gutter (a title above, a footer below) stands before or after both columns."""
    gutter = _gutter(lines)
    if gutter is None:
        return [lines]
    left = [line for line in lines if line.right <= gutter]
    right = [line for line in lines if line.left >= gutter]
    across = [line for line in lines if line.left < gutter < line.right]
    top = min(line.top for line in (*left, *right))
    above = [line for line in across if line.bottom <= top + line.height]
    return [above, *_blocks(left), *_blocks(right), [line for line in across if line not in above]]


def _gutter(lines: list[Line]) -> float | None:
    """Where hardly a line crosses, with full lines of prose on both sides; a table's gaps are no gutter."""
    if len(lines) < 2 * _MIN_COLUMN_LINES:
        return None
    low, high = min(line.left for line in lines), max(line.right for line in lines)
    best: tuple[int, float] | None = None
    for step in range(_STEPS // 4, _STEPS * 3 // 4):
        at = low + (high - low) * step / _STEPS
        left = [line for line in lines if line.right <= at]
        right = [line for line in lines if line.left >= at]
        crossing = len(lines) - len(left) - len(right)
        if crossing <= _CROSSING * len(lines) and _is_prose(left) and _is_prose(right):
            best = min(best, (crossing, at)) if best else (crossing, at)
    return best[1] if best else None


def _is_prose(lines: list[Line]) -> bool:
    if len(lines) < _MIN_COLUMN_LINES:
        return False
    width = max(line.right for line in lines) - min(line.left for line in lines)
    return median(line.right - line.left for line in lines) >= _FULL * width


def _rows_text(lines: list[Line]) -> str:
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.top + line.bottom) / 2):
        if rows and _beside(rows[-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    texts = [" ".join(line.text for line in sorted(row, key=lambda line: line.left)) for row in rows]
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
