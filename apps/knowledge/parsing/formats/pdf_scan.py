"""Pages of a PDF that only show a picture of their text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2
import pypdfium2.raw as pdfium

from apps.knowledge.parsing import recognition

if TYPE_CHECKING:
    from apps.knowledge.parsing.ocr.models import Picture

_DOTS_PER_POINT = 200 / 72
_LONG_SIDE = 2400
_MAX_OBJECTS = 20_000
_MIN_PATHS = 50
_MIN_LETTERS = 8
_MAX_STRANGE = 0.3


def is_unreadable(text: str) -> bool:
    """Whether a text layer says nothing: hardly a letter, or glyphs without a known character."""
    letters = sum(character.isalnum() for character in text)
    strange = sum(character == "\ufffd" or "\ue000" <= character <= "\uf8ff" for character in text)
    return letters < _MIN_LETTERS or strange > _MAX_STRANGE * len(text)


def scanned_text(document: pypdfium2.PdfDocument, index: int) -> str:
    """The text of a page by its looks; "" for one that shows no picture or cannot be drawn.

    Raises RecognitionNeededError where a page shows one and no model is at hand.
    """
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return ""
    try:
        if not _shows_something(page):
            return ""
        recognition.require()
        return recognition.recognised(_drawn(page))
    except pypdfium2.PdfiumError:
        return ""
    finally:
        page.close()


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


def _drawn(page: pypdfium2.PdfPage) -> Picture:
    """The page as it is shown, turned as its rotation says, in RGB."""
    longest = max(page.get_size()) or 1.0
    scale = min(_DOTS_PER_POINT, _LONG_SIDE / longest)
    bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=False, no_smoothtext=False)
    picture: Picture = bitmap.to_numpy()[:, :, :3].copy()
    bitmap.close()
    return picture
