"""Sections built up under a path of headings."""

from apps.knowledge.parsing.parsed import Section, SectionKind, clean

MAX_TITLE = 200


class HeadingPath:
    """The path of headings that is open at a place of the document."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, title: str) -> None:
        """A heading of `level` closes all of the same or a deeper level."""
        title = " ".join(clean(title).split())[:MAX_TITLE]
        self._open = [entry for entry in self._open if entry[0] < level]
        if title:
            self._open.append((level, title))

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(title for _, title in self._open)


class SectionBuilder:
    """Collects blocks and makes one section per heading; tables become sections of their own."""

    def __init__(self) -> None:
        self.path = HeadingPath()
        self.sections: list[Section] = []
        self._slide: int | None = None
        self._sheet = ""
        self._blocks: list[str] = []

    def heading(self, level: int, title: str) -> None:
        """Close the section and open one whose first line is the heading."""
        self._close()
        self.path.enter(level, title)
        self.text(title)

    def leave_headings(self) -> None:
        """Close the section; what follows stands under no heading."""
        self._close()
        self.path.enter(0, "")

    def open_slide(self, number: int) -> None:
        """Close the section; what follows stands on this slide, under no heading."""
        self.leave_headings()
        self._slide = number

    def open_sheet(self, name: str) -> None:
        """Close the section; what follows stands on this sheet, whose name is its only heading."""
        self._close()
        self.path.enter(0, "")
        self.path.enter(1, name)
        self._sheet = name

    def text(self, block: str) -> None:
        block = clean(block).strip("\n").rstrip()
        if block.strip():
            self._blocks.append(block)

    def table(self, markdown: str) -> None:
        if markdown:
            self._close()
            self._add(clean(markdown), "table")

    def rows(self, text: str, kind: SectionKind, row: int) -> None:
        """Lines of a sheet, of which the first is this row, as a section of their own."""
        if text:
            self._close()
            self._add(clean(text), kind, row)

    def finish(self) -> tuple[Section, ...]:
        self._close()
        return tuple(self.sections)

    def _close(self) -> None:
        if self._blocks:
            self._add("\n\n".join(self._blocks), "text")
            self._blocks = []

    def _add(self, text: str, kind: SectionKind, row: int | None = None) -> None:
        is_slide = self._slide is not None
        self.sections.append(Section(text, self._slide, self.path.titles, kind, self._sheet, row, is_slide))
