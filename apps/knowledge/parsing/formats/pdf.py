"""PDF page by page, with the outline's titles as headings; a page without text is drawn and recognised."""

import ctypes
import re
from collections import defaultdict
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from apps.knowledge.parsing import recognition
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.formats.pdf_form import filled_in
from apps.knowledge.parsing.formats.pdf_scan import is_unreadable, scanned_text
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.outline import HeadingPath
from apps.knowledge.parsing.parsed import Parsed, Section, clean
from apps.knowledge.parsing.unwrap import unwrap

_HYPHEN = "\x02"
_LAM_ALEF = re.compile("[اأإآ]ل")
_MAX_OUTLINE = 5000
_PROGRAM_TITLES = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel) - .*|untitled.*|\(anonymous\)|"
    r".*\.(?:docx?|pptx?|xlsx?|tex|dvi|indd))$",
    re.IGNORECASE,
)

Outline = dict[int, list[tuple[int, str]]]


def parse(data: bytes, limits: Limits) -> Parsed:
    """Sections by page and outline heading.

    Raises ParseError: encrypted, corrupt, too_large (pages), empty (no pages), no_text (no word to be seen);
    RecognitionNeededError for a scan.
    """
    document = _open(data)
    pages = len(document)
    if pages > limits.pages:
        raise ParseError(ParseErrorKind.TOO_LARGE)
    outline = _outline(document)
    path = HeadingPath()
    sections: list[Section] = []
    for index in range(pages):
        text = unwrap(_page_text(document, index))
        if is_unreadable(text):
            text = unwrap(scanned_text(document, index)) or text
        text = "\n\n".join(part for part in (text, filled_in(document, index)) if part)
        recognition.report(index + 1, pages)
        sections += _page_sections(text, index + 1, outline.get(index, []), path)
    if pages and not any(character.isalnum() for section in sections for character in section.text):
        raise ParseError(ParseErrorKind.NO_TEXT)
    return Parsed(title=_title(document), language=None, sections=tuple(sections), pages=pages)


def _open(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        encrypted = pdfium.FPDF_GetLastError() == pdfium.FPDF_ERR_PASSWORD or "password" in str(error)
        raise ParseError(ParseErrorKind.ENCRYPTED if encrypted else ParseErrorKind.CORRUPT) from error


def _title(document: pypdfium2.PdfDocument) -> str:
    title = clean(document.get_metadata_value("Title")).strip()
    return "" if _PROGRAM_TITLES.match(title) else title


def _outline(document: pypdfium2.PdfDocument) -> Outline:
    """Level and title of the bookmarks by page index; a broken outline counts as none."""
    found: Outline = defaultdict(list)
    try:
        for count, bookmark in enumerate(document.get_toc(max_depth=8)):
            if count >= _MAX_OUTLINE:
                break
            destination = bookmark.get_dest()
            index = destination.get_index() if destination else None
            if index is not None:
                found[index].append((bookmark.level, bookmark.get_title()))
    except (pypdfium2.PdfiumError, ValueError):
        return {}
    return found


def _page_text(document: pypdfium2.PdfDocument, index: int) -> str:
    """The text of a page in its content order; a page that cannot be loaded is an empty one."""
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return ""
    try:
        textpage = page.get_textpage()
        text = _joined(_repaired(textpage, textpage.get_text_range()))
        textpage.close()
    except pypdfium2.PdfiumError:
        return ""
    finally:
        page.close()
    return text


def _joined(text: str) -> str:
    """Make words whole that were broken at a line's end; before a capital or a digit the hyphen stays."""
    text = re.sub(_HYPHEN + r"(?=[A-Z0-9])", "-", text)
    return clean(text.replace(_HYPHEN, ""))


def _repaired(textpage: pypdfium2.PdfTextPage, text: str) -> str:
    """Turn back the two letters of a lam-alef ligature, which PDFium gives in visual order.

    A ligature is one glyph, so both letters stand at the same place; a real alef before lam does not.
    """
    if len(text) != textpage.count_chars() or not _LAM_ALEF.search(text):
        return text
    letters = list(text)
    for found in _LAM_ALEF.finditer(text):
        at = found.start()
        if _origin(textpage, at) == _origin(textpage, at + 1):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def _origin(textpage: pypdfium2.PdfTextPage, index: int) -> tuple[float, float]:
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(textpage, index, x, y)
    return round(x.value, 2), round(y.value, 2)


def _page_sections(
    text: str, page: int, headings: list[tuple[int, str]], path: HeadingPath
) -> Iterator[Section]:
    """Cut a page where its headings stand; a heading that is not found opens where the one before it did."""
    at = 0
    for level, title in headings:
        start = _find(text, title, at)
        if start > at:
            yield Section(text[at:start].strip(), page, path.titles)
            at = start
        path.enter(level, title)
    yield Section(text[at:].strip(), page, path.titles)


def _find(text: str, title: str, start: int) -> int:
    """Where a line begins with the title, whitespace and a section number aside; `start` when nowhere."""
    words = [re.escape(word) for word in title.split()]
    if not words:
        return start
    found = re.compile(r"^[ \t]*(?:[\dA-Z]+(?:\.\d+)*\.?[ \t]+)?" + r"\s+".join(words), re.MULTILINE).search(
        text, start
    )
    return found.start() if found else start
