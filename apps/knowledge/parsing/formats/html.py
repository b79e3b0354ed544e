"""Web pages: what a reader would see, under its headings; scripts and styles never."""

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser, LexborNode

from apps.knowledge.parsing.encoding import decode_text
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.filing import level_by_name
from apps.knowledge.parsing.formats.html_headings import Block, Style, with_headings
from apps.knowledge.parsing.formats.html_lists import Lists
from apps.knowledge.parsing.formats.html_shown import BLOCKS, FIELDS, entered, is_shown, visible
from apps.knowledge.parsing.formats.html_tables import is_data, rows_of
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.parsed import Parsed, Section
from apps.knowledge.parsing.tables import markdown_table

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_UNCLOSED = frozenset(
    re.findall(
        r"\w+",
        "area base br col embed hr img input link meta source track wbr p li dt dd tr td th option optgroup "
        "thead tbody tfoot colgroup",
    )
)
_LISTS = frozenset(("ol", "ul", "menu"))
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
        sections=_sections(with_headings(reader.blocks)),
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


def _sections(blocks: Iterable[Block]) -> tuple[Section, ...]:
    builder = SectionBuilder()
    for block in blocks:
        if block.level:
            builder.heading(block.level, block.text)
        elif block.is_table:
            builder.table(block.text)
        else:
            builder.text(block.text)
    return builder.finish()


class _Reader:
    """Walks the tree in document order without recursion and collects its blocks."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._lists = Lists()
        self._mark = ""
        self._inline: list[str] = []
        self._styles: set[Style] = set()

    def read(self, root: LexborNode) -> None:
        stack: list[tuple[LexborNode, Style, bool]] = [(root, Style(), False)]
        while stack:
            node, style, leaving = stack.pop()
            if leaving:
                self._leave(node)
            elif node.is_text_node:
                text = node.text_content or ""
                self._inline.append(text)
                self._styles |= {style} if text.strip() else set()
            elif node.is_element_node and is_shown(node) and not self._whole(node):
                if node.tag in BLOCKS:
                    self._enter(node)
                    stack.append((node, style, True))
                inner = style.within(node)
                stack.extend((child, inner, False) for child in reversed(list(node.iter(include_text=True))))
        self._flush()

    def _enter(self, node: LexborNode) -> None:
        self._flush()
        if node.tag in _LISTS:
            self._lists.enter(node)
        elif node.tag == "li":
            self._mark = self._lists.mark(node)

    def _leave(self, node: LexborNode) -> None:
        self._flush()
        if node.tag in _LISTS:
            self._lists.leave()
        elif node.tag == "li":
            self._mark = ""

    def _whole(self, node: LexborNode) -> bool:
        """Take an element that is read as one piece; False leaves it to the walk."""
        tag = node.tag or ""
        if tag == "br":
            self._inline.append("\n")
        elif tag in _HEADINGS:
            self._flush()
            self.blocks.append(Block(visible(node), _HEADINGS[tag]))
        elif tag in FIELDS:
            self._inline.append(f" {entered(node)} ")
        elif tag == "pre":
            self._flush()
            self.blocks.append(Block(node.text()))
        elif tag == "table" and is_data(node):
            self._flush()
            self._table(node)
        else:
            return False
        return True

    def _table(self, table: LexborNode) -> None:
        captions = (child for child in table.iter() if child.tag == "caption" and is_shown(child))
        self.blocks += [Block(visible(caption)) for caption in captions]
        rows, header = rows_of(table)
        line = " ".join(" ".join(rows[0]).split()) if len(rows) == 1 else ""
        if level_by_name(line) and table.css_first("a[href]") is None:
            self.blocks.append(Block(line, style=Style(is_bold=True)))
        else:
            self.blocks.append(Block(markdown_table(rows, header), is_table=True))

    def _flush(self) -> None:
        lines = [" ".join(line.split()) for line in "".join(self._inline).split("\n")] if self._inline else []
        text = "\n".join(line for line in lines if line)
        if text:
            style = next(iter(self._styles)) if len(self._styles) == 1 and not self._mark else None
            self.blocks.append(Block(self._mark + text, style=style))
            self._mark = ""
        self._inline = []
        self._styles = set()
