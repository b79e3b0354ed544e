"""PDF page by page: text in reading order, tables, what forms hold; what is only shown is recognised."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pypdfium2
import pypdfium2.raw as pdfium

from apps.knowledge.parsing import recognition
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.formats.pdf_form import filled_in
from apps.knowledge.parsing.formats.pdf_headings import Style, outline_of, style_of
from apps.knowledge.parsing.formats.pdf_page import Block, page_blocks
from apps.knowledge.parsing.formats.pdf_repair import HEADER, is_torn, loss, repaired
from apps.knowledge.parsing.formats.pdf_scan import shown_text
from apps.knowledge.parsing.formats.pdf_sections import sections_of
from apps.knowledge.parsing.formats.pdf_sheet import readable
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.parsed import Parsed, clean

_PROGRAM_TITLES = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel) - .*|untitled.*|\(anonymous\)|about:blank|(?:https?|file):/.*|"
    r".*\.(?:docx?|pptx?|xlsx?|tex|dvi|indd|html?))$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Page:
    """A page as read: its blocks, how each line of text is set, and what stands outside its text layer.

    `is_lost`: the file says that there is such a page, and does not hold it.
    """

    number: int
    is_lost: bool = False
    blocks: list[Block] = field(default_factory=list)
    styles: list[list[Style]] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        texts = [line.text for block in self.blocks for line in block.lines]
        return "\n".join([*texts, *(cell for block in self.blocks for row in block.rows for cell in row)])


def parse(data: bytes, limits: Limits) -> Parsed:
    """Sections by page and heading, tables as Markdown; of a damaged file what is left of it.

    Raises ParseError: encrypted, corrupt, too_large (pages), empty (no pages), no_text (no word to be seen);
    RecognitionNeededError for a scan.
    """
    document, is_whole = _opened(data, limits)
    count = len(document)
    if count > limits.pages:
        raise ParseError(ParseErrorKind.TOO_LARGE)
    outline = outline_of(document)
    pages = []
    for index in range(count):
        pages.append(_read(document, index, styled=not outline))
        recognition.report(index + 1, count)
    sections = tuple(sections_of(pages, outline))
    blank = [page.number for page in pages if not page.text and not any(page.beside)]
    is_damaged = not is_whole or any(page.is_lost for page in pages) or (blank and is_torn(data, limits))
    if count and not any(character.isalnum() for section in sections for character in section.text):
        raise ParseError(ParseErrorKind.CORRUPT) if is_damaged else recognition.nothing_read()
    return Parsed(_title(document), None, sections, count, loss=loss(blank) if is_damaged else "")


def _opened(data: bytes, limits: Limits) -> tuple[pypdfium2.PdfDocument, bool]:
    """The document, and whether it could be opened as it is, but for what stands before its beginning."""
    data = data[max(data.find(HEADER), 0) :]
    try:
        return pypdfium2.PdfDocument(data), True
    except pypdfium2.PdfiumError as error:
        if pdfium.FPDF_GetLastError() == pdfium.FPDF_ERR_PASSWORD or "password" in str(error):
            raise ParseError(ParseErrorKind.ENCRYPTED) from error
    mended = repaired(data, limits)
    if mended is None:
        raise ParseError(ParseErrorKind.CORRUPT)
    try:
        return pypdfium2.PdfDocument(mended), False
    except pypdfium2.PdfiumError as error:
        raise ParseError(ParseErrorKind.CORRUPT) from error


def _title(document: pypdfium2.PdfDocument) -> str:
    title = clean(document.get_metadata_value("Title")).strip()
    return "" if _PROGRAM_TITLES.match(title) else title


def _read(document: pypdfium2.PdfDocument, index: int, *, styled: bool) -> Page:
    """A page that cannot be loaded is an empty one."""
    read = Page(index + 1)
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        read.is_lost = True
        return read
    try:
        textpage = readable(page)
        read.blocks = page_blocks(page, textpage)
        if styled:
            read.styles = [[style_of(textpage, line) for line in block.lines] for block in read.blocks]
        shown = shown_text(page, textpage, read.text)
        if shown.is_all:
            read.blocks, read.styles = [], []
        read.beside = [shown.text, filled_in(document, page)]
        textpage.close()
    except pypdfium2.PdfiumError:
        return read
    finally:
        page.close()
    return read
