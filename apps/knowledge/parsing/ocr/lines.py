"""From the finder's score map to boxes of lines, without a vision library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from apps.knowledge.parsing.ocr.models import Scores

_CORE = 0.3
_SURE = 0.5
_GROWTH = 1.6
_MIN_SIDE = 3
_MIN_LENGTH = 40
_LONG = 2.5


@dataclass(frozen=True, slots=True)
class Box:
    """A line's box in pixels, right and bottom exclusive; `angle` in degrees, falling lines above 0."""

    left: int
    top: int
    right: int
    bottom: int
    angle: float = 0.0

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


def boxes(scores: Scores) -> list[Box]:
    """A box around each connected region of likely pixels, grown to the letters' full height.

    The regions are the shrunken cores of lines (Liao et al., Real-time Scene Text Detection, 2020).
    """
    height, width = scores.shape
    found = []
    for runs in _regions(scores > _CORE):
        rows, starts, ends = runs[:, 0], runs[:, 1], runs[:, 2]
        top, bottom = int(rows.min()), int(rows.max()) + 1
        left, right = int(starts.min()), int(ends.max())
        if min(right - left, bottom - top) < _MIN_SIDE or _mean(scores, runs) < _SURE:
            continue
        grow = (right - left) * (bottom - top) * _GROWTH / (2 * (right - left + bottom - top))
        pad = math.ceil(grow)
        found.append(
            Box(
                max(0, left - pad),
                max(0, top - pad),
                min(width, right + pad),
                min(height, bottom + pad),
                _angle(rows, starts, ends),
            )
        )
    return found


def skew(found: list[Box]) -> float:
    """The median angle of the long lines in degrees; 0 where there are none."""
    angles = [box.angle for box in found if box.width >= _MIN_LENGTH and box.width >= _LONG * box.height]
    return median(angles) if angles else 0.0


def _regions(mask: np.ndarray) -> list[np.ndarray]:
    """The runs (row, start, end) of each connected region, by union of runs that touch between rows."""
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    parent = list(range(len(rows)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    first = np.searchsorted(rows, np.arange(mask.shape[0] + 1)).tolist()
    begin, stop = starts.tolist(), ends.tolist()
    for row in range(1, mask.shape[0]):
        above, below = first[row - 1], first[row]
        while above < first[row] and below < first[row + 1]:
            if begin[above] < stop[below] and begin[below] < stop[above]:
                parent[root(below)] = root(above)
            if stop[above] < stop[below]:
                above += 1
            else:
                below += 1
    groups: dict[int, list[int]] = {}
    for at in range(len(rows)):
        groups.setdefault(root(at), []).append(at)
    table = np.stack([rows, starts, ends], axis=1)
    return [table[members] for members in groups.values()]


def _mean(scores: Scores, runs: np.ndarray) -> float:
    total = sum(float(scores[row, start:end].sum()) for row, start, end in runs.tolist())
    return total / max(1, int((runs[:, 2] - runs[:, 1]).sum()))


def _angle(rows: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> float:
    """The direction of the region's longest extent, by the moments of its runs."""
    weights = (ends - starts).astype(float)
    x, y = (starts + ends) / 2, rows.astype(float)
    total = float(weights.sum())
    x, y = x - float((weights * x).sum()) / total, y - float((weights * y).sum()) / total
    spread = float(np.sum(weights * (x * x + weights * weights / 12)))
    tilt = float(np.sum(weights * x * y))
    return math.degrees(0.5 * math.atan2(2 * tilt, spread - float(np.sum(weights * y * y))))
