"""The letters and ruled lines of a PDF's page, turned so that its text reads from left to right."""

from __future__ import annotations

import ctypes
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pypdfium2.raw as pdfium

from apps.knowledge.parsing.layout.bidi import Letter, in_reading_order, is_from_right, mostly_from_right
from apps.knowledge.parsing.layout.shapes import Box, Rule, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pypdfium2

_LINE = re.compile(r"[^\r\n]+")
_MAX_LETTERS = 60_000
_SAMPLES = 12
_MAX_OBJECTS = 20_000
_MAX_LINES = 6000
_MAX_DEPTH = 3
_STRAIGHT = 0.5
_MIN_RULE = 5.0
_GAP = 0.9
_MIN_GAPPED = 2
_MANY_RECTS = 400
_MANY_SEGMENTS = 24
_THIN = 3.0


@dataclass(frozen=True, slots=True)
class Letters:
    """A page's text, and for each of its letters the index in PDFium's text (-1: a space that none wrote)."""

    text: str
    sources: Sequence[int]


class _Matrix(NamedTuple):
    """An affine map as PDF writes it: (x, y) to (ax + cy + e, bx + dy + f)."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def after(self, first: _Matrix) -> _Matrix:
        """The map that applies `first`, then this one."""
        zero, x, y = self.at(first.e, first.f), (first.a, first.b), (first.c, first.d)
        return _Matrix(
            self.a * x[0] + self.c * x[1],
            self.b * x[0] + self.d * x[1],
            self.a * y[0] + self.c * y[1],
            self.b * y[0] + self.d * y[1],
            *zero,
        )


# By the direction of the text, in quarters clockwise: what turns it upright, with y downwards.
_TURNS = (
    _Matrix(1, 0, 0, -1, 0, 0),
    _Matrix(0, -1, -1, 0, 0, 0),
    _Matrix(-1, 0, 0, 1, 0, 0),
    _Matrix(0, 1, 1, 0, 0, 0),
)


def readable(page: pypdfium2.PdfPage) -> pypdfium2.PdfTextPage:
    """The page's text layer in an order that can be read.

    PDFium orders text as the page is shown, so that lines which are shown lying come backwards: the page is
    turned for it until most of its text stands upright.
    """
    textpage = page.get_textpage()
    shown, upright = page.get_rotation(), -_quarter(textpage) % 4 * 90
    if shown == upright:
        return textpage
    textpage.close()
    page.set_rotation(upright)
    try:
        return page.get_textpage()
    finally:
        page.set_rotation(shown)


def may_hold_columns(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage) -> bool:
    """Whether lines have wide gaps or much is drawn; a cheap look that spares most pages the thorough one."""
    count = pdfium.FPDFText_CountRects(textpage, 0, -1)
    if count > _MANY_RECTS or _quarter(textpage) or _is_drawn(page):
        return True
    left, top, right, bottom = (ctypes.c_double() for _ in range(4))
    rects = []
    for at in range(count):
        pdfium.FPDFText_GetRect(textpage, at, left, top, right, bottom)
        rects.append(Box(left.value, -top.value, right.value, -bottom.value))
    return _has_gaps(rects)


def sheet_of(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, letters: Letters) -> Sheet:
    """The page's letters with their boxes, and the ruled lines on it."""
    rules = list(_rules(page, _TURNS[_quarter(textpage)]))
    return Sheet(letters.text, solid_boxes(textpage, letters), rules)


def solid_boxes(textpage: pypdfium2.PdfTextPage, letters: Letters) -> list[Box | None]:
    """The letters' boxes, None for white space."""
    boxes = boxes_of(textpage, letters.sources)
    return [None if letter.isspace() else box for letter, box in zip(letters.text, boxes, strict=True)]


def letters_of(textpage: pypdfium2.PdfTextPage) -> Letters:
    """The page's text line by line as it is read; lines from the right by where their letters stand.

    `sources` is empty where letters cannot be told one by one.
    """
    text = textpage.get_text_range()
    if not len(text) == textpage.count_chars() <= _MAX_LETTERS:
        return Letters(text, ())
    sources = range(len(text))
    if not is_from_right(text):
        return Letters(text, sources)
    boxes = list(boxes_of(textpage, sources))
    favoured = mostly_from_right(text)
    read: list[Letter] = []
    for line in _LINE.finditer(text):
        standing = [
            Letter(text[at], at, box.left, box.right) for at in range(*line.span()) if (box := boxes[at])
        ]
        height = max((box.height for at in range(*line.span()) if (box := boxes[at])), default=0.0)
        turns = height > 0 and is_from_right(line[0])
        read += in_reading_order(standing, height, favoured=favoured) if turns else standing
        read += [Letter("\n", -1, 0, 0)]
    return Letters("".join(letter.text for letter in read), [letter.source for letter in read])


def boxes_of(textpage: pypdfium2.PdfTextPage, sources: Sequence[int]) -> Iterator[Box | None]:
    """The boxes of letters by their index in PDFium's text (-1: none), turned upright, y downwards."""
    quarter = _quarter(textpage)
    box = pdfium.FS_RECTF()
    reference, measure = ctypes.byref(box), pdfium.FPDFText_GetLooseCharBox
    for index in sources:
        known = index >= 0 and measure(textpage, index, reference)
        found = Box(box.left, -box.top, box.right, -box.bottom) if known else None
        yield _upright(_TURNS[quarter], found) if found and quarter else found


