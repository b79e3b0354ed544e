"""Rich Text Format: text in any code page, headings by outline level or style, tables, notes, margins."""

import re

from apps.knowledge.parsing import encoding
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.formats.rtf_stream import BODY, MARGIN, NOTE, STYLES, TITLE, Event, RtfStream
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.parsed import Parsed, Section
from apps.knowledge.parsing.tables import markdown_table

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_ENDS = {"par", "sect", "page"}
_BODY_LEVEL = 9

preload = encoding.preload


def parse(data: bytes, limits: Limits) -> Parsed:
    """Sections by heading; RTF has no pages of its own. Raises ParseError: corrupt, bomb (nesting)."""
    start = data.find(b"{\\rtf")
    if start < 0:
        raise ParseError(ParseErrorKind.CORRUPT)
    reader = _Reader()
    for event in RtfStream(data[start:], limits.depth):
        reader.take(event)
    return Parsed(title=reader.title.strip(), language=None, sections=reader.finish())


class _Reader:
    def __init__(self) -> None:
        self.title = ""
        self._builder = SectionBuilder()
        self._styles: dict[int, int] = {}
        self._style: int | None = None
        self._text: list[str] = []
        self._aside: dict[str, list[str]] = {NOTE: [], MARGIN: []}
        self._cells: list[str] = []
        self._rows: list[list[str]] = []
        self._in_table = False
        self._level: int | None = None

    def take(self, event: Event) -> None:
        if event.destination == TITLE:
            self.title += event.text
        elif event.destination == STYLES:
            self._stylesheet(event)
        elif event.destination in self._aside:
            self._aside[event.destination].append(event.text or ("\n" if event.word in _ENDS else ""))
        elif event.destination == BODY and event.text:
            self._text.append(event.text)
        elif event.destination == BODY:
            self._shape(event.word, event.number)

    def finish(self) -> tuple[Section, ...]:
        self._paragraph()
        self._close_table()
        self._builder.leave_headings()
        margins = dict.fromkeys(line.strip() for line in "".join(self._aside[MARGIN]).split("\n"))
        self._builder.text("\n".join(line for line in margins if line))
        return self._builder.finish()

    def _stylesheet(self, event: Event) -> None:
        heading = _HEADING.match(event.text.strip())
        if event.word == "s":
            self._style = event.number
        elif event.word == "outlinelevel" and event.number is not None and self._style is not None:
            self._styles[self._style] = event.number
        elif heading and self._style is not None:
            self._styles[self._style] = int(heading[1]) - 1

    def _shape(self, word: str, number: int | None) -> None:
        if word in _ENDS:
            self._paragraph()
        elif word in {"cell", "nestcell"}:
            self._cells.append("".join(self._text))
            self._text.clear()
        elif word in {"row", "nestrow"}:
            self._rows.append(self._cells)
            self._cells = []
        elif word == "pard":
            self._in_table, self._level = False, None
        elif word == "intbl":
            self._in_table = True
        elif word in {"outlinelevel", "s"} and number is not None:
            self._level = number if word == "outlinelevel" else self._styles.get(number)

    def _paragraph(self) -> None:
        text = "".join(self._text)
        self._text.clear()
        if self._in_table or self._cells:
            self._text += [text, "\n"] if text.strip() else []
            return
        self._close_table()
        if self._level is not None and self._level < _BODY_LEVEL and text.strip():
            self._builder.heading(self._level + 1, text)
        else:
            self._builder.text(text)
        self._notes()

    def _close_table(self) -> None:
        if self._rows:
            self._builder.table(markdown_table(self._rows))
            self._rows = []
            self._notes()

    def _notes(self) -> None:
        note = " ".join("".join(self._aside[NOTE]).split())
        self._aside[NOTE].clear()
        self._builder.text(f"Note: {note}" if note else "")
