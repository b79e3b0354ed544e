"""What pages of a PDF show as a picture only: scans, also those that a line or two of text stands over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pypdfium2.raw as pdfium

from apps.knowledge.parsing import recognition

if TYPE_CHECKING:
    import pypdfium2

    from apps.knowledge.parsing.ocr.models import Picture

_DOTS_PER_POINT = 200 / 72
_LONG_SIDE = 2400
_MAX_OBJECTS = 20_000
_MIN_PATHS = 50
_MIN_LETTERS = 8
_MAX_STRANGE = 0.3
_SHARE, _LARGE_SHARE = 0.15, 0.35
_FEW_LETTERS = 25
_LITTLE_TEXT, _MOST_TEXT = 400, 1500

_WORDS = re.compile(r"\W+")


class Shown(NamedTuple):
    """Text that was recognised on a page; `is_all` where it stands for a text layer that says nothing."""

    text: str = ""
    is_all: bool = False


def shown_text(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, text: str) -> Shown:
    """What the page shows beside `text`, its text layer; nothing for a page that shows no picture.

    Raises RecognitionNeededError where a page shows one and no model is at hand.
    """
    if _is_unreadable(text):
        if not _shows_something(page):
            return Shown()
        recognition.require()
        found = recognition.recognised(_drawn(page))
        return Shown(found, is_all=bool(found))
    share = _SHARE if len(text) <= _LITTLE_TEXT else _LARGE_SHARE
    if len(text) > _MOST_TEXT or not _has_bare_picture(page, textpage, share) or not recognition.may_add():
        return Shown()
    known = {_words(line) for line in text.split("\n")}
    lines = recognition.recognised(_drawn(page)).split("\n")
    return Shown("\n".join(line for line in lines if not line or _words(line) not in known).strip("\n"))


def _is_unreadable(text: str) -> bool:
    """Whether a text layer says nothing: hardly a letter, or glyphs without a known character."""
    letters = sum(character.isalnum() for character in text)
    strange = sum(character == "\ufffd" or "\ue000" <= character <= "\uf8ff" for character in text)
    return letters < _MIN_LETTERS or strange > _MAX_STRANGE * len(text)


def _shows_something(page: pypdfium2.PdfPage) -> bool:
    """A picture, or so many outlines that letters may be among them."""
    paths = 0
    for count, item in enumerate(page.get_objects(max_depth=4)):
        if item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            return True
        paths += item.type == pdfium.FPDF_PAGEOBJ_PATH
        if count >= _MAX_OBJECTS:
            break
    return paths >= _MIN_PATHS


def _has_bare_picture(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, share: float) -> bool:
    """Whether pictures cover this share of the page with hardly a letter of the text layer on them."""
    boxes = [item.get_bounds() for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=1)]
    if not boxes:
        return False
    left, bottom, right, top = (
        pick(box[at] for box in boxes) for at, pick in enumerate((min, min, max, max))
    )
    width, height = page.get_size()
    if (right - left) * (top - bottom) < share * width * height:
        return False
    return int(pdfium.FPDFText_GetBoundedText(textpage, left, top, right, bottom, None, 0)) < _FEW_LETTERS


def _words(line: str) -> str:
    return _WORDS.sub(" ", line.lower()).strip()


def _drawn(page: pypdfium2.PdfPage) -> Picture:
    """The page as it is shown, turned as its rotation says, in RGB."""
    longest = max(page.get_size()) or 1.0
    scale = min(_DOTS_PER_POINT, _LONG_SIDE / longest)
    bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=False, no_smoothtext=False)
    picture: Picture = bitmap.to_numpy()[:, :, :3].copy()
    bitmap.close()
    return picture
