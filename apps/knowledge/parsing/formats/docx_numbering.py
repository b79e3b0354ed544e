"""Numbers that Word sets before paragraphs; the text itself does not hold them (ECMA-376 part 1, 17.9)."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.knowledge.parsing.formats.docx_styles import MAX_LEVEL, W
from apps.knowledge.parsing.numerals import numeral

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_BULLET = "-"
_PLACE = re.compile(r"%([1-9])")
_MAX_CHAIN = 20
_MAX_LABEL = 40
_NONE = "0"


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    kind: str
    text: str
    style: str
    is_legal: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """What a style or a paragraph says of its list; None: nothing."""

    number: str | None = None
    level: int | None = None


class Numbering:
    """Counts the numbered paragraphs of a document, which must be shown to it in their order."""

    def __init__(self, numbering: Element | None, styles: Element | None) -> None:
        abstract: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, str] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        for node in () if numbering is None else numbering:
            if node.tag == f"{W}abstractNum":
                abstract[node.get(f"{W}abstractNumId", "")] = dict(_levels(node))
            elif node.tag == f"{W}num":
                number = node.get(f"{W}numId", "")
                self._lists[number] = _value(node, "abstractNumId")
                self._restarts[number] = _restarts(node)
        self._abstract = abstract
        self._styles = (
            {}
            if styles is None
            else {style.get(f"{W}styleId", ""): style for style in styles.findall(f"{W}style")}
        )
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)

    def label(self, paragraph: Element) -> str:
        """What stands before a paragraph: its number as it shows, "-" for a bullet, "" outside of lists."""
        found = self._place(paragraph)
        if found.number in {None, _NONE}:
            return ""
        number, name = found.number or "", self._lists.get(found.number or "", "")
        levels = self._abstract.get(name, {})
        at = found.level or 0
        if at not in levels:
            return _BULLET
        counts = self._counts[name]
        for level, start in self._restarts.pop(number, {}).items():
            counts[level] = start - 1
        counts[at] = counts.get(at, levels[at].start - 1) + 1
        for deeper in [level for level in counts if level > at]:
            del counts[deeper]
        return _BULLET if levels[at].kind == "bullet" else _shown(levels, at, counts)

    def _place(self, paragraph: Element) -> _Place:
        own = _place_in(paragraph)
        if own.number is not None:
            return own
        name = _value(paragraph, "pPr", "pStyle")
        inherited = self._of_style(name)
        if inherited.number is None:
            return own
        levels = self._abstract.get(self._lists.get(inherited.number, ""), {})
        linked = next((at for at, level in levels.items() if level.style == name), None)
        return _Place(inherited.number, next((at for at in (own.level, linked, inherited.level) if at), 0))

    def _of_style(self, name: str) -> _Place:
        for _ in range(_MAX_CHAIN):
            style = self._styles.get(name)
            if style is None:
                break
            place = _place_in(style)
            if place.number is not None:
                return place
            name = _value(style, "basedOn")
        return _Place()


def _shown(levels: dict[int, _Level], at: int, counts: dict[int, int]) -> str:
    def put(place: re.Match[str]) -> str:
        level = int(place[1]) - 1
        if level not in levels:
            return ""
        kind = "decimal" if levels[at].is_legal else levels[level].kind
        return numeral(counts.get(level, levels[level].start), kind)

    return "" if levels[at].kind == "none" else _PLACE.sub(put, levels[at].text).strip()[:_MAX_LABEL]


def _levels(node: Element) -> list[tuple[int, _Level]]:
    return [
        (
            _whole(level.get(f"{W}ilvl", ""), 0),
            _Level(
                start=_whole(_value(level, "start"), 1),
                kind=_value(level, "numFmt") or "decimal",
                text=_value(level, "lvlText"),
                style=_value(level, "pStyle"),
                is_legal=level.find(f"{W}isLgl") is not None,
            ),
        )
        for level in node.findall(f"{W}lvl")
    ]


def _restarts(node: Element) -> dict[int, int]:
    starts = (
        (override.get(f"{W}ilvl", ""), _value(override, "startOverride"))
        for override in node.findall(f"{W}lvlOverride")
    )
    return {_whole(level, 0): _whole(start, 1) for level, start in starts if start}


def _place_in(node: Element) -> _Place:
    number, level = _value(node, "pPr", "numPr", "numId"), _value(node, "pPr", "numPr", "ilvl")
    return _Place(number or None, min(int(level), MAX_LEVEL) if level.isdigit() else None)


def _value(node: Element, *path: str) -> str:
    found = node.find("/".join(f"{W}{name}" for name in path))
    return "" if found is None else found.get(f"{W}val", "")


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isdigit() and len(text) < 10 else otherwise  # noqa: PLR2004 (no list counts further)
