"""Tables without ruled cells: lines whose pieces stand in columns, as in financial statements."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from apps.knowledge.parsing.layout.shapes import Run, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.knowledge.parsing.layout.shapes import Box, Sheet

_FAR = 2.2
_EVEN = 1.25
_NARROW = 0.45
_MOST_SINGLE = 2
_MIN_ROWS, _MOST_ROWS = 3, 400
_MAX_SPANNING = 0.4
_PROSE_WORDS = 4
_PROSE_SHARE = 0.5
_MOST_WORDS = 6
_FIGURES = 0.5
_TIGHT = 1.3
_MIN_FILLED = 0.4
_MIN_FILLED_WORDS = 0.6
_STRAIGHT = 3.0
_ALIGNED = 0.6
_WIDE_SINGLE = 0.7

_SIGN = re.compile(r"[$€£¥₩₹(\-\u2013\u2014+<>~≈]{1,3}$|(?:US|C|A|HK|R)\$$|(?:USD|EUR|GBP|CHF|JPY|CNY)$")
_TAIL = re.compile(r"[)%‰]{1,3}$|\(?\d\)$|[*†‡]{1,3}$")
_FIGURE = re.compile(
    r"[^\w]*\d[\d.,' \u00a0\u202f]*(?:[^\w]*|\s?(?:%|[a-zA-Z]{1,3}))[^\w]*$|[\u2014\u2013-]{1,3}$|n/?[am]$",
    re.IGNORECASE,
)
_LEADS = re.compile(r"(?:\. ?){4}")
_LIST_ITEM = re.compile(r"[-*•·▪◦\u2013\u2014‣○●■□➢✓]$|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]?$|\[\d+\]$")


@dataclass(slots=True)
class _Row:
    """A line's pieces, and where each of them begins and ends."""

    pieces: list[Piece]
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(slots=True)
class Piece:
    """A piece of a line: its runs, and the text that they make."""

    left: float
    right: float
    text: str
    letters: list[tuple[int, Box]] = field(default_factory=list)

    @property
    def width(self) -> float:
        return self.right - self.left

    def parts(self) -> list[Piece]:
        """The piece cut at gaps that are wider than most spaces."""
        parts: list[Piece] = []
        for index, box in self.letters:
            last = parts[-1] if parts else None
            if last is not None and box.left - last.right <= _NARROW * box.height:
                last.right = max(last.right, box.right)
                last.letters.append((index, box))
            else:
                parts.append(Piece(box.left, box.right, "", [(index, box)]))
        return parts


def aligned_tables(sheet: Sheet, rows: Sequence[Sequence[Run]]) -> list[Table]:
    """Runs of lines that share columns, from the top; columns of prose are none."""
    lines = [_row(sheet, row) for row in rows]
    found: list[Table] = []
    at = 0
    while at < len(lines):
        end = _block_end(lines, at)
        found += _tables_in(lines[at:end])
        at = max(end, at + 1)
    return found


def _row(sheet: Sheet, runs: Sequence[Run]) -> _Row:
    """A line's pieces; an entry of a table of contents (dots, then one number) is a single one."""
    pieces: list[Piece] = []
    is_entry = any(_LEADS.search(sheet.text, run.start, run.end) for run in runs[-2:])
    for run in runs:
        letters = [(index, box) for index in range(run.start, run.end) if (box := sheet.boxes[index])]
        text = sheet.text[run.start : run.end].strip()
        last = pieces[-1] if pieces else None
        if last is not None and (is_entry or _belongs(last.text, text)):
            last.right, last.text = run.right, f"{last.text} {text}"
            last.letters += letters
        else:
            pieces.append(Piece(run.left, run.right, text, letters))
    return _Row(pieces, min(run.top for run in runs), max(run.bottom for run in runs))


def _belongs(before: str, text: str) -> bool:
    """A currency sign belongs to the figure after it, a bracket or per cent sign to the one before it."""
    return bool(_SIGN.match(before) or (_TAIL.match(text) and _FIGURE.match(before)))


