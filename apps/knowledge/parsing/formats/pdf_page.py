"""A page of a PDF as blocks in reading order: text line by line, and tables."""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pypdfium2
import pypdfium2.raw as pdfium

from apps.knowledge.parsing.formats.pdf_sheet import may_hold_columns, sheet_of
from apps.knowledge.parsing.layout.aligned import aligned_tables
from apps.knowledge.parsing.layout.columns import columns_of
from apps.knowledge.parsing.layout.ruled import ruled_tables
from apps.knowledge.parsing.layout.shapes import rows_of
from apps.knowledge.parsing.parsed import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.knowledge.parsing.layout.shapes import Run, Sheet, Table

_HYPHEN = "\x02"
_LAM_ALEF = re.compile("[اأإآ]ل")
_LEADS = re.compile(r"(?:\s?\.){4,}\s*$")
_MAX_LETTERS = 60_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, and the indexes of its first and last letter in the page's text (-1: unknown)."""

    text: str
    first: int = -1
    last: int = -1


@dataclass(slots=True)
class Block:
    """Lines of text, or a table's cells by row with where its columns begin."""

    lines: list[Line] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    edges: tuple[float, ...] = ()


def page_blocks(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage) -> list[Block]:
    """The page's text in its content order, tables as cells at the place of their first letter.

    Columns whose lines are written across both are put one after the other.
    """
    text = _repaired(textpage, textpage.get_text_range())
    exact = len(text) == textpage.count_chars() <= _MAX_LETTERS
    if not exact or not may_hold_columns(page, textpage):
        return [Block(lines=_lines(text, range(len(text)), exact=exact))]
    sheet = sheet_of(page, textpage, text)
    ruled = ruled_tables(sheet)
    taken = {index for table in ruled for index in table.indexes()}
    runs = [run for run in sheet.runs() if run.start not in taken]
    columns = columns_of(sheet, runs)
    aligned = [table for block in columns.blocks for table in aligned_tables(sheet, rows_of(block))]
    if columns.is_mixed and not ruled and not aligned:
        return _ordered(text, [row for block in columns.blocks for row in rows_of(block)])
    return _blocks(sheet, [*ruled, *aligned])


def _ordered(text: str, order: Sequence[Sequence[Run]]) -> list[Block]:
    lines = []
    for row in order:
        part = " ".join(text[run.start : run.end] for run in row)
        lines.append(Line(_joined(" ".join(part.split())), row[0].start, row[-1].end - 1))
    return [Block(lines=lines)]


def _blocks(sheet: Sheet, tables: list[Table]) -> list[Block]:
    owners = {index: table for table in tables for index in table.indexes()}
    blocks: list[Block] = []
    placed: list[Table] = []
    free: list[int] = []
    last: Table | None = None
    for index in range(len(sheet.text)):
        table = last if sheet.boxes[index] is None else owners.get(index)
        last = table
        if table is None:
            free.append(index)
        elif table not in placed:
            placed.append(table)
            blocks.append(Block(lines=_lines(sheet.text, free, exact=True)))
            free = []
            rows = [[_LEADS.sub("", _joined(sheet.words(cell))) for cell in row] for row in table.rows]
            blocks.append(Block(rows=rows, edges=table.edges))
    blocks.append(Block(lines=_lines(sheet.text, free, exact=True)))
    return [block for block in blocks if block.rows or any(line.text for line in block.lines)]


def _lines(text: str, indexes: Sequence[int], *, exact: bool) -> list[Line]:
    """The letters at the indexes as lines; letters that were taken out between two end a line."""
    lines: list[Line] = []
    part: list[str] = []
    first = last = before = -1
    for index in indexes:
        character = text[index]
        if part and (character == "\n" or index != before + 1):
            lines.append(Line(_joined("".join(part)).strip(), first, last))
            part, first, last = [], -1, -1
        if character != "\n":
            part.append(character)
            if exact and not character.isspace():
                first, last = index if first < 0 else first, index
        before = index
    lines.append(Line(_joined("".join(part)).strip(), first, last))
    return lines


def _joined(text: str) -> str:
    """Make words whole that were broken at a line's end; before a capital or a digit the hyphen stays."""
    text = re.sub(_HYPHEN + r"(?=[A-Z0-9])", "-", text)
    return clean(text.replace(_HYPHEN, ""))


def _repaired(textpage: pypdfium2.PdfTextPage, text: str) -> str:
    """Turn back the two letters of a lam-alef ligature, which PDFium gives in visual order.

    A ligature is one glyph, so both letters stand at the same place; a real alef before lam does not.
    """
    if len(text) != textpage.count_chars() or not _LAM_ALEF.search(text):
        return text
    letters = list(text)
    for found in _LAM_ALEF.finditer(text):
        at = found.start()
        if _origin(textpage, at) == _origin(textpage, at + 1):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def _origin(textpage: pypdfium2.PdfTextPage, index: int) -> tuple[float, float]:
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(textpage, index, x, y)
    return round(x.value, 2), round(y.value, 2)
