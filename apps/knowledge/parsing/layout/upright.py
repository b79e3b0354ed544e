"""Chinese, Japanese and Korean as they are also written: letters below each other, lines from the right."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from apps.knowledge.parsing.layout.shapes import Box

_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff00-\uffef]")
_MIN_WIDE = 0.4
_SHARE = 0.6
_MOST_SAMPLED = 400
_BESIDE, _BELOW = 0.6, 2.2
_LEVEL, _ACROSS = 0.3, 1.5


def may_run_down(text: str) -> bool:
    """Whether a page is in a script that is also written from the top; a look that spares most pages."""
    letters = "".join(text[: 4 * _MOST_SAMPLED].split())
    return len(_WIDE.findall(letters)) > _MIN_WIDE * len(letters)


def runs_down(boxes: Sequence[Box | None]) -> bool:
    """Whether most letters stand below the one before."""
    standing = [box for box in boxes if box][:_MOST_SAMPLED]
    steps = [_follows(before, box) for before, box in pairwise(standing)]
    return sum(steps) > max(1, _SHARE * len(steps))


def lines_down(boxes: Sequence[Box | None]) -> Iterator[list[int]]:
    """The indexes of each line's letters, in the order of the text."""
    line: list[int] = []
    before: Box | None = None
    for index, box in enumerate(boxes):
        if box is None:
            continue
        if before is not None and not _follows(before, box) and not _stands_beside(before, box):
            yield line
            line = []
        line.append(index)
        before = box
    if line:
        yield line


def _follows(before: Box, box: Box) -> bool:
    size = max(before.height, before.right - before.left)
    return (
        abs(box.centre - before.centre) <= _BESIDE * size and 0 < box.middle - before.middle <= _BELOW * size
    )


def _stands_beside(before: Box, box: Box) -> bool:
    """Digits that are set beside each other within the line, or a line across the page, as of a header."""
    size = max(before.height, box.height)
    return abs(box.middle - before.middle) < _LEVEL * size and 0 < box.left - before.left <= _ACROSS * size