def _block_end(lines: list[_Row], start: int) -> int:
    """Where the lines that may make one table end: not more than a few single ones between, none far off.

    Lines as far from each other as those above them are not far off.
    """
    if len(lines[start].pieces) < 2:  # noqa: PLR2004 (a row of a table has two pieces)
        return start + 1
    end, last = start + 1, start
    gap = 0.0
    while end < min(len(lines), start + _MOST_ROWS) and end - last <= _MOST_SINGLE + 1:
        above, line = lines[end - 1], lines[end]
        before, gap = gap, line.top - above.bottom
        if gap > _FAR * min(above.height, line.height) and gap > _EVEN * before:
            break
        if len(line.pieces) > 1:
            last = end
        end += 1
    return last + 1


def _tables_in(block: list[_Row]) -> list[Table]:
    """The tables of a block: grown from its row of most pieces, then from what is left above and below."""
    found: list[Table] = []
    left = [block]
    while left:
        rows = left.pop()
        if sum(len(row.pieces) > 1 for row in rows) < _MIN_ROWS:
            continue
        first, last, columns = _grown(rows)
        if _is_table(columns, rows[first : last + 1]):
            found.append(columns.table(rows[first : last + 1]))
        left += [rows[:first], rows[last + 1 :]]
    return sorted(found, key=lambda table: table.top)


def _grown(block: list[_Row]) -> tuple[int, int, _Columns]:
    """The first and the last row around that of most pieces that share its columns, and these."""
    seed = max(range(len(block)), key=lambda at: (len(block[at].pieces), -at))
    columns = _Columns(block[seed])
    first = last = seed
    while last + 1 < len(block) and columns.take(block[last + 1]):
        last += 1
    while first > 0 and columns.take(block[first - 1]):
        first -= 1
    while first < seed and len(block[first].pieces) == 1:
        first += 1
    while last > seed and len(block[last].pieces) == 1:
        last -= 1
    return first, last, columns


class _Columns:
    """Where the columns of a growing table begin and end."""

    def __init__(self, row: _Row) -> None:
        self.spans = [[piece.left, piece.right] for piece in row.pieces]
        self._spanning = 0
        self._rows = 1

    def take(self, row: _Row) -> bool:
        """Widen the columns by a row that fits them; False, and nothing done, where it does not."""
        self._rows += 1
        if len(row.pieces) == 1 and row.pieces[0].width > _WIDE_SINGLE * self.width:
            return False
        row.pieces = [part for piece in row.pieces for part in self._parted(piece)]
        places = [self.touched(piece) for piece in row.pieces]
        spanning = any(len(place) > 1 for place in places)
        if spanning and len(row.pieces) > 1 and self._spanning >= max(2, _MAX_SPANNING * self._rows):
            return False
        if any(len(set(places[at]) & set(places[at + 1])) for at in range(len(places) - 1)):
            return False
        self._spanning += spanning and len(row.pieces) > 1
        fresh = []
        for piece, place in zip(row.pieces, places, strict=True):
            if len(place) == 1:
                span = self.spans[place[0]]
                span[0], span[1] = min(span[0], piece.left), max(span[1], piece.right)
        fresh = [
            [piece.left, piece.right] for piece, place in zip(row.pieces, places, strict=True) if not place
        ]
        self.spans = sorted([*self.spans, *fresh])
        return True

    @property
    def width(self) -> float:
        return self.spans[-1][1] - self.spans[0][0]

    def touched(self, piece: Piece) -> list[int]:
        """The columns that a piece stands in."""
        return [at for at in range(len(self.spans)) if self._shared(piece, at) > 0]

    def cells(self, row: _Row) -> list[list[Piece]]:
        cells: list[list[Piece]] = [[] for _ in self.spans]
        for piece in row.pieces:
            cells[max(range(len(cells)), key=lambda at: self._shared(piece, at))].append(piece)
        return cells

    def _shared(self, piece: Piece, at: int) -> float:
        left, right = self.spans[at]
        return min(piece.right, right) - max(piece.left, left)

    def _parted(self, piece: Piece) -> list[Piece]:
        """A piece over several columns in parts, where it has a gap between each of them."""
        if len(self.touched(piece)) < 2:  # noqa: PLR2004
            return [piece]
        parts = piece.parts()
        return parts if all(len(self.touched(part)) < 2 for part in parts) else [piece]  # noqa: PLR2004

    def table(self, rows: list[_Row]) -> Table:
        """The rows as cells; lines of one row's wrapped cells are put together."""
        gathered: list[list[list[int]]] = []
        above: _Row | None = None
        for row, is_more in zip(rows, _continuing(self, rows), strict=True):
            cells = [[index for piece in cell for index, _ in piece.letters] for cell in self.cells(row)]
            if above is not None and is_more:
                gathered[-1] = [one + more for one, more in zip(gathered[-1], cells, strict=True)]
            else:
                gathered.append(cells)
            above = row
        edges = tuple(left for left, _ in self.spans)
        made = tuple(tuple(tuple(cell) for cell in row) for row in gathered)
        return Table(made, rows[0].top, rows[-1].bottom, edges)


