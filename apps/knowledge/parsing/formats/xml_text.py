"""XML of any vocabulary: each element's own text, records as tables, titles as headings."""

import re
from collections import Counter
from xml.etree.ElementTree import Element

from apps.knowledge.parsing.encoding import decode_text
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.parsed import Parsed
from apps.knowledge.parsing.tables import markdown_table
from apps.knowledge.parsing.xmltree import parse_xml

_TITLES = ("title", "heading", "head", "caption", "name")
_DRAWN = "{http://www.w3.org/2000/svg}"
_WORDS = {"title", "desc", "text"}
_MIN_RECORDS = 2
_MAX_COLUMNS = 30
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def parse(data: bytes, _limits: Limits) -> Parsed:
    """Sections by elements that begin with a title. Raises ParseError: corrupt, bomb (entities, depth)."""
    source = _DECLARATION.sub("", decode_text(data, declared=True).lstrip("\ufeff"), count=1)
    root = parse_xml(source.encode("utf-8", errors="replace"), doctype=True)
    builder = SectionBuilder()
    _Reader(builder).read(root, 1)
    return Parsed(title=_own_title(root), language=None, sections=builder.finish())


class _Reader:
    def __init__(self, builder: SectionBuilder) -> None:
        self._builder = builder

    def read(self, element: Element, level: int) -> None:
        if not element.tag.startswith(_DRAWN) and _is_record_list(element):
            self._records(element)
        elif _is_mixed(element) and not element.tag.startswith(_DRAWN):
            self._builder.text(" ".join("".join(element.itertext()).split()))
        elif element.tag.startswith(_DRAWN):
            self._drawn(element, level)
        elif len(element) == 0:
            self._leaf(element)
        else:
            self._branch(element, level)

    def _drawn(self, element: Element, level: int) -> None:
        """Of a drawing what it shows in words, not how it is drawn."""
        if _local(element) in _WORDS:
            self._builder.text(" ".join("".join(element.itertext()).split()))
        elif _local(element) not in {"style", "script"}:
            for child in element:
                self.read(child, level)

    def _branch(self, element: Element, level: int) -> None:
        title = _own_title(element)
        if title:
            self._builder.heading(level, title)
        facts = _attributes(element)
        self._builder.text(f"{_local(element)}: {facts}" if facts else "")
        for position, child in enumerate(element):
            if not (title and position == 0):
                self.read(child, level + 1 if title else level)

    def _leaf(self, element: Element) -> None:
        text = " ".join((element.text or "").split())
        facts = _attributes(element)
        if text or facts:
            self._builder.text(f"{_local(element)}: {' '.join(part for part in (text, facts) if part)}")

    def _records(self, element: Element) -> None:
        columns = list(dict.fromkeys(name for record in element for name in _cells(record)))
        rows = [[_cells(record).get(column, "") for column in columns] for record in element]
        self._builder.table(markdown_table([columns, *rows]))


def _is_record_list(element: Element) -> bool:
    """Siblings of one name whose children are leaves, each name once: rows of a table."""
    if len(element) < _MIN_RECORDS or len({child.tag for child in element}) > 1:
        return False
    names = {name for record in element for name in _cells(record)}
    return 1 < len(names) <= _MAX_COLUMNS and all(_is_record(record) for record in element)


def _is_record(element: Element) -> bool:
    names = Counter(child.tag for child in element)
    return not (element.text or "").strip() and all(
        len(child) == 0 and not (child.tail or "").strip() and names[child.tag] == 1 for child in element
    )


def _is_mixed(element: Element) -> bool:
    return len(element) > 0 and (
        bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)
    )


def _cells(record: Element) -> dict[str, str]:
    cells = {name.rpartition("}")[2]: value for name, value in record.attrib.items()}
    for child in record:
        facts = _attributes(child)
        text = " ".join((child.text or "").split())
        cells[_local(child)] = " ".join(part for part in (text, facts) if part)
    return cells


def _own_title(element: Element) -> str:
    first = element[0] if len(element) else None
    if first is None or _local(first).lower() not in _TITLES:
        return ""
    return " ".join("".join(first.itertext()).split())


def _attributes(element: Element) -> str:
    pairs = ((name.rpartition("}")[2], value) for name, value in element.attrib.items())
    return ", ".join(f"{name}={value}" for name, value in pairs if value.strip())


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]
