"""Web pages: what a reader would see, under its headings; scripts and styles never."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from apps.knowledge.parsing.encoding import decode_text
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.parsed import Parsed, Section
from apps.knowledge.parsing.tables import markdown_table

_HIDDEN = frozenset(
    ("head", "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "canvas")
)
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body caption center dd details dialog div dl dt fieldset "
        "figcaption figure footer form header hr legend li main nav ol p pre section summary table tbody td "
        "tfoot th thead tr ul",
    )
)
_FIELDS = frozenset(("input", "select"))
_TYPED = frozenset(
    ("text", "search", "email", "tel", "url", "number", "date", "datetime-local", "month", "time")
)
_MAX_SPAN = 200
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_UNCLOSED = frozenset(
    re.findall(
        r"\w+",
        "area base br col embed hr img input link meta source track wbr p li dt dd tr td th option optgroup "
        "thead tbody tfoot colgroup",
    )
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:[^<>]{0,2000}?(/)?>)?")


def parse(data: bytes, limits: Limits) -> Parsed:
    """Sections by heading, tables as Markdown. Raises ParseError(bomb) for markup nested past the limit."""
    source = decode_text(data, declared=True)
    _check_depth(source, limits.depth)
    tree = LexborHTMLParser(source)
    root = tree.root
    if root is None:
        raise ParseError(ParseErrorKind.EMPTY)
    reader = _Reader()
    reader.read(tree.body or root)
    title = tree.css_first("title")
    language = (root.attributes.get("lang") or "").split("-")[0].strip().lower()
    return Parsed(
        title=title.text() if title else "",
        language=language if language.isalpha() else None,
        sections=reader.finish(),
    )


def _check_depth(source: str, limit: int) -> None:
    """Count open tags before the tree is built: the parser's time grows with the square of the depth."""
    depth = 0
    for tag in _TAG.finditer(source):
        if tag[2].lower() in _UNCLOSED or tag[3]:
            continue
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > limit:
            raise ParseError(ParseErrorKind.BOMB)


class _Reader:
    """Walks the tree in document order without recursion and hands blocks to the section builder."""

    def __init__(self) -> None:
        self._builder = SectionBuilder()
        self._inline: list[str] = []

    def read(self, root: LexborNode) -> None:
        stack: list[tuple[LexborNode, bool]] = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                self._flush()
            elif node.is_text_node:
                self._inline.append(node.text_content or "")
            elif node.is_element_node and node.tag not in _HIDDEN and not self._whole(node):
                if node.tag in _BLOCKS:
                    self._flush()
                    stack.append((node, True))
                    self._inline.append("- " if node.tag == "li" else "")
                stack.extend((child, False) for child in reversed(list(node.iter(include_text=True))))

    def finish(self) -> tuple[Section, ...]:
        self._flush()
        return self._builder.finish()

    def _whole(self, node: LexborNode) -> bool:
        """Take an element that is read as one piece; False leaves it to the walk."""
        tag = node.tag or ""
        if tag == "br":
            self._inline.append("\n")
        elif tag in _HEADINGS:
            self._flush()
            self._builder.heading(_HEADINGS[tag], _visible(node))
        elif tag in _FIELDS:
            self._inline.append(f" {_entered(node)} ")
        elif tag == "pre":
            self._flush()
            self._builder.text(node.text())
        elif tag == "table" and _is_data(node):
            self._flush()
            for caption in (child for child in node.iter() if child.tag == "caption"):
                self._builder.text(_visible(caption))
            self._builder.table(markdown_table(_rows(node)))
        else:
            return False
        return True

    def _flush(self) -> None:
        lines = [" ".join(line.split()) for line in "".join(self._inline).split("\n")] if self._inline else []
        text = "\n".join(line for line in lines if line and line != "-")
        self._builder.text(text)
        self._inline = []


def _entered(field: LexborNode) -> str:
    """What a field of a form holds: its value, or the options that are chosen; "" for buttons and secrets."""
    if field.tag == "select":
        chosen = (one for one in field.css("option") if "selected" in one.attributes)
        return ", ".join(one.text().strip() for one in chosen)
    kind = (field.attributes.get("type") or "text").lower()
    return (field.attributes.get("value") or "") if kind in _TYPED else ""


def _visible(node: LexborNode) -> str:
    """The text below a node on one line: blocks and breaks part words, a change of type does not."""
    parts: list[str] = []
    stack = list(reversed(list(node.iter(include_text=True))))
    while stack:
        child = stack.pop()
        if child.is_text_node:
            parts.append(child.text_content or "")
        elif child.tag in _FIELDS:
            parts.append(f" {_entered(child)} ")
        elif child.is_element_node and child.tag not in _HIDDEN:
            parts.append(" " if child.tag in _BLOCKS or child.tag == "br" else "")
            stack += reversed(list(child.iter(include_text=True)))
    return " ".join("".join(parts).split())


def _is_data(table: LexborNode) -> bool:
    """A table of rows and columns rather than a page's layout.

    One with header cells is; without, none that holds a table, heading or list.
    """
    rows = list(_own_rows(table))
    if max((len(_cells(row)) for row in rows), default=0) <= 1:
        return False
    if any(cell.tag == "th" for row in rows for cell in _cells(row)):
        return True
    return all(inner.mem_id == table.mem_id for inner in table.css("table, h1, h2, h3, ul, ol"))


def _own_rows(table: LexborNode) -> Iterator[LexborNode]:
    """The table's rows, but not those of a table in a cell."""
    for child in table.iter():
        if child.tag == "tr":
            yield child
        elif child.tag in {"thead", "tbody", "tfoot"}:
            yield from (row for row in child.iter() if row.tag == "tr")


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag in {"td", "th"}]


def _rows(table: LexborNode) -> list[list[str]]:
    """Cells by row; one that spans columns leaves the others empty, one that spans rows is repeated."""
    rows: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}
    for row in _own_rows(table):
        cells: list[str] = []
        for cell in _cells(row):
            cells += _hung(hanging, len(cells))
            text, wide, tall = _visible(cell), _span(cell, "colspan"), _span(cell, "rowspan")
            for offset in range(wide):
                cells.append("" if offset else text)
                if tall > 1:
                    hanging[len(cells) - 1] = (tall - 1, cells[-1])
        rows.append(cells + _hung(hanging, len(cells)))
    return rows


def _hung(hanging: dict[int, tuple[int, str]], column: int) -> list[str]:
    """The texts that hang down from rows above into this and the columns beside it."""
    found: list[str] = []
    while column in hanging:
        left, text = hanging.pop(column)
        if left > 1:
            hanging[column] = (left - 1, text)
        found.append(text)
        column += 1
    return found


def _span(cell: LexborNode, name: str) -> int:
    value = (cell.attributes.get(name) or "").strip()
    return min(max(1, int(value)), _MAX_SPAN) if value.isdecimal() else 1