def line_height(textpage: pypdfium2.PdfTextPage, index: int) -> float:
    """The height of a letter's font in points, whichever way the letter stands."""
    box = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(textpage, index, ctypes.byref(box))
    upright = _quarter_at(textpage, index) % 2 == 0
    return float(box.top - box.bottom if upright else box.right - box.left)


def _quarter(textpage: pypdfium2.PdfTextPage) -> int:
    """The commonest direction of the page's text, in quarters clockwise."""
    count = pdfium.FPDFText_CountChars(textpage)
    seen = [_quarter_at(textpage, index) for index in range(0, count, max(1, count // _SAMPLES))]
    return max(set(seen), key=seen.count, default=0)


def _quarter_at(textpage: pypdfium2.PdfTextPage, index: int) -> int:
    angle = float(pdfium.FPDFText_GetCharAngle(textpage, index))
    return round(angle / (math.pi / 2)) % 4


def _upright(turn: _Matrix, box: Box) -> Box:
    (x, y), (other, below) = turn.at(box.left, -box.top), turn.at(box.right, -box.bottom)
    return Box(min(x, other), min(y, below), max(x, other), max(y, below))


def _has_gaps(rects: list[Box]) -> bool:
    gapped = 0
    before: Box | None = None
    for rect in sorted(rects, key=lambda rect: (round(rect.middle / 2), rect.left)):
        if before is not None and abs(rect.middle - before.middle) < before.height / 2:
            gapped += rect.left - before.right > _GAP * max(before.height, rect.height)
        before = rect
    return gapped >= _MIN_GAPPED


def _is_drawn(page: pypdfium2.PdfPage) -> bool:
    segments = 0
    for at in range(min(pdfium.FPDFPage_CountObjects(page), _MAX_OBJECTS)):
        item = pdfium.FPDFPage_GetObject(page, at)
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            segments += max(0, pdfium.FPDFPath_CountSegments(item))
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            segments += _MANY_SEGMENTS
        if segments >= _MANY_SEGMENTS:
            return True
    return False


def _rules(page: pypdfium2.PdfPage, turn: _Matrix) -> Iterator[Rule]:
    """The straight lines of the page's drawings, also those inside its forms."""
    count = pdfium.FPDFPage_CountObjects(page)
    found = 0
    for at in range(min(count, _MAX_OBJECTS)):
        for rule in _rules_of(pdfium.FPDFPage_GetObject(page, at), turn, _MAX_DEPTH):
            yield rule
            found += 1
            if found >= _MAX_LINES:
                return


def _rules_of(item: Any, turn: _Matrix, depth: int) -> Iterator[Rule]:
    kind = pdfium.FPDFPageObj_GetType(item)
    if kind == pdfium.FPDF_PAGEOBJ_PATH:
        yield from _strokes(item, turn.after(_matrix_of(item)))
    elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth > 0:
        inner = turn.after(_matrix_of(item))
        for at in range(min(pdfium.FPDFFormObj_CountObjects(item), _MAX_OBJECTS)):
            yield from _rules_of(pdfium.FPDFFormObj_GetObject(item, at), inner, depth - 1)


def _matrix_of(item: Any) -> _Matrix:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(item, ctypes.byref(matrix))
    return _Matrix(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)


def _strokes(path: Any, matrix: _Matrix) -> Iterator[Rule]:
    """The level and upright lines of a path; the edges of a filled area count only where it is thin."""
    points = list(_points(path, matrix))
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, ctypes.byref(fill), ctypes.byref(stroke))
    if not points or (not stroke.value and not _is_thin([end for _, end in points])):
        return
    for (x, y), (to_x, to_y) in points:
        if abs(y - to_y) <= _STRAIGHT and abs(x - to_x) >= _MIN_RULE:
            yield Rule(True, (y + to_y) / 2, min(x, to_x), max(x, to_x))  # noqa: FBT003 (a field of a tuple)
        elif abs(x - to_x) <= _STRAIGHT and abs(y - to_y) >= _MIN_RULE:
            yield Rule(False, (x + to_x) / 2, min(y, to_y), max(y, to_y))  # noqa: FBT003


def _is_thin(points: list[tuple[float, float]]) -> bool:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(max(xs) - min(xs), max(ys) - min(ys)) <= _THIN


def _points(path: Any, matrix: _Matrix) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The straight segments of a path, from point to point."""
    x, y = ctypes.c_float(), ctypes.c_float()
    begun = last = (0.0, 0.0)
    for at in range(min(pdfium.FPDFPath_CountSegments(path), _MAX_LINES)):
        segment = pdfium.FPDFPath_GetPathSegment(path, at)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        here = matrix.at(x.value, y.value)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_LINETO:
            yield last, here
        elif kind == pdfium.FPDF_SEGMENT_MOVETO:
            begun = here
        last = here
        if pdfium.FPDFPathSegment_GetClose(segment):
            yield last, begun
            last = begun
