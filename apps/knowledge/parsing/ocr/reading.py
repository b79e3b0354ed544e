"""A picture of a page, in any of four directions and somewhat skewed, to its text."""

from __future__ import annotations

from collections import Counter
from statistics import mean
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from apps.knowledge.language import UNKNOWN, detect_language
from apps.knowledge.parsing.ocr.choosing import ENOUGH, Chooser, Recogniser
from apps.knowledge.parsing.ocr.lines import Box, boxes, skew
from apps.knowledge.parsing.ocr.order import Line, page_text

if TYPE_CHECKING:
    from apps.knowledge.parsing.ocr.models import Models, Picture

    Text = tuple[str, float]

_LONG_SIDE, _SHORT_SIDE = 1920, 640
_STRIDE = 32
_SAMPLE = 6
_MENDED = 0.7
_LEGIBLE = 0.5
_MARKED = 0.8
_TILTED = 0.6
_MAX_TILT = 20.0
_CLEAR, _LONG = 24, 5.0
_MIN_DENSITY = 0.5
_MIN_STRANGE, _MOST_STRANGE = 2, 0.6


class UnknownScriptError(Exception):
    """The picture shows lines of writing that no recogniser knows."""


class _Page(NamedTuple):
    """A picture with its lines level, where they are, and who reads them."""

    picture: Picture
    boxes: list[Box]
    recogniser: Recogniser
    sure: float

    @property
    def is_from_right(self) -> bool:
        language = self.recogniser.language
        return language is not None and language.is_from_right


class Reader:
    """Reads the pages of one document; `read_as` counts them by language, UNKNOWN where none was told."""

    def __init__(self, models: Models, chooser: Chooser) -> None:
        self._models = models
        self._chooser = chooser
        self.read_as: Counter[str] = Counter()

    def text(self, picture: Picture) -> str:
        """The text of an RGB picture in logical order; "" where there is none. Raises UnknownScriptError."""
        page = self._upright(picture)
        cuts = [_cut(page.picture, box) for box in page.boxes]
        page, texts = self._with_marks(page, cuts, page.recogniser.read(cuts))
        texts = self._mended(page, cuts, texts)
        if _is_strange(page.boxes, texts, page.recogniser.doubt):
            raise UnknownScriptError
        lines = [
            Line(text.strip(), box.left, box.top, box.right, box.bottom)
            for box, (text, sure) in zip(page.boxes, texts, strict=True)
            if text.strip() and sure >= page.recogniser.least
        ]
        text = page_text(lines, from_right=page.is_from_right)
        if text:
            language = page.recogniser.language
            self.read_as[language.code if language else detect_language(text) or UNKNOWN] += 1
            self._chooser.remember(page.recogniser)
        return text

    def _with_marks(self, page: _Page, cuts: list[Picture], texts: list[Text]) -> tuple[_Page, list[Text]]:
        """The page read by the pack of its language, where PP-OCR read it and loses that one's marks."""
        if page.recogniser is not self._models:
            return page, texts
        pack = self._chooser.for_marks(" ".join(text for text, _ in texts))
        if pack is None:
            return page, texts
        marked = pack.read(cuts)
        if mean(sure for _, sure in marked) < _MARKED:
            return page, texts
        return page._replace(recogniser=pack), marked

    def _mended(self, page: _Page, cuts: list[Picture], texts: list[Text]) -> list[Text]:
        """The texts, with lines in another script read by who knows it."""
        doubted = [
            at
            for at, (box, (text, sure)) in enumerate(zip(page.boxes, texts, strict=True))
            if box.width >= _LONG * box.height and (sure < _MENDED or _is_sparse(box, text))
        ]
        lines = [cuts[at] for at in doubted]
        if not lines or (other := self._chooser.other(page.recogniser, lines[:_SAMPLE])) is None:
            return texts
        mended = list(texts)
        for at, (text, sure) in zip(doubted, other.recogniser.read(lines), strict=True):
            if sure >= ENOUGH and not _is_sparse(page.boxes[at], text):
                mended[at] = text, sure
        return mended

    def _upright(self, picture: Picture) -> _Page:
        """The page turned so that its lines are level and read best.

        One that reads well stays as it is, and so does one that nobody reads.
        """
        given = self._level(picture)
        lying = sum(box.width > box.height for box in given[1]) * 2 >= len(given[1])
        pages = (
            self._read_by_best(*(self._level(_quarter(picture, turns)) if turns else given))
            for turns in ((0, 2, 1, 3) if lying else (1, 3, 0, 2))
        )
        best = first = next(pages)
        while best.sure < ENOUGH and (page := next(pages, None)) is not None:
            best = max(best, page, key=lambda page: page.sure)
        return best if best.sure >= _LEGIBLE else first

    def _read_by_best(self, picture: Picture, found: list[Box]) -> _Page:
        longest = sorted(found, key=lambda box: box.width, reverse=True)[:_SAMPLE]
        reading = self._chooser.best([_cut(picture, box) for box in longest])
        return _Page(picture, found, reading.recogniser, reading.sure)

    def _level(self, picture: Picture) -> tuple[Picture, list[Box]]:
        """The picture with its lines level, and where they are."""
        found = self._found(picture)
        tilt = skew(found)
        if not _TILTED < abs(tilt) < _MAX_TILT:
            return picture, found
        turned = _turned(picture, tilt)
        return turned, self._found(turned)

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


def _is_strange(found: list[Box], texts: list[Text], doubt: float) -> bool:
    """Whether most long lines of some size give hardly a letter, or letters that are doubted."""
    long = [
        (box, text, sure)
        for box, (text, sure) in zip(found, texts, strict=True)
        if box.height >= _CLEAR and box.width >= _LONG * box.height
    ]
    strange = sum(sure < doubt or _is_sparse(box, text) for box, text, sure in long)
    return strange >= max(_MIN_STRANGE, _MOST_STRANGE * len(long))


def _is_sparse(box: Box, text: str) -> bool:
    return sum(letter.isalnum() for letter in text) < _MIN_DENSITY * box.width / max(1, box.height)


def _quarter(picture: Picture, turns: int) -> Picture:
    return np.ascontiguousarray(np.rot90(picture, turns))


def _cut(picture: Picture, box: Box) -> Picture:
    return picture[box.top : max(box.bottom, box.top + 1), box.left : max(box.right, box.left + 1)]


def _turned(picture: Picture, degrees: float) -> Picture:
    turned = Image.fromarray(picture).rotate(
        degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(255, 255, 255)
    )
    return np.asarray(turned)
