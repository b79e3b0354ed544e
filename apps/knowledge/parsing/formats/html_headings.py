"""Headings of a web page that has none as such: lines set in bold, and the parts and items of a filing."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from apps.knowledge.parsing.filing import ITEM_LEVEL, is_number_only, level_by_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from selectolax.lexbor import LexborNode

_LONGEST, _LONGEST_ITEM = 120, 250
_MIN_LINES, _MOST, _REPEATED = 3, 0.4, 4
_STYLES = 3
_CONTINUED = re.compile(r"[\s(,\u2013\u2014-]+continued\W*$", re.IGNORECASE)
_ENDS_SENTENCE = (".", ",", ";", ":", "…", "،", "。")
_BOLD_TAGS = frozenset(("b", "strong"))
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|bolder|[6-9]00)|font\s*:[^;]*\bbold\b", re.IGNORECASE)
_PLAIN = re.compile(r"font-weight\s*:\s*(?:normal|lighter|[1-5]00)", re.IGNORECASE)
_SIZE = re.compile(r"font-size\s*:\s*(\d{1,4}(?:\.\d{1,4})?)\s*(pt|px|em|rem|%)?", re.IGNORECASE)
_UNITS = {"px": 0.75, "em": 10.0, "rem": 10.0, "%": 0.1}


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set: its size in points (0: not said), its weight and slant, and whether it is a link."""

    size: float = 0.0
    is_bold: bool = False
    is_italic: bool = False
    is_link: bool = False

    def within(self, node: LexborNode) -> Style:
        """The style of what stands in an element that stands in this one."""
        attributes = node.attributes
        return _within(self, node.tag or "", attributes.get("style") or "", "href" in attributes)


@lru_cache(maxsize=2000)
def _within(outer: Style, tag: str, css: str, has_target: bool) -> Style:  # noqa: FBT001 (a key of the cache)
    size = _SIZE.search(css)
    is_bold = outer.is_bold or tag in _BOLD_TAGS or bool(_BOLD.search(css))
    return Style(
        float(size[1]) * _UNITS.get((size[2] or "pt").lower(), 1.0) if size else outer.size,
        is_bold and not _PLAIN.search(css),
        outer.is_italic or tag in {"i", "em"} or "italic" in css,
        outer.is_link or (tag == "a" and has_target),
    )


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the page in reading order: a heading, a table, or text with the one style that it has."""

    text: str
    level: int = 0
    is_table: bool = False
    style: Style | None = None


def with_headings(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, those that only look like headings made some, where the page marks at most one as such."""
    if sum(bool(block.level) for block in blocks) > 1:
        return list(blocks)
    seen = Counter(block.text for block in blocks if not block.is_table)
    found = {at for at, block in enumerate(blocks) if _is_heading(block) and seen[block.text] < _REPEATED}
    texts = sum(not block.is_table for block in blocks)
    if len(found) < _MIN_LINES or len(found) > _MOST * texts:
        return list(blocks)
    return _levelled(blocks, found)


def _is_heading(block: Block) -> bool:
    text, style = block.text, block.style
    if block.is_table or block.level or "\n" in text or not any(letter.isalpha() for letter in text):
        return False
    is_set_apart = style is not None and style.is_bold and not style.is_link
    if level_by_name(text):
        return len(text) <= _LONGEST_ITEM and (is_set_apart or text.isupper())
    return is_set_apart and len(text) <= _LONGEST and not text.endswith(_ENDS_SENTENCE)


def _levelled(blocks: Sequence[Block], found: set[int]) -> list[Block]:
    """Parts, then items, then what is set larger, then in the order in which the styles first come."""
    levels = _levels(blocks[at] for at in sorted(found))
    done: list[Block] = []
    item = ""
    for at, block in enumerate(blocks):
        level = level_by_name(block.text)
        if at not in found or _is_repeated(block.text, item):
            done.append(block)
        elif not level and done and done[-1].level == ITEM_LEVEL and is_number_only(done[-1].text):
            done[-1] = Block(f"{done[-1].text.strip()} {block.text}", ITEM_LEVEL)
        else:
            done.append(Block(block.text, level or levels[block.style or Style()]))
        item = done[-1].text if done[-1].level == ITEM_LEVEL else item
    return done


def _levels(headings: Iterable[Block]) -> dict[Style, int]:
    styles = dict.fromkeys(block.style or Style() for block in headings if not level_by_name(block.text))
    ranked = sorted(styles, key=lambda style: -style.size)
    return {style: ITEM_LEVEL + min(rank, _STYLES) for rank, style in enumerate(ranked, start=1)}


def _is_repeated(text: str, item: str) -> bool:
    """Whether the text says again, on a later page, that the item goes on."""
    return bool(_CONTINUED.search(text)) and item.startswith(_CONTINUED.sub("", text))