def _continuing(columns: _Columns, rows: list[_Row]) -> list[bool]:
    """For each row whether it goes on with the cells of the one before it.

    It does where it begins no row of its own (its first cell is empty) and stands closer than rows do, and
    where a label that stood alone goes on in small letters.
    """
    pitches = [below.top - above.top for above, below in pairwise(rows)]
    pitch = median(pitches) if pitches else 0.0
    found = [False]
    for at, row in enumerate(rows[1:], start=1):
        cells, above = columns.cells(row), columns.cells(rows[at - 1])
        close = pitches[at - 1] * _TIGHT < pitch
        lone = len(rows[at - 1].pieces) == 1 and bool(above[0])
        label = cells[0][0].text if cells[0] else ""
        found.append((not cells[0] and close) or (lone and label[:1].islower()))
    return found


def _is_table(columns: _Columns, rows: list[_Row]) -> bool:
    """Whether rows in columns are a table rather than prose in columns, a list, or a form's lines."""
    many = [row for row in rows if len(row.pieces) > 1]
    if len(columns.spans) < 2 or len(many) < _MIN_ROWS:  # noqa: PLR2004
        return False
    grid = [columns.cells(row) for row in many]
    width = len(columns.spans)
    if sum(_is_prose(columns, grid, at) for at in range(width)) >= max(1, _PROSE_SHARE * width):
        return False
    if not _is_straight([[piece for row in grid for piece in row[at]] for at in range(width)]):
        return False
    texts = [[" ".join(piece.text for piece in row[at]) for row in grid if row[at]] for at in range(width)]
    filled = sum(map(len, texts)) / (width * len(many))
    if any(_share(column, _FIGURE) >= _FIGURES for column in texts[1:]):
        return filled >= _MIN_FILLED and (width > 2 or _share(texts[0], _LIST_ITEM) < _FIGURES)  # noqa: PLR2004
    return width > 2 and filled >= _MIN_FILLED_WORDS and _are_words(texts)  # noqa: PLR2004


def _are_words(texts: list[list[str]]) -> bool:
    """Whether the cells of a table without figures are short, and its first column no marks of a list."""
    short = all(median(len(text.split()) for text in column) <= _MOST_WORDS for column in texts)
    return short and _share(texts[0], _LIST_ITEM) < _FIGURES


def _is_prose(columns: _Columns, grid: list[list[list[Piece]]], at: int) -> bool:
    """Whether most pieces of a column are several words that reach nearly across it."""
    left, right = columns.spans[at]
    pieces = [cell for row in grid for cell in row[at]]
    full = [
        piece
        for piece in pieces
        if len(piece.text.split()) >= _PROSE_WORDS
        and piece.right - piece.left > _WIDE_SINGLE * (right - left)
    ]
    return len(full) > _PROSE_SHARE * len(pieces)


def _is_straight(columns: list[list[Piece]]) -> bool:
    """Whether most columns' pieces begin, end or centre at one place; gaps in justified prose do not."""
    straight = 0
    columns = [pieces for pieces in columns if len(pieces) > 1]
    for pieces in columns:
        edges = zip(
            *((piece.left, piece.right, (piece.left + piece.right) / 2) for piece in pieces), strict=True
        )
        near = max(sum(abs(at - median(places)) <= _STRAIGHT for at in places) for places in edges)
        straight += near >= _ALIGNED * len(pieces)
    return len(columns) > 1 and straight >= _ALIGNED * len(columns)


def _share(texts: list[str], pattern: re.Pattern[str]) -> float:
    return sum(bool(pattern.match(text)) for text in texts) / len(texts) if texts else 0.0
