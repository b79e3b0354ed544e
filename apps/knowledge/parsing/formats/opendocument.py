"""OpenDocument text, presentations and spreadsheets (ISO/IEC 26300): odt, odp, ods."""

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from apps.knowledge.parsing.archive import Archive
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.headers import ACROSS
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.parsed import Parsed
from apps.knowledge.parsing.tables import markdown_table, sheet_tables
from apps.knowledge.parsing.xmltree import parse_xml

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
OFFICE, TEXT, TABLE, DRAW, PRESENTATION = (
    f"{{{_OASIS}{name}:1.0}}" for name in ("office", "text", "table", "drawing", "presentation")
)
_MANIFEST = f"{{{_OASIS}manifest:1.0}}"
_DUBLIN = "{http://purl.org/dc/elements/1.1/}"
_SKIPPED = frozenset(
    (
        f"{OFFICE}annotation",
        f"{TEXT}tracked-changes",
        f"{TEXT}note",
        f"{OFFICE}forms",
        f"{TEXT}sequence-decls",
        f"{TEXT}ruby-text",
    )
)
_COVERED = f"{TABLE}covered-table-cell"
_CELLS = {f"{TABLE}table-cell", _COVERED}
_VALUES = ("string-value", "date-value", "time-value", "boolean-value", "value")
_MAX_REPEAT = 200
_FURNITURE = {"page-number", "date-time", "header", "footer"}
_TARGET = "{http://www.w3.org/1999/xlink}href"
_INDENT, _DEEPEST = "  ", 8


def parse(data: bytes, limits: Limits) -> Parsed:
    """Sections by heading; of a presentation by slide, of a spreadsheet by sheet and row.

    Raises ParseError: bomb, corrupt, encrypted.
    """
    archive = Archive(data, limits)
    _check_readable(archive)
    root = parse_xml(archive.read("content.xml"), doctype=True)
    body = root.find(f"{OFFICE}body")
    if body is None or len(body) == 0:
        raise ParseError(ParseErrorKind.CORRUPT)
    builder = SectionBuilder()
    reader = _Reader(builder, archive)
    pages = 0
    for content in body:
        if content.tag == f"{OFFICE}spreadsheet":
            reader.sheets(content)
        elif content.tag in {f"{OFFICE}presentation", f"{OFFICE}drawing"}:
            pages += reader.slides(content)
        else:
            reader.blocks(content)
    title, language = _about(archive)
    return Parsed(title or reader.title, language, builder.finish(), pages=pages)


def _check_readable(archive: Archive) -> None:
    if "META-INF/manifest.xml" in archive.names:
        manifest = parse_xml(archive.read("META-INF/manifest.xml"), doctype=True)
        if next(manifest.iter(f"{_MANIFEST}encryption-data"), None) is not None:
            raise ParseError(ParseErrorKind.ENCRYPTED)
    if "content.xml" not in archive.names:
        raise ParseError(ParseErrorKind.CORRUPT)


def _about(archive: Archive) -> tuple[str, str | None]:
    if "meta.xml" not in archive.names:
        return "", None
    meta = parse_xml(archive.read("meta.xml"), doctype=True)
    title = next((node.text or "" for node in meta.iter(f"{_DUBLIN}title")), "")
    language = next((node.text or "" for node in meta.iter(f"{_DUBLIN}language")), "")
    return title.strip(), language.split("-")[0].lower() or None


class _Reader:
    """Hands what stands in a document on; with its archive also what stands in the objects in it."""

    def __init__(self, builder: SectionBuilder, archive: Archive | None = None) -> None:
        self._builder = builder
        self._archive = archive
        self.title = ""

    def blocks(self, container: Iterable[Element]) -> None:
        for block in container:
            if block.tag == f"{TEXT}h":
                self._heading(block)
            elif block.tag == f"{TEXT}p":
                self._paragraph(block)
            elif block.tag == f"{TEXT}list-item":
                self._item(block, 0)
            elif block.tag == f"{DRAW}object":
                self._object(block)
            elif block.tag == f"{TABLE}table":
                self._builder.table(markdown_table([row for _, row in _rows(block)]))
                self._notes(block)
            elif block.tag not in _SKIPPED:
                self.blocks(block)

    def slides(self, show: Element) -> int:
        slides = show.findall(f"{DRAW}page")
        for number, slide in enumerate(slides, start=1):
            self._builder.open_slide(number)
            frames = [node for node in slide if node.tag != f"{PRESENTATION}notes"]
            titles = [node for node in frames if node.get(f"{PRESENTATION}class") == "title"]
            if titles and _plain(titles[0]).strip():
                self._builder.heading(1, " ".join(_plain(titles[0]).split()))
            for frame in frames:
                if frame not in titles[:1]:
                    self.blocks([frame])
            shown = (
                _plain(frame).strip()
                for frame in slide.iterfind(f"{PRESENTATION}notes/*")
                if frame.get(f"{PRESENTATION}class") not in _FURNITURE
            )
            notes = "\n".join(text for text in shown if text)
            self._builder.text(f"Notes: {notes}" if notes.strip() else "")
        return len(slides)

    def sheets(self, book: Element) -> None:
        for sheet in book.findall(f"{TABLE}table"):
            self._builder.open_sheet(sheet.get(f"{TABLE}name", ""))
            run: list[list[str]] = []
            first, expected = 1, 1
            for number, cells in _rows(sheet):
                if number != expected:
                    sheet_tables(self._builder, run, first)
                    run = []
                first = first if run else number
                run.append(cells)
                expected = number + 1
            sheet_tables(self._builder, run, first)

    def _heading(self, heading: Element) -> None:
        level = heading.get(f"{TEXT}outline-level", "1")
        text = " ".join(_inline(heading).split())
        self.title = self.title or text
        if text:
            self._builder.heading(int(level) if level.isdigit() else 1, text)
        self._notes(heading)

    def _paragraph(self, paragraph: Element) -> None:
        self._builder.text(_inline(paragraph))
        for box in paragraph.iter(f"{DRAW}text-box"):
            self.blocks(box)
        for drawn in paragraph.iter(f"{DRAW}object"):
            self._object(drawn)
        self._notes(paragraph)

    def _item(self, item: Element, depth: int) -> None:
        """An item of a list, those of lists in it set in; a numbered heading is an item too."""
        mark = "- "
        for block in item:
            if block.tag == f"{TEXT}p" and _inline(block).strip():
                self._builder.text(f"{_INDENT * min(depth, _DEEPEST)}{mark}{_inline(block).strip()}")
                self._notes(block)
                mark = "  "
            elif block.tag == f"{TEXT}list":
                for inner in block:
                    self._item(inner, depth + 1)
            else:
                self.blocks([block])

    def _object(self, drawn: Element) -> None:
        """A chart: its titles, then the table of its values. An object in an object is not opened."""
        name = f"{drawn.get(_TARGET, '').removeprefix('./')}/content.xml"
        if self._archive is None or name not in self._archive.names:
            return
        body = parse_xml(self._archive.read(name), doctype=True).find(f"{OFFICE}body")
        _Reader(self._builder).blocks(() if body is None else body)

    def _notes(self, block: Element) -> None:
        for note in block.iter(f"{TEXT}note"):
            number = note.findtext(f"{TEXT}note-citation") or ""
            body = note.find(f"{TEXT}note-body")
            text = "" if body is None else " ".join(_plain(body).split())
            self._builder.text(f"Note {number}: {text}" if text else "")


