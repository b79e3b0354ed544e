"""A picture of a page, in any of four directions and somewhat skewed, to its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from apps.knowledge.parsing.ocr.lines import Box, boxes, skew
from apps.knowledge.parsing.ocr.order import Line, page_text

if TYPE_CHECKING:
    from apps.knowledge.parsing.ocr.models import Models, Picture

_LONG_SIDE, _SHORT_SIDE = 1920, 640
_STRIDE = 32
_SAMPLE = 6
_SURE = 0.5
_ENOUGH = 0.85
_TILTED = 0.6
_MAX_TILT = 20.0
_CLEAR, _LONG = 24, 5.0
_DOUBTED, _MIN_DENSITY = 0.76, 0.5
_MIN_READ = 0.3
_MIN_STRANGE, _MOST_STRANGE = 2, 0.6


class UnknownScriptError(Exception):
    """The picture shows lines of writing that the models do not know."""


class Reader:
    """Reads pages with loaded models."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def text(self, picture: Picture) -> str:
        """The text of an RGB picture; "" where there is none. Raises UnknownScriptError."""
        upright, found = self._upright(picture)
        texts = self._models.read([_cut(upright, box) for box in found])
        if _is_strange(found, texts):
            raise UnknownScriptError
        lines = [
            Line(text.strip(), box.left, box.top, box.right, box.bottom)
            for box, (text, sure) in zip(found, texts, strict=True)
            if text.strip() and sure >= _SURE
        ]
        return page_text(lines)

    def _upright(self, picture: Picture) -> tuple[Picture, list[Box]]:
        """The page turned so that its lines are level and read best; one that reads well stays as it is."""
        best = given = self._level(picture)
        lying = sum(box.width > box.height for box in given[1]) * 2 >= len(given[1])
        best_sure = -1.0
        for quarter in (0, 2, 1, 3) if lying else (1, 3, 0, 2):
            turned = self._level(np.ascontiguousarray(np.rot90(picture, quarter))) if quarter else given
            sure = self._sureness(*turned)
            if sure > best_sure:
                best, best_sure = turned, sure
            if sure >= _ENOUGH:
                break
        return best

    def _level(self, picture: Picture) -> tuple[Picture, list[Box]]:
        """The picture with its lines level, and where they are."""
        found = self._found(picture)
        tilt = skew(found)
        if not _TILTED < abs(tilt) < _MAX_TILT:
            return picture, found
        turned = _turned(picture, tilt)
        return turned, self._found(turned)

    def _sureness(self, picture: Picture, found: list[Box]) -> float:
        longest = sorted(found, key=lambda box: box.width, reverse=True)[:_SAMPLE]
        texts = self._models.read([_cut(picture, box) for box in longest])
        read = (
            sure
            for box, (text, sure) in zip(longest, texts, strict=True)
            if len(text.strip()) >= _MIN_READ * box.width / max(1, box.height)
        )
        return sum(read) / len(texts) if texts else 0.0

    def _found(self, picture: Picture) -> list[Box]:
        """Boxes of lines in the picture's own pixels."""
        height, width = picture.shape[:2]
        scale = min(_LONG_SIDE / max(height, width), max(1.0, _SHORT_SIDE / min(height, width)))
        size = tuple(max(_STRIDE, round(side * scale / _STRIDE) * _STRIDE) for side in (width, height))
        small = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
        across, down = width / size[0], height / size[1]
        return [
            Box(
                int(box.left * across),
                int(box.top * down),
                min(width, round(box.right * across)),
                min(height, round(box.bottom * down)),
                box.angle,
            )
            for box in boxes(self._models.find(small))
        ]


def _is_strange(found: list[Box], texts: list[tuple[str, float]]) -> bool:
    """Whether most long lines of some size give hardly a letter, or letters that the model doubts."""
    long = [
        (box, text, sure)
        for box, (text, sure) in zip(found, texts, strict=True)
        if box.height >= _CLEAR and box.width >= _LONG * box.height
    ]
    strange = sum(
        sure < _DOUBTED or sum(letter.isalnum() for letter in text) < _MIN_DENSITY * box.width / box.height
        for box, text, sure in long
    )
    return strange >= max(_MIN_STRANGE, _MOST_STRANGE * len(long))


def _cut(picture: Picture, box: Box) -> Picture:
    return picture[box.top : max(box.bottom, box.top + 1), box.left : max(box.right, box.left + 1)]


def _turned(picture: Picture, degrees: float) -> Picture:
    turned = Image.fromarray(picture).rotate(
        degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(255, 255, 255)
    )
    return np.asarray(turned)
