"""Telling words: one pass over the case-folded text finds them all, sorted by what they tell of."""

from __future__ import annotations

import tomllib
from bisect import bisect_left, bisect_right
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ahocorasick_rs import AhoCorasick

from apps.guardrails.detectors.folding import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WORDS: Final = Path(__file__).parent / "words"


_UNSPACED: Final = "\u0e00"
"""From Thai on, most scripts put no spaces between words."""


def _is_letter(text: str) -> bool:
    """Whether a word goes on where another such letter follows."""
    return text.isalnum() and text < _UNSPACED


@cache
def _cue_words() -> tuple[AhoCorasick, list[list[tuple[str, bool, bool]]]]:
    """The automaton, and for each of its phrases what it tells of and where letters may go on."""
    phrases: dict[str, list[tuple[str, bool, bool]]] = {}
    tables = tomllib.loads((WORDS / "cues.toml").read_text(encoding="utf-8"))
    for table in tables.values():
        for category, words in table.items():
            for word in words:
                bare = folded(word.strip("*"))[0]
                precede = word.startswith("*") or not _is_letter(bare[0])
                follow = word.endswith("*") or not _is_letter(bare[-1])
                phrases.setdefault(bare, []).append((category, precede, follow))
    return AhoCorasick(list(phrases)), list(phrases.values())


class Cues:
    """Where telling words stand, by category: their starts and ends in order."""

    def __init__(self, found: Mapping[str, tuple[list[int], list[int]]]) -> None:
        self._found = found

    def spans(self, category: str) -> Iterable[tuple[int, int]]:
        starts, ends = self._found.get(category, ((), ()))
        return zip(starts, ends, strict=True)

    def near(self, category: str, start: int, end: int, before: int, after: int) -> bool:
        """Whether one ends at most `before` ahead of `start`, or begins at most `after` behind `end`."""
        found = self._found.get(category)
        if found is None:
            return False
        starts, ends = found
        at = bisect_right(ends, start)
        if at and start - ends[at - 1] <= before:
            return True
        at = bisect_left(starts, end)
        return at < len(starts) and starts[at] - end <= after


def found_cues(text: str) -> Cues:
    """The telling words of a text; positions are of the text."""
    low, positions = folded(text)
    automaton, told = _cue_words()
    found: dict[str, tuple[list[int], list[int]]] = {}
    for phrase, start, end in automaton.find_matches_as_indexes(low, overlapping=True):
        inside = start > 0 and low[start - 1].isalnum()
        goes_on = end < len(low) and low[end].isalnum()
        for category, may_precede, may_follow in told[phrase]:
            if (inside and not may_precede) or (goes_on and not may_follow):
                continue
            starts, ends = found.setdefault(category, ([], []))
            starts.append(start if positions is None else positions.start(start))
            ends.append(end if positions is None else positions.end(end))
    return Cues(found)
