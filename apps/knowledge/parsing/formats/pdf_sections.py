"""Sections of a PDF: pages cut where headings stand, tables as Markdown, paragraphs from wrapped lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from apps.knowledge.parsing.filing import ITEM_LEVEL, is_number_only, level_by_name
from apps.knowledge.parsing.formats.pdf_headings import (
    LONGEST,
    Style,
    heading_levels,
    is_heading,
    running_lines,
)
from apps.knowledge.parsing.headers import is_header
from apps.knowledge.parsing.outline import HeadingPath
from apps.knowledge.parsing.parsed import Section
from apps.knowledge.parsing.tables import markdown_table
from apps.knowledge.parsing.unwrap import full_length, unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from apps.knowledge.parsing.formats.pdf import Page
    from apps.knowledge.parsing.formats.pdf_headings import Outline
    from apps.knowledge.parsing.formats.pdf_page import Block, Line

_SAME_EDGE = 12.0
_MOST_LINES_BETWEEN = 3
_MAX_HEADER = 3
_NUMBERING = 12
_MAX_LINES = 3
_WRAPPED = 50


class Cut(NamedTuple):
    """A heading of so many lines begins at a line of a block."""

    block: int
    line: int
    level: int
    title: str
    lines: int = 1


@dataclass(slots=True)
class _Tables:
    """The table that the page before ended with, since it may go on."""

    header: list[str]
    edges: tuple[float, ...]
    is_open: bool = False


def sections_of(pages: Sequence[Page], outline: Outline) -> Iterator[Section]:
    """The document's sections under the outline's headings, or where it has none, under lines set as such."""
    styled = [list(_styled(page)) for page in pages] if not outline else []
    running = running_lines(styled)
    levels = heading_levels(styled, running)
    path = HeadingPath()
    before = _Tables([], ())
    for page in pages:
        cuts = (
            _outlined(page, outline.get(page.number - 1, []))
            if outline
            else _set_apart(page, levels, running)
        )
        yield from _page(page, cuts, path, before)


def _styled(page: Page) -> Iterator[tuple[str, Style]]:
    for block, styles in zip(page.blocks, page.styles, strict=True):
        yield from ((line.text, style) for line, style in zip(block.lines, styles, strict=True))


def _outlined(page: Page, headings: list[tuple[int, str]]) -> list[Cut]:
    """Where the bookmarks' titles stand; one that is not found opens where the one before it did."""
    cuts: list[Cut] = []
    at = (0, 0)
    for level, title in headings:
        at = _find(page, title, at)
        cuts.append(Cut(*at, level, title))
    return cuts


def _find(page: Page, title: str, start: tuple[int, int]) -> tuple[int, int]:
    """The line that begins with the title, whitespace and a section number aside; `start` if none does."""
    words = [re.escape(word) for word in title.split()]
    if not words:
        return start
    wanted = re.compile(r"[ \t]*(?:[\dA-Z]+(?:\.\d+)*\.?[ \t]+)?" + r"\s+".join(words))
    for number in range(start[0], len(page.blocks)):
        lines = page.blocks[number].lines
        for line in range(start[1] if number == start[0] else 0, len(lines)):
            if wanted.match("\n".join(one.text for one in lines[line : line + 4])):
                return number, line
    return start


def _set_apart(page: Page, levels: dict[Style, int], running: set[str]) -> list[Cut]:
    """Lines set as headings; lines of one style below each other are one, or when many, a paragraph."""
    cuts: list[Cut] = []
    last: tuple[int, int, Style] | None = None
    for number, (block, styles) in enumerate(zip(page.blocks, page.styles, strict=True)):
        for at, (line, style) in enumerate(zip(block.lines, styles, strict=True)):
            is_next = last == (number, at - 1, style) and bool(cuts)
            goes_on = is_next and _may_go_on(cuts[-1].title, line.text)
            if not is_heading(line.text, style, levels, running):
                cuts = cuts[:-1] if goes_on and line.text else cuts
                last = None
                continue
            if goes_on:
                before = cuts[-1]
                cuts[-1] = before._replace(title=f"{before.title} {line.text}", lines=before.lines + 1)
            else:
                level = level_by_name(line.text) or ITEM_LEVEL + levels[style]
                cuts.append(Cut(number, at, level, line.text))
            last = number, at, style
    return [cut for cut in cuts if cut.lines <= _MAX_LINES and len(cut.title) <= LONGEST]


def _may_go_on(title: str, line: str) -> bool:
    """Whether a line may belong to the heading above it: of a filing's items only long ones are wrapped."""
    if level_by_name(line):
        return False
    return not level_by_name(title) or is_number_only(title) or len(title) >= _WRAPPED


def _page(page: Page, cuts: list[Cut], path: HeadingPath, before: _Tables) -> Iterator[Section]:
    full = full_length([line.text for block in page.blocks for line in block.lines])
    since = 0
    for number, block in enumerate(page.blocks):
        start, above = 0, ""
        for cut in (cut for cut in cuts if cut.block == number):
            if not _is_only(above, block.lines[start : cut.line]):
                yield _prose(page, block.lines[start : cut.line], full, path)
                start, above = cut.line, ""
            path.enter(cut.level, cut.title)
            above += cut.title
        if block.rows:
            before.is_open = before.is_open and since <= _MOST_LINES_BETWEEN
            yield Section(_markdown(block, before), page.number, path.titles, "table")
            before.is_open, since = False, 0
        else:
            yield _prose(page, block.lines[start:], full, path)
            since += sum(bool(line.text) for line in block.lines)
    before.is_open = any(block.rows for block in page.blocks) and since <= _MOST_LINES_BETWEEN
    for text in page.beside:
        yield Section(text, page.number, path.titles)


def _is_only(titles: str, lines: Sequence[Line]) -> bool:
    """Whether the lines are no more than headings, which then stand above the text of the next one."""
    length = sum(len(line.text) for line in lines)
    return bool(titles) and 0 < length <= len(titles) + _NUMBERING


def _prose(page: Page, lines: Sequence[Line], full: float, path: HeadingPath) -> Section:
    text = unwrap("\n".join(line.text for line in lines), full)
    return Section(text.strip(), page.number, path.titles)


def _markdown(block: Block, before: _Tables) -> str:
    """The table, under the header of the one that the page before ended with where it goes on with that."""
    rows = _headed(block.rows)
    goes_on = before.is_open and _same_columns(block.edges, before.edges)
    if goes_on and rows[0] != before.header and not is_header(rows[0]):
        rows = [before.header, *rows]
    before.header, before.edges = rows[0], block.edges
    return markdown_table(rows)


def _same_columns(edges: tuple[float, ...], others: tuple[float, ...]) -> bool:
    return len(edges) == len(others) and all(
        abs(one - other) <= _SAME_EDGE for one, other in zip(edges, others, strict=True)
    )


def _headed(rows: list[list[str]]) -> list[list[str]]:
    """The rows, the lines of a header of several put together: those without a label above one that is."""
    rows = [row for row in rows if any(row)]
    count = 1
    while count < min(_MAX_HEADER, len(rows) - 1) and not rows[count - 1][0] and is_header(rows[count]):
        count += 1
    header = [" ".join(part for part in column if part) for column in zip(*rows[:count], strict=True)]
    return [header, *rows[count:]]
