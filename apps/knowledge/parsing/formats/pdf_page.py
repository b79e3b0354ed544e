"""A page of a PDF as blocks in reading order: text line by line, and tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apps.knowledge.parsing.formats.pdf_sheet import letters_of, may_hold_columns, sheet_of, solid_boxes
from apps.knowledge.parsing.layout.aligned import aligned_tables
from apps.knowledge.parsing.layout.bidi import mostly_from_right
from apps.knowledge.parsing.layout.columns import columns_of
from apps.knowledge.parsing.layout.ruled import ruled_tables
from apps.knowledge.parsing.layout.shapes import rows_of
from apps.knowledge.parsing.layout.upright import lines_down, may_run_down, runs_down
from apps.knowledge.parsing.parsed import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pypdfium2

    from apps.knowledge.parsing.formats.pdf_sheet import Letters
    from apps.knowledge.parsing.layout.shapes import Run, Sheet, Table

_HYPHEN = "\x02"
_LEADS = re.compile(r"(?:\s?\.){4,}\s*$")


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

    Columns whose lines are written across both are put one after the other; a page that is written from the
    top is read so, and has no tables.
    """
    letters = letters_of(textpage)
    if letters.sources and may_run_down(letters.text):
        boxes = solid_boxes(textpage, letters)
        if runs_down(boxes):
            return [Block(lines=[_line_down(letters, line) for line in lines_down(boxes)])]
    if not letters.sources or not may_hold_columns(page, textpage):
        return [Block(lines=_lines(letters, range(len(letters.text))))]
    sheet = sheet_of(page, textpage, letters)
    ruled = ruled_tables(sheet)
    taken = {index for table in ruled for index in table.indexes()}
    runs = [run for run in sheet.runs() if run.start not in taken]
    columns = columns_of(sheet, runs)
    aligned = [table for block in columns.blocks for table in aligned_tables(sheet, rows_of(block))]
    if columns.is_mixed and not ruled and not aligned:
        return _ordered(letters, [row for block in columns.blocks for row in rows_of(block)])
    return _blocks(letters, sheet, [*ruled, *aligned])


def _line_down(letters: Letters, line: Sequence[int]) -> Line:
    text = re.sub(r"[\r\n]+", "", letters.text[line[0] : line[-1] + 1])
    return Line(_joined(text), letters.sources[line[0]], letters.sources[line[-1]])


def _ordered(letters: Letters, order: Sequence[Sequence[Run]]) -> list[Block]:
    lines = []
    for row in order:
        part = " ".join(letters.text[run.start : run.end] for run in row)
        first, last = letters.sources[row[0].start], letters.sources[row[-1].end - 1]
        lines.append(Line(_joined(" ".join(part.split())), first, last))
    return [Block(lines=lines)]


def _blocks(letters: Letters, sheet: Sheet, tables: list[Table]) -> list[Block]:
    owners = {index: table for table in tables for index in table.indexes()}
    blocks: list[Block] = []
    placed: list[Table] = []
    free: list[int] = []
    last: Table | None = None
    from_right = mostly_from_right(sheet.text)
    for index in range(len(sheet.text)):
        table = last if sheet.boxes[index] is None else owners.get(index)
        last = table
        if table is None:
            free.append(index)
        elif table not in placed:
            placed.append(table)
            blocks.append(Block(lines=_lines(letters, free)))
            free = []
            rows = [[_LEADS.sub("", _joined(sheet.words(cell))) for cell in row] for row in table.rows]
            rows = [row[::-1] for row in rows] if from_right else rows
            blocks.append(Block(rows=rows, edges=table.edges))
    blocks.append(Block(lines=_lines(letters, free)))
    return [block for block in blocks if block.rows or any(line.text for line in block.lines)]


def _lines(letters: Letters, indexes: Sequence[int]) -> list[Line]:
    """The letters at the indexes as lines; letters that were taken out between two end a line."""
    lines: list[Line] = []
    part: list[str] = []
    first = last = before = -1
    for index in indexes:
        character = letters.text[index]
        if part and (character == "\n" or index != before + 1):
            lines.append(Line(_joined("".join(part)).strip(), first, last))
            part, first, last = [], -1, -1
        if character != "\n":
            part.append(character)
            if letters.sources and not character.isspace():
                last = letters.sources[index]
                first = last if first < 0 else first
        before = index
    lines.append(Line(_joined("".join(part)).strip(), first, last))
    return lines


def _joined(text: str) -> str:
    """Make words whole that were broken at a line's end; before a capital or a digit the hyphen stays."""
    text = re.sub(_HYPHEN + r"(?=[A-Z0-9])", "-", text)
    return clean(text.replace(_HYPHEN, ""))
