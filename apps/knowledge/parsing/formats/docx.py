"""Word documents: headings, paragraphs and their numbers, text boxes, tables, notes, headers and footers."""

from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.formats.charts import read_chart
from apps.knowledge.parsing.formats.docx_numbering import Numbering
from apps.knowledge.parsing.formats.docx_styles import MAX_LEVEL, W, heading_levels
from apps.knowledge.parsing.headers import ACROSS
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.package import Package
from apps.knowledge.parsing.parsed import Parsed
from apps.knowledge.parsing.tables import markdown_table

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
# What was deleted or moved away, how a word is pronounced, what fields and styles say.
_SKIPPED = frozenset(
    (*(f"{W}{name}" for name in ("del", "moveFrom", "rt", "pPr", "rPr", "instrText")), f"{_MC}Fallback")
)
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_NOTES = {
    f"{W}footnoteReference": "footnotes",
    f"{W}endnoteReference": "endnotes",
    f"{W}commentReference": "comments",
}
_TITLE_LEVEL = 0

Label = Callable[[Element], str]


def parse(data: bytes, limits: Limits) -> Parsed:
    """Sections by heading. Word has no pages of its own: every page is None.

    Raises ParseError: bomb, corrupt, encrypted (from the preflight and the XML reader).
    """
    return _Document(Package(data, limits)).read()


class _Document:
    def __init__(self, package: Package) -> None:
        self._package = package
        self._builder = SectionBuilder()
        styles = self._package.part("word/styles.xml")
        self._levels = heading_levels(styles)
        self._numbering = Numbering(self._package.part("word/numbering.xml"), styles)
        self._notes = {kind: self._read_notes(kind) for kind in _NOTES.values()}
        self._title = ""

    def read(self) -> Parsed:
        main = self._package.main("word/document.xml")
        root = self._package.part(main)
        body = None if root is None else root.find(f"{W}body")
        if body is None:
            raise ParseError(ParseErrorKind.CORRUPT)
        self._blocks(body)
        for part in self._package.related(main, "chart"):
            read_chart(self._package.part(part), self._builder)
        self._margins()
        title, language = self._package.title_and_language()
        return Parsed(title or self._title, language, self._builder.finish())

    def _read_notes(self, kind: str) -> dict[str, str]:
        root = self._package.part(f"word/{kind}.xml")
        if root is None:
            return {}
        return {
            note.get(f"{W}id", ""): " ".join(_plain(note).split())
            for note in root
            if note.get(f"{W}type", "normal") == "normal"
        }

    def _blocks(self, container: Element) -> None:
        for block in container:
            if block.tag == f"{W}p":
                self._paragraph(block)
            elif block.tag == f"{W}tbl":
                self._table(block)
            elif block.tag not in _SKIPPED:
                self._blocks(block)

    def _paragraph(self, paragraph: Element) -> None:
        text = _line(paragraph, self._numbering.label).strip()
        level = self._level(paragraph)
        if level is None or not text or (level == _TITLE_LEVEL and self._title):
            self._builder.text(text)
        elif level == _TITLE_LEVEL:
            self._title = text
            self._builder.text(text)
        else:
            self._builder.heading(level, text)
        for box in _text_boxes(paragraph):
            self._blocks(box)
        for label, note in self._referenced(paragraph):
            self._builder.text(f"{label}: {note}")

    def _level(self, paragraph: Element) -> int | None:
        own = paragraph.find(f"{W}pPr/{W}outlineLvl")
        if own is not None and own.get(f"{W}val", "").isdigit():
            level = int(own.get(f"{W}val", "9")) + 1
            return level if level <= MAX_LEVEL else None
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        return None if style is None else self._levels.get(style.get(f"{W}val", ""))

    def _table(self, table: Element) -> None:
        self._builder.table(markdown_table(*_rows(table, self._numbering.label)))
        for label, note in (
            pair for paragraph in table.iter(f"{W}p") for pair in self._referenced(paragraph)
        ):
            self._builder.text(f"{label}: {note}")

    def _referenced(self, paragraph: Element) -> Iterator[tuple[str, str]]:
        for node in paragraph.iter():
            kind = _NOTES.get(node.tag)
            number = node.get(f"{W}id", "")
            note = self._notes[kind].get(number) if kind else None
            if note:
                yield "Comment" if kind == "comments" else f"Note {number}", note

    def _margins(self) -> None:
        """Headers and footers repeat on every page: each text once, at the end."""
        self._builder.leave_headings()
        seen: set[str] = set()
        for name in sorted(self._package.names):
            if not name.startswith(("word/header", "word/footer")) or not name.endswith(".xml"):
                continue
            root = self._package.part(name)
            text = (
                "" if root is None else "\n".join(line for line in _plain(root).split("\n") if line.strip())
            )
            if text and text not in seen:
                seen.add(text)
                self._builder.text(text)


