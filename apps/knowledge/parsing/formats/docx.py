"""Word documents: headings, paragraphs, text boxes, tables, notes, headers and footers."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.formats.charts import read_chart
from apps.knowledge.parsing.formats.docx_styles import MAX_LEVEL, W, heading_levels
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.package import Package
from apps.knowledge.parsing.parsed import Parsed
from apps.knowledge.parsing.tables import markdown_table

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SKIPPED = frozenset((f"{W}del", f"{W}moveFrom", f"{_MC}Fallback", f"{W}pPr", f"{W}rPr", f"{W}instrText"))
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_NOTES = {
    f"{W}footnoteReference": "footnotes",
    f"{W}endnoteReference": "endnotes",
    f"{W}commentReference": "comments",
}
_TITLE_LEVEL = 0


def parse(data: bytes, limits: Limits) -> Parsed:
    """Sections by heading. Word has no pages of its own: every page is None.

    Raises ParseError: bomb, corrupt, encrypted (from the preflight and the XML reader).
    """
    return _Document(Package(data, limits)).read()


class _Document:
    def __init__(self, package: Package) -> None:
        self._package = package
        self._builder = SectionBuilder()
        self._levels = heading_levels(self._package.part("word/styles.xml"))
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
        text = _text(paragraph).strip()
        level = self._level(paragraph)
        if level is None or not text:
            self._builder.text(
                f"- {text}" if text and paragraph.find(f"{W}pPr/{W}numPr") is not None else text
            )
        elif level == _TITLE_LEVEL and self._title:
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
        self._builder.table(markdown_table(_rows(table)))
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
        elif child.tag not in _SKIPPED and child.tag != f"{W}txbxContent":
            stack.extend(reversed(child))
    return "".join(parts)


def _text_boxes(paragraph: Element) -> Iterator[Element]:
    """The text boxes anchored in a paragraph, outermost only, the compatibility copies left out."""
    stack = list(reversed(paragraph))
    while stack:
        child = stack.pop()
        if child.tag == f"{W}txbxContent":
            yield child
        elif child.tag not in _SKIPPED:
            stack.extend(reversed(child))


def _plain(container: Element) -> str:
    """All paragraphs below a node, one a line, text boxes and tables included."""
    lines: list[str] = []
    stack = list(reversed(container))
    while stack:
        child = stack.pop()
        if child.tag in _SKIPPED:
            continue
        if child.tag == f"{W}p":
            lines.append(_text(child))
            stack.extend(_text_boxes(child))
        else:
            stack.extend(reversed(child))
    return "\n".join(lines)


def _rows(table: Element) -> list[list[str]]:
    """Cells by row; a cell merged over columns leaves the others empty, one merged over rows is repeated."""
    rows: list[list[str]] = []
    for row in _children(table, f"{W}tr"):
        cells: list[str] = []
        for cell in _children(row, f"{W}tc"):
            text = _plain(cell)
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
            cells += [text, *[""] * (min(width, 200) - 1)]
        rows.append(cells)
    return rows


def _children(node: Element, tag: str) -> Iterator[Element]:
    """Children of a tag, also inside content controls and custom markup."""
    for child in node:
        if child.tag == tag:
            yield child
        elif child.tag in {f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins"}:
            yield from _children(child, tag)
