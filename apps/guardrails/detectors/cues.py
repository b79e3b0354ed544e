"""Telling words: one pass over the case-folded text finds them all, sorted by what they tell of."""

from __future__ import annotations

import tomllib
from bisect import bisect_left, bisect_right
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ahocorasick_rs import BytesAhoCorasick

from apps.guardrails.detectors.folding import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WORDS: Final = Path(__file__).parent / "words"


UNSPACED: Final = "\u0e00"
"""From Thai on, most scripts put no spaces between words."""
_ASCII: Final = range(0x80)
_SPACED: Final = bytes(32 if each in _ASCII and not chr(each).isalnum() else each for each in range(256))
"""Everything in ASCII but letters and digits becomes a space, so that the automaton sees where words end."""


_NO_CONTINUATION: Final = bytes((*_ASCII, *range(0xC0, 0x100)))


class _Cue(NamedTuple):
    categories: tuple[str, ...]
    lead: int
    tail: int
    """Spaces that the automaton's phrase has around the words."""
    written: bytes
    """The words with their punctuation."""


def cue_words(category: str) -> frozenset[str]:
    """The telling words of a category, as they are written in the list."""
    tables = tomllib.loads((WORDS / "cues.toml").read_text(encoding="utf-8"))
    return frozenset(word.strip("*") for table in tables.values() for word in table.get(category, ()))


@cache
def _cue_words() -> tuple[BytesAhoCorasick, list[tuple[_Cue, ...]]]:
    """The automaton, and what each of its phrases tells of."""
    phrases: dict[bytes, dict[bytes, _Cue]] = {}
    tables = tomllib.loads((WORDS / "cues.toml").read_text(encoding="utf-8"))
    for table in tables.values():
        for category, words in table.items():
            for word in words:
                bare = folded(word.strip("*"))[0]
                lead = not word.startswith("*") and _is_letter(bare[0])
                tail = not word.endswith("*") and _is_letter(bare[-1])
                written = bare.encode()
                phrase = b" " * lead + written.translate(_SPACED) + b" " * tail
                known = phrases.setdefault(phrase, {}).get(written)
                categories = (*known.categories, category) if known else (category,)
                phrases[phrase][written] = _Cue(categories, lead, tail, written)
    return BytesAhoCorasick(list(phrases)), [tuple(cues.values()) for cues in phrases.values()]


def _is_letter(text: str) -> bool:
    """Whether a word goes on where another such letter follows."""
    return text.isalnum() and text < UNSPACED


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

    @property
    def categories(self) -> frozenset[str]:
        """Those of which there is a word."""
        return frozenset(self._found)


def found_cues(text: str) -> Cues:
    """The telling words of a text; positions are of the text."""
    low, positions = folded(text)
    data = b" %b " % low.encode("utf-8", "surrogatepass")
    automaton, told = _cue_words()
    found: dict[str, tuple[list[int], list[int]]] = {}
    places = _Places(data, is_ascii=low.isascii())
    for phrase, start, end in automaton.find_matches_as_indexes(data.translate(_SPACED), overlapping=True):
        for categories, lead, tail, written in told[phrase]:
            if data[start + lead : end - tail] != written:
                continue
            first = places.of(start + lead) - 1
            last = first + len(written.decode())
            if positions is not None:
                first, last = positions.start(first), positions.end(last)
            for category in categories:
                starts, ends = found.setdefault(category, ([], []))
                starts.append(first)
                ends.append(last)
    return Cues(found)


class _Places:
    """Counts characters up to a byte; asked for places that come roughly in order."""

    def __init__(self, data: bytes, *, is_ascii: bool) -> None:
        self._data = data
        self._is_ascii = is_ascii
        self._byte = self._character = 0

    def of(self, byte: int) -> int:
        if self._is_ascii:
            return byte
        if byte >= self._byte:
            self._character += _characters(self._data[self._byte : byte])
        else:
            self._character -= _characters(self._data[byte : self._byte])
        self._byte = byte
        return self._character


def _characters(data: bytes) -> int:
    """Of UTF-8: all bytes but those that go on with a character."""
    return len(data) - len(data.translate(None, _NO_CONTINUATION)) if data else 0