def _text(node: Element) -> str:
    """The text of a paragraph as a reader sees it: without deleted text, fields' code, and text boxes."""
    parts: list[str] = []
    stack = list(reversed(node))
    while stack:
        child = stack.pop()
        if child.tag in {f"{W}t", _MATH_TEXT}:
            parts.append(child.text or "")
        elif child.tag in {f"{W}tab", f"{W}ptab"}:
            parts.append("\t")
        elif child.tag in {f"{W}br", f"{W}cr"}:
            parts.append("\n")
        elif child.tag == f"{W}noBreakHyphen":
            parts.append("-")
        elif child.tag not in _SKIPPED and child.tag != f"{W}txbxContent" and not _is_hidden(child):
            stack.extend(reversed(child))
    return "".join(parts)


def _is_hidden(run: Element) -> bool:
    hidden = run.find(f"{W}rPr/{W}vanish")
    return hidden is not None and hidden.get(f"{W}val", "1") not in {"0", "false", "off"}


def _line(paragraph: Element, label: Label) -> str:
    """A paragraph's text behind its number or bullet; one without text has none, but counts."""
    number, text = label(paragraph), _text(paragraph)
    return f"{number} {text}" if number and text.strip() else text


def _text_boxes(paragraph: Element) -> Iterator[Element]:
    """The text boxes anchored in a paragraph, outermost only, the compatibility copies left out."""
    stack = list(reversed(paragraph))
    while stack:
        child = stack.pop()
        if child.tag == f"{W}txbxContent":
            yield child
        elif child.tag not in _SKIPPED:
            stack.extend(reversed(child))


def _plain(container: Element, label: Label = lambda _: "") -> str:
    """All paragraphs below a node, one a line, text boxes and tables included."""
    lines: list[str] = []
    stack = list(reversed(container))
    while stack:
        child = stack.pop()
        if child.tag in _SKIPPED:
            continue
        if child.tag == f"{W}p":
            lines.append(_line(child, label))
            stack.extend(_text_boxes(child))
        else:
            stack.extend(reversed(child))
    return "\n".join(lines)


def _rows(table: Element, label: Label) -> tuple[list[list[str]], int]:
    """Cells by row, and how many rows at the top are marked as header.

    A cell merged over columns is followed by ACROSS in the others, one merged over rows is repeated.
    """
    rows: list[list[str]] = []
    marked = 0
    for row in _children(table, f"{W}tr"):
        if row.find(f"{W}trPr/{W}del") is not None:
            continue
        marked += marked == len(rows) and row.find(f"{W}trPr/{W}tblHeader") is not None
        cells: list[str] = []
        for cell in _children(row, f"{W}tc"):
            text = _plain(cell, label)
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            if (
                merge is not None
                and merge.get(f"{W}val") != "restart"
                and rows
                and len(rows[-1]) > len(cells)
            ):
                text = rows[-1][len(cells)]
            span = cell.find(f"{W}tcPr/{W}gridSpan")
            width = (
                int(span.get(f"{W}val", "1")) if span is not None and span.get(f"{W}val", "").isdigit() else 1
            )
            cells += [text, *[ACROSS] * (min(width, 200) - 1)]
        rows.append(cells)
    return rows, marked


def _children(node: Element, tag: str) -> Iterator[Element]:
    """Children of a tag, also inside content controls and custom markup."""
    for child in node:
        if child.tag == tag:
            yield child
        elif child.tag in {f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins"}:
            yield from _children(child, tag)
