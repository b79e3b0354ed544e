"""Excel workbooks: sheet by sheet, tables between empty rows, comments and text boxes."""

import re
from xml.etree.ElementTree import Element

from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.formats.charts import chart_titles, drawn_text
from apps.knowledge.parsing.formats.xlsx_cells import S, Styles
from apps.knowledge.parsing.headers import ACROSS
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.package import RELATION, Package
from apps.knowledge.parsing.parsed import Parsed
from apps.knowledge.parsing.tables import sheet_tables
from apps.knowledge.parsing.xmltree import Handlers, stream_xml

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})$")
_MERGED = re.compile(rb'mergeCell[^>]{0,40}?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_VALUE, _FORMULA, _TEXT = f"{S}v", f"{S}f", f"{S}t"
_MAX_SPAN = 200
_BOOLEANS = {"1": "TRUE", "0": "FALSE"}


def parse(data: bytes, limits: Limits) -> Parsed:
    """Sections with sheet and row; the sheet's name is their heading. Hidden sheets are read too.

    Raises ParseError: bomb, corrupt.
    """
    package = Package(data, limits)
    main = package.main("xl/workbook.xml")
    workbook = package.part(main)
    if workbook is None:
        raise ParseError(ParseErrorKind.CORRUPT)
    properties = workbook.find(f"{S}workbookPr")
    from_1904 = properties is not None and properties.get("date1904") in {"1", "true"}
    styles = Styles(_first(package, main, "styles"), from_1904=from_1904)
    strings = _strings(package, main)
    targets = package.targets(main)
    builder = SectionBuilder()
    for node in workbook.iter(f"{S}sheet"):
        name = targets.get(node.get(f"{RELATION}id", ""), "")
        if name in package.names:
            builder.open_sheet(node.get("name", ""))
            _Sheet(strings, styles, builder).read(package.source(name))
            _comments(package, name, builder)
    title, language = package.title_and_language()
    return Parsed(title, language, builder.finish())


def _first(package: Package, main: str, kind: str) -> Element | None:
    names = package.related(main, kind)
    return package.part(names[0]) if names else None


def _strings(package: Package, main: str) -> list[str]:
    """The shared strings; a phonetic reading (rPh) is no part of one."""
    strings: list[str] = []
    parts: list[str] = []
    path: list[str] = []

    def start(name: str, _attributes: dict[str, str]) -> None:
        path.append(name)

    def end(name: str) -> None:
        path.pop()
        if name == f"{S}si":
            strings.append("".join(parts))
            parts.clear()

    def text(value: str) -> None:
        if path[-1] == _TEXT and f"{S}rPh" not in path:
            parts.append(value)

    for name in package.related(main, "sharedStrings"):
        if name in package.names:
            stream_xml(package.source(name), Handlers(start, end, text))
    return strings


class _Sheet:
    """Streams a sheet's cells; consecutive rows make a run, which is handed on when it ends."""

    def __init__(self, strings: list[str], styles: Styles, builder: SectionBuilder) -> None:
        self._strings = strings
        self._styles = styles
        self._builder = builder
        self._run: list[dict[int, str]] = []
        self._first = self._row = self._column = 0
        self._cell: dict[str, str] = {}
        self._parts: dict[str, list[str]] = {}
        self._open = ""
        self._tall: dict[tuple[int, int], int] = {}
        self._wide: dict[tuple[int, int], int] = {}
        self._hanging: dict[int, tuple[int, str]] = {}

    def read(self, source: bytes) -> None:
        """A cell that is merged over rows stands in each of them that holds anything else.

        One that is merged over columns is followed by ACROSS.
        """
        for left, first, right, last in _MERGED.findall(source):
            column = _column(left.decode())
            if int(last) > int(first):
                self._tall[column, int(first)] = int(last)
            self._wide[column, int(first)] = _column(right.decode())
        stream_xml(source, Handlers(self._start, self._end, self._text))
        self._flush()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open = name
        if name == f"{S}row":
            number = attributes.get("r", "")
            self._begin(int(number) if number.isdigit() else self._row + 1)
        elif name == f"{S}c":
            self._cell, self._parts = attributes, {}
            place = _REFERENCE.match(attributes.get("r", ""))
            self._column = _column(place[1]) if place else self._column + 1

    def _end(self, name: str) -> None:
        self._open = ""
        if name == f"{S}c" and self._run:
            shown = self._shown().strip()
            if shown:
                self._run[-1][self._column] = shown
                last = self._tall.get((self._column, self._row))
                if last:
                    self._hanging[self._column] = last, shown
                right = self._wide.get((self._column, self._row), 0)
                for column in range(self._column + 1, min(right, self._column + _MAX_SPAN) + 1):
                    self._run[-1][column] = ACROSS
        elif name == f"{S}row" and self._run and self._run[-1]:
            for column, (last, shown) in self._hanging.items():
                if self._row <= last:
                    self._run[-1].setdefault(column, shown)

    def _text(self, value: str) -> None:
        if self._open in {_VALUE, _FORMULA, _TEXT}:
            self._parts.setdefault(self._open, []).append(value)

    def _begin(self, number: int) -> None:
        if self._run and (number != self._row + 1 or not self._run[-1]):
            self._flush()
        self._first = self._first if self._run else number
        self._row, self._column = number, 0
        self._run.append({})

    def _flush(self) -> None:
        columns = sorted({column for row in self._run for column, shown in row.items() if shown != ACROSS})
        sheet_tables(
            self._builder, [[row.get(column, "") for column in columns] for row in self._run], self._first
        )
        self._run = []

    def _shown(self) -> str:
        kind = self._cell.get("t", "n")
        value = "".join(self._parts.get(_VALUE, ()))
        if kind == "s":
            return self._strings[int(value)] if value.isdigit() and int(value) < len(self._strings) else ""
        if kind == "inlineStr":
            return "".join(self._parts.get(_TEXT, ()))
        if kind == "b":
            return _BOOLEANS.get(value, value)
        if not value and _FORMULA in self._parts:
            return "=" + "".join(self._parts[_FORMULA])
        return self._styles.shown(value, self._cell.get("s", "")) if kind == "n" else value


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _comments(package: Package, sheet: str, builder: SectionBuilder) -> None:
    for name in package.related(sheet, "comments"):
        root = package.part(name)
        for comment in () if root is None else root.iter(f"{S}comment"):
            text = " ".join("".join(node.text or "" for node in comment.iter(_TEXT)).split())
            builder.text(f"Comment at {comment.get('ref', '')}: {text}" if text else "")
    for name in package.related(sheet, "drawing"):
        root = package.part(name)
        builder.text("" if root is None else drawn_text(root))
        for chart in package.related(name, "chart"):
            root = package.part(chart)
            builder.text("" if root is None else chart_titles(root))