def _rows(table: Element) -> Iterator[tuple[int, list[str]]]:
    """Rows with their numbers from 1; empty ones are left out, however often they repeat.

    A cell that spans columns is followed by ACROSS in the others, one that spans rows is repeated.
    """
    number = 1
    hanging: dict[int, tuple[int, str]] = {}
    for row in _below(table, f"{TABLE}table-row"):
        repeat = _repeat(row, "number-rows-repeated")
        cells: list[str] = []
        covered: list[int] = []
        across: set[int] = set()
        for cell in row:
            if cell.tag not in _CELLS:
                continue
            text = _shown(cell)
            tall = _repeat(cell, "number-rows-spanned")
            if tall > 1:
                hanging[len(cells)] = (number + tall - 1, text)
            wide = min(_repeat(cell, "number-columns-spanned"), _MAX_REPEAT) if text else 1
            across |= set(range(len(cells) + 1, len(cells) + wide))
            times = min(_repeat(cell, "number-columns-repeated"), _MAX_REPEAT)
            covered += range(len(cells), len(cells) + times) if cell.tag == _COVERED and not text else ()
            cells += [text] * times
        if any(cells):
            for column in covered:
                last, text = hanging.get(column, (0, ""))
                cells[column] = ACROSS if column in across else text if number <= last else ""
            for offset in range(min(repeat, _MAX_REPEAT)):
                yield number + offset, cells
        number += repeat


def _shown(cell: Element) -> str:
    """What a cell shows; where a program did not write that, its value."""
    text = _plain(cell).strip()
    return text or next((value for name in _VALUES if (value := cell.get(f"{OFFICE}{name}"))), "")


def _below(table: Element, tag: str) -> Iterator[Element]:
    """The table's own rows, also in groups and header rows, but not those of a table in a cell."""
    for child in table:
        if child.tag == tag:
            yield child
        elif child.tag in {
            f"{TABLE}{name}" for name in ("table-rows", "table-header-rows", "table-row-group")
        }:
            yield from _below(child, tag)


def _repeat(node: Element, name: str) -> int:
    value = node.get(f"{TABLE}{name}", "1")
    return max(1, int(value)) if value.isdigit() else 1


def _plain(container: Element) -> str:
    """All paragraphs and headings below a node, one a line, notes in brackets left out."""
    lines: list[str] = []
    stack = list(reversed(container))
    while stack:
        node = stack.pop()
        if node.tag in {f"{TEXT}p", f"{TEXT}h"}:
            lines.append(_inline(node))
            stack.extend(reversed(list(node.iter(f"{DRAW}text-box"))))
        elif node.tag not in _SKIPPED:
            stack.extend(reversed(node))
    return "\n".join(lines)


def _inline(node: Element) -> str:
    """The text of a paragraph: spaces, tabs and breaks as they show, notes and boxes left out."""
    parts = [node.text or ""]
    for child in node:
        if child.tag == f"{TEXT}s":
            count = child.get(f"{TEXT}c", "1")
            parts.append(" " * min(int(count) if count.isdigit() else 1, _MAX_REPEAT))
        elif child.tag in {f"{TEXT}tab", f"{TEXT}line-break"}:
            parts.append("\t" if child.tag == f"{TEXT}tab" else "\n")
        elif child.tag not in _SKIPPED and child.tag != f"{DRAW}text-box":
            parts.append(_inline(child))
        parts.append(child.tail or "")
    return "".join(parts)
