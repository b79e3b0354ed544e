"""Marks of list items as a browser shows them: how deep, and which number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.knowledge.parsing.numerals import numeral

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_DEEPEST = 8
_INDENT = "  "
_KINDS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}


@dataclass(slots=True)
class _List:
    """An open list: the number that comes next and the step to the one after; a step of 0 has no numbers."""

    next: int = 1
    step: int = 0
    kind: str = ""


class Lists:
    """The lists that are open at a place of the page."""

    def __init__(self) -> None:
        self._open: list[_List] = []

    def enter(self, node: LexborNode) -> None:
        if node.tag != "ol":
            self._open.append(_List())
            return
        items = sum(child.tag == "li" for child in node.iter())
        is_reversed = "reversed" in node.attributes
        first = _number(node, "start", items if is_reversed else 1)
        kind = _KINDS.get(node.attributes.get("type") or "", "")
        self._open.append(_List(first, -1 if is_reversed else 1, kind))

    def leave(self) -> None:
        self._open.pop()

    def mark(self, item: LexborNode) -> str:
        """What stands before the item, with a space after it."""
        indent = _INDENT * min(len(self._open) - 1, _DEEPEST)
        if not self._open or not self._open[-1].step:
            return f"{indent}- "
        within = self._open[-1]
        number = _number(item, "value", within.next)
        within.next = number + within.step
        return f"{indent}{numeral(number, within.kind)}. "


def _number(node: LexborNode, name: str, otherwise: int) -> int:
    value = (node.attributes.get(name) or "").strip()
    return int(value) if value.removeprefix("-").isdecimal() and len(value) < 10 else otherwise  # noqa: PLR2004
