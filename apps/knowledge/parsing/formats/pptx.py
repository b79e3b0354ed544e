"""PowerPoint: slide by slide, the title as heading, then text, tables, charts, diagrams and the notes."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.formats.charts import A, drawn_text, read_chart
from apps.knowledge.parsing.headers import ACROSS
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.package import RELATION, Package
from apps.knowledge.parsing.parsed import Parsed
from apps.knowledge.parsing.tables import markdown_table

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TRUE = {"1", "true"}
_TITLES = {"title", "ctrTitle"}
_FURNITURE = {"sldNum", "dt", "hdr", "sldImg"}


def parse(data: bytes, limits: Limits) -> Parsed:
    """Sections whose page is the slide's number in the show's order, hidden slides counted.

    Raises ParseError: bomb, corrupt, too_large (slides).
    """
    package = Package(data, limits)
    main = package.main("ppt/presentation.xml")
    show = package.part(main)
    if show is None:
        raise ParseError(ParseErrorKind.CORRUPT)
    targets = package.targets(main)
    slides = [targets.get(node.get(f"{RELATION}id", ""), "") for node in show.iter(f"{P}sldId")]
    if len(slides) > limits.pages:
        raise ParseError(ParseErrorKind.TOO_LARGE)
    builder = SectionBuilder()
    for number, name in enumerate(slides, start=1):
        builder.open_slide(number)
        _Slide(package, name, builder).read()
    title, language = package.title_and_language()
    title = "" if title.lower() == "powerpoint presentation" else title
    return Parsed(title, language, builder.finish(), pages=len(slides))


class _Slide:
    def __init__(self, package: Package, name: str, builder: SectionBuilder) -> None:
        self._package = package
        self._name = name
        self._builder = builder

    def read(self) -> None:
        root = self._package.part(self._name)
        if root is None:
            return
        shapes = [shape for tree in root.iter(f"{P}spTree") for shape in _shapes(tree)]
        title = next(
            (shape for shape in shapes if _placeholder(shape) in _TITLES and drawn_text(shape)), None
        )
        if title is not None:
            self._builder.heading(1, " ".join(drawn_text(title).split()))
        for shape in shapes:
            if shape is not title and _placeholder(shape) not in _FURNITURE:
                self._shape(shape)
        for kind in ("chart", "diagramData"):
            for part in self._package.related(self._name, kind):
                self._part(part, kind)
        for part in self._package.related(self._name, "notesSlide"):
            self._notes(part)

    def _shape(self, shape: Element) -> None:
        tables = list(shape.iter(f"{A}tbl"))
        for table in tables:
            self._builder.table(markdown_table(_rows(table)))
        if not tables:
            self._builder.text(drawn_text(shape))

    def _part(self, name: str, kind: str) -> None:
        root = self._package.part(name)
        if root is None:
            return
        if kind == "chart":
            read_chart(root, self._builder)
        else:
            self._builder.text(drawn_text(root))

    def _notes(self, name: str) -> None:
        root = self._package.part(name)
        if root is None:
            return
        texts = [drawn_text(shape) for shape in root.iter(f"{P}sp") if _placeholder(shape) not in _FURNITURE]
        notes = "\n".join(text for text in texts if text)
        self._builder.text(f"Notes: {notes}" if notes else "")


def _shapes(container: Element) -> Iterator[Element]:
    """Shapes and graphic frames in reading order, groups opened."""
    stack = list(reversed(container))
    while stack:
        node = stack.pop()
        if node.tag in {f"{P}sp", f"{P}graphicFrame", f"{P}cxnSp"}:
            yield node
        elif node.tag != _FALLBACK:
            stack.extend(reversed(node))


def _placeholder(shape: Element) -> str:
    found = next(shape.iter(f"{P}ph"), None)
    return "" if found is None else found.get("type", "body")


def _rows(table: Element) -> list[list[str]]:
    """Cells by row; one merged over columns is followed by ACROSS, one merged over rows is repeated."""
    rows: list[list[str]] = []
    for row in table.iter(f"{A}tr"):
        above = rows[-1] if rows else []
        cells = list(row.iter(f"{A}tc"))
        rows.append(
            [
                above[at]
                if cell.get("vMerge") in _TRUE and at < len(above)
                else drawn_text(cell) or (ACROSS if cell.get("hMerge") in _TRUE else "")
                for at, cell in enumerate(cells)
            ]
        )
    return rows
