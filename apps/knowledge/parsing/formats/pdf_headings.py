"""Headings of a PDF: of its outline where it has one, else lines set larger or bolder than the text."""

from __future__ import annotations

import ctypes
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pypdfium2
import pypdfium2.raw as pdfium

from apps.knowledge.parsing.formats.pdf_sheet import line_height

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.knowledge.parsing.formats.pdf_page import Line

_MAX_OUTLINE = 5000
LONGEST = 120
_LARGER = 1.12
_LEVELS = 3
_MOST = 0.3
_REPEATED = 3
_MARGIN = 2
_NAME_BYTES = 100
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
_ENDS_SENTENCE = (".", ",", ";", ":", "…", "،", "。")
_FURNITURE = re.compile(r"\d+")
_FIGURE = re.compile(r"[($€£¥]*\d[\d.,]*[)%]*$")

Outline = dict[int, list[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class Style:
    """How a line is set: its font's height in half points, and whether it is bold."""

    size: int = 0
    is_bold: bool = False


def outline_of(document: pypdfium2.PdfDocument) -> Outline:
    """Level and title of the bookmarks by page index; a broken outline counts as none."""
    found: Outline = defaultdict(list)
    try:
        for count, bookmark in enumerate(document.get_toc(max_depth=8)):
            if count >= _MAX_OUTLINE:
                break
            destination = bookmark.get_dest()
            index = destination.get_index() if destination else None
            if index is not None:
                found[index].append((bookmark.level, bookmark.get_title()))
    except (pypdfium2.PdfiumError, ValueError):
        return {}
    return found


def style_of(textpage: pypdfium2.PdfTextPage, line: Line) -> Style:
    """The style that a line begins and ends in: the smaller size, bold where both are."""
    if line.first < 0:
        return Style()
    ends = (line.first, line.last)
    size = min(line_height(textpage, index) for index in ends)
    return Style(round(size * 2), all(_is_bold(textpage, index) for index in ends))


def _is_bold(textpage: pypdfium2.PdfTextPage, index: int) -> bool:
    buffer, flags = ctypes.create_string_buffer(_NAME_BYTES), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(textpage, index, buffer, _NAME_BYTES, ctypes.byref(flags))
    return bool(_BOLD.search(buffer.value.decode("ascii", "ignore")))


Styled = tuple[str, Style]


def heading_levels(pages: Sequence[Sequence[Styled]], running: set[str]) -> dict[Style, int]:
    """The level of each style that headings are set in; none where too many lines would be headings.

    The commonest size is the text's; up to three larger ones are levels, bold lines of that size one more.
    """
    weight: Counter[int] = Counter()
    for text, style in (line for page in pages for line in page):
        weight[style.size] += len(text)
    body = max(weight, key=lambda size: weight[size], default=0)
    if not body:
        return {}
    least = body * _LARGER
    lines = [line for page in pages for line in page if line[0] and line_shape(line[0]) not in running]
    found = Counter(
        style for text, style in lines if _may_head(text) and (style.size > least or style.is_bold)
    )
    most = max(1.0, _MOST * len(lines))
    larger = Counter({style: count for style, count in found.items() if style.size > least})
    bold = Counter({style: count for style, count in found.items() if style.is_bold})
    found = next((few for few in (found, larger, bold) if few.total() <= most), Counter())
    sizes = sorted({style.size for style in found if style.size > least}, reverse=True)
    levels = {size: min(level, _LEVELS) for level, size in enumerate(sizes, start=1)}
    return {style: levels.get(style.size, _LEVELS + 1) for style in found if style.size >= body}


def running_lines(pages: Sequence[Sequence[Styled]]) -> set[str]:
    """Lines that stand on many pages at the top or the bottom, figures aside: no headings."""
    seen: Counter[str] = Counter()
    for page in pages:
        texts = [text for text, _ in page if text]
        seen.update({line_shape(text) for text in (*texts[:_MARGIN], *texts[-_MARGIN:])})
    return {shape for shape, count in seen.items() if count >= max(_REPEATED, len(pages) // 4)}


def line_shape(text: str) -> str:
    """The line without its figures, as it repeats from page to page."""
    return _FURNITURE.sub("#", text)


def is_heading(text: str, style: Style, levels: dict[Style, int], running: set[str]) -> bool:
    return style in levels and _may_head(text) and line_shape(text) not in running


def _may_head(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return (
        letters >= 3  # noqa: PLR2004 (shorter ones are numbers and marks)
        and len(text) <= LONGEST
        and not text.endswith(_ENDS_SENTENCE)
        and not _is_row(text)
    )


def _is_row(text: str) -> bool:
    """Whether the line ends with two figures, as a row of a table does."""
    words = [word for word in text.split() if any(character.isalnum() for character in word)]
    return len(words) > 2 and all(_FIGURE.match(word) for word in words[-2:])  # noqa: PLR2004
