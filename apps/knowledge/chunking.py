"""From sections to chunks: pieces of about a thousand characters inside one page and one heading."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from semantic_text_splitter import TextSplitter

from apps.knowledge.parsing.parsed import Parsed, Section, SectionKind
from apps.knowledge.spots import Spot

SIZE = 1000
OVERLAP = 150
_HEADER_LINES = 2
_SHARE_OF_HEADER = 2
_LONGEST_LINE = 20_000


@dataclass(frozen=True, slots=True)
class ChunkDraft:
    """A chunk before it is stored. `start` and `end` are its place in `Parsed.text`, in code points.

    `Parsed.text[start:end] == text`, but for the later pieces of a table, which begin with the repeated
    header.
    """

    text: str
    place: Spot
    heading: tuple[str, ...]
    start: int
    end: int
    position: int
    kind: SectionKind


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    start: int
    end: int


def chunk(parsed: Parsed, *, size: int = SIZE, overlap: int = OVERLAP) -> list[ChunkDraft]:
    """The document's chunks in reading order, each of at most `size` code points.

    Text that follows under the same page and heading is cut as one; neighbours share up to `overlap` code
    points. A table is cut between rows and its header repeated.
    """
    whole = parsed.text
    splitter = TextSplitter(size, overlap=overlap)
    drafts: list[ChunkDraft] = []
    groups = groupby(parsed.spans(), key=lambda span: _place(span[2]))
    for _, spans in groups:
        for start, end, section in _merged(list(spans)):
            pieces = (
                _table_pieces(whole, start, end, size)
                if section.kind == "table"
                else _text_pieces(whole, start, end, splitter)
            )
            line, at = 0, start
            for piece in pieces:
                line += whole.count("\n", at, piece.start)
                at = piece.start
                drafts.append(_draft(piece, section, len(drafts), (line, line + _breaks(whole, piece))))
    return drafts


def embedding_text(title: str, heading: tuple[str, ...], text: str) -> str:
    """What is embedded for a chunk: the document's title and the heading path, then the text."""
    path = " > ".join(part for part in (title, *heading) if part)
    return f"{path}\n\n{text}" if path else text


def _breaks(whole: str, piece: _Piece) -> int:
    return whole.count("\n", piece.start, piece.end)


def _draft(piece: _Piece, section: Section, position: int, lines: tuple[int, int]) -> ChunkDraft:
    """`lines` of the section are those the piece begins and ends in."""
    first, last = (_row(section, line) for line in lines)
    return ChunkDraft(
        text=piece.text,
        place=Spot(section.page, section.is_slide, section.sheet, first, last),
        heading=section.heading,
        start=piece.start,
        end=piece.end,
        position=position,
        kind=section.kind,
    )


def _row(section: Section, line: int) -> int | None:
    """The row of the sheet that a line of the section is; the second line of a table is none."""
    if section.row is None:
        return None
    return section.row + (max(0, line - 1) if section.kind == "table" else line)


def _place(section: Section) -> tuple[int | None, tuple[str, ...], SectionKind, str]:
    return section.page, section.heading, section.kind, section.sheet


def _merged(spans: list[tuple[int, int, Section]]) -> list[tuple[int, int, Section]]:
    """Neighbouring texts under one page and heading as a single span; tables and rows stay apart."""
    if any(section.kind == "table" or section.row is not None for _, _, section in spans):
        return spans
    return [(spans[0][0], spans[-1][1], spans[0][2])]


def _text_pieces(whole: str, start: int, end: int, splitter: TextSplitter) -> Iterator[_Piece]:
    for first, last in _stretches(whole, start, end):
        for offset, text in splitter.chunk_indices(whole[first:last]):
            if text.strip():
                yield _Piece(text, first + offset, first + offset + len(text))


def _stretches(whole: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span, cut inside very long lines: the splitter's time grows with their square."""
    first = start
    for line in _lines(whole, start, end) if end - start > _LONGEST_LINE else ():
        while line.end - max(first, line.start) > _LONGEST_LINE:
            begin = max(first, line.start)
            space = whole.rfind(" ", begin + 1, begin + _LONGEST_LINE)
            cut = space + 1 if space > 0 else begin + _LONGEST_LINE
            yield first, cut
            first = cut
    yield first, end


def _table_pieces(whole: str, start: int, end: int, size: int) -> Iterator[_Piece]:
    if end - start <= size:
        yield _Piece(whole[start:end], start, end)
        return
    rows = list(_lines(whole, start, end))
    head = whole[start : rows[min(_HEADER_LINES, len(rows)) - 1].end]
    if len(head) > size // _SHARE_OF_HEADER or len(rows) <= _HEADER_LINES:
        yield from _text_pieces(whole, start, end, TextSplitter(size))
        return
    yield from _filled(whole, head + "\n", rows[_HEADER_LINES:], start, size)


def _filled(whole: str, head: str, rows: list[_Piece], start: int, size: int) -> Iterator[_Piece]:
    """Runs of rows that fit below the header; a row longer than that is cut by itself. The first piece's span
    covers the header where it really stands."""
    room = size - len(head)
    begin: int | None = start
    opened: _Piece | None = None
    for row in [piece for long_row in rows for piece in _fitting(whole, long_row, room)]:
        if opened and row.end - opened.start > room:
            yield _Piece(head + opened.text, opened.start if begin is None else begin, opened.end)
            opened, begin = None, None
        first = opened.start if opened else row.start
        opened = _Piece(whole[first : row.end], first, row.end)
    if opened:
        yield _Piece(head + opened.text, opened.start if begin is None else begin, opened.end)


def _fitting(whole: str, row: _Piece, room: int) -> Iterator[_Piece]:
    if len(row.text) <= room:
        yield row
    else:
        yield from _text_pieces(whole, row.start, row.end, TextSplitter(room))


def _lines(whole: str, start: int, end: int) -> Iterator[_Piece]:
    at = start
    for line in whole[start:end].split("\n"):
        yield _Piece(line, at, at + len(line))
        at += len(line) + 1
