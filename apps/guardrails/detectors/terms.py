"""An organisation's own blocked terms: whole words, whatever the case; thousands cost as much as one."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from ahocorasick_rs import AhoCorasick

from apps.guardrails.detectors.folding import folded
from apps.guardrails.detectors.kinds import Certainty, Finding, Kind
from apps.guardrails.detectors.reading import in_word, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Terms:
    """Lists of terms by name; a term may stand in several, and is then found for each."""

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        names: dict[str, list[str]] = {}
        for name, terms in lists.items():
            for term in terms:
                normal = _normal(term)
                if normal:
                    names.setdefault(normal, []).append(name)
        self._terms = list(names)
        self._names = list(names.values())
        self._automaton = AhoCorasick(self._terms) if names else None
        self.longest = max(map(len, self._terms), default=0)
        """Code points of the longest term."""

    def find(self, text: str) -> list[Finding]:
        """Every term that stands in the text as a word or phrase of its own, in order of their ends."""
        if self._automaton is None:
            return []
        seen, positions = plain(text)
        low, grown = folded(seen)
        found = []
        for at, start, end in self._automaton.find_matches_as_indexes(low, overlapping=True):
            if _inside(low, start, end):
                continue
            first = start if grown is None else grown.start(start)
            last = end if grown is None else grown.end(end)
            if positions is not None:
                first, last = positions.start(first), positions.end(last)
            term = self._terms[at]
            found += [Finding(Kind.TERM, first, last, term, name, Certainty.TOLD) for name in self._names[at]]
        return found


def _normal(term: str) -> str:
    """A term as it is looked for: plain characters, one space between words, case-folded."""
    return folded(plain(" ".join(unicodedata.normalize("NFC", term).split()))[0])[0]


def _inside(text: str, start: int, end: int) -> bool:
    """Whether the place is only a part of a longer word."""
    return (start > 0 and _joined(text[start - 1], text[start])) or (
        end < len(text) and _joined(text[end - 1], text[end])
    )


def _joined(left: str, right: str) -> bool:
    return in_word(left) and in_word(right)
