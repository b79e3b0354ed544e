"""From ranked chunks to passages: variety, doubles out, neighbours in, all within a budget. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from apps.knowledge.candidates import Hit, Stored
    from apps.knowledge.spots import Spot

    Place = tuple[UUID, int]

KEEN: Final = 0.7
"""What is left of a find's score for each find of its document before it beyond the half of all passages."""
SAME: Final = 0.9
"""The share of one text's pieces that stand in another for it to say nothing new."""
_PIECE: Final = 8
_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Budget:
    """What all passages together (tokens, estimated) and each one (characters) may take."""

    tokens: int = 4_000
    characters: int = 2_400


def estimate_tokens(text: str) -> int:
    """About how many tokens a text takes, rather too many: 3.5 ASCII characters, 1 of any other script."""
    ascii_count = len(text.encode("ascii", "ignore"))
    return int(ascii_count / 3.5) + (len(text) - ascii_count) + 1


def spread(ranked: Sequence[tuple[Hit, float]], *, most: int) -> list[tuple[Hit, float]]:
    """The finds so that one document does not take all places while others have as good ones.

    The first find of each document keeps its place or rises, so documents are ranked no worse than before.
    """
    left, taken, found = list(ranked), Counter[object](), []
    while left:
        at = max(range(len(left)), key=lambda place: _worth(left[place], taken, most // 2))
        hit, score = left.pop(at)
        taken[hit.document_id] += 1
        found.append((hit, score))
    return found


def _worth(ranked: tuple[Hit, float], taken: Counter[object], free: int) -> float:
    hit, score = ranked
    return score * KEEN ** max(0, taken[hit.document_id] - free + 1)


@dataclass(slots=True)
class Group:
    """A passage in the making: the chunk it was found by, and its neighbours in reading order."""

    best: Stored
    score: float
    chunks: list[Stored] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The chunks as one text; what neighbours share stands once."""
        whole = self.chunks[0].text
        for before, chunk in zip(self.chunks, self.chunks[1:], strict=False):
            shared = before.end - chunk.start
            whole += chunk.text[shared:] if shared >= 0 else f"\n{chunk.text}"
        return whole

    @property
    def place(self) -> Spot:
        """From its first chunk's to its last one's."""
        return self.chunks[0].place.until(self.chunks[-1].place)

    def takes(self, chunk: Stored) -> bool:
        """Whether the chunk follows or precedes under the same heading on the same page, both cut plainly."""
        first, last = self.chunks[0], self.chunks[-1]
        if chunk.position not in (first.position - 1, last.position + 1):
            return False
        same = (chunk.document_id, chunk.place.page, chunk.heading) == (
            self.best.document_id,
            self.best.place.page,
            self.best.heading,
        )
        return same and _is_plain(chunk) and _is_plain(first) and _is_plain(last)

    def take(self, chunk: Stored) -> None:
        """Put the chunk at its place."""
        self.chunks.insert(0 if chunk.position < self.chunks[0].position else len(self.chunks), chunk)


class Assembly:
    """Passages out of chunks that come best first; at most `most`, together within the budget."""

    def __init__(self, known: Mapping[Place, Stored], *, most: int, budget: Budget) -> None:
        self._known = known
        self._most = most
        self._budget = budget
        self._left = budget.tokens
        self._said: list[_Content] = []
        self.groups: list[Group] = []

    def add(self, place: Place, score: float) -> None:
        """The next best chunk: a passage of its own, or part of one that it continues.

        The best one is taken whatever it costs: a model with little room gets it cut.
        """
        chunk = self._known.get(place)
        if chunk is None or not self._is_new(chunk):
            return
        for group in self.groups:
            if group.takes(chunk):
                self._join(group, chunk)
                return
        if len(self.groups) < self._most and (not self.groups or estimate_tokens(chunk.text) <= self._left):
            self._left -= estimate_tokens(chunk.text)
            self.groups.append(Group(chunk, score, [chunk]))

    def widen(self) -> None:
        """Give each passage, best first, its neighbours while its length and the budget last."""
        taken = {(chunk.document_id, chunk.position) for group in self.groups for chunk in group.chunks}
        for group in self.groups:
            for position in (group.chunks[-1].position + 1, group.chunks[0].position - 1):
                place = (group.best.document_id, position)
                chunk = self._known.get(place)
                if chunk is None or place in taken or not group.takes(chunk):
                    continue
                fits = len(group.text) + len(chunk.text) <= self._budget.characters
                if fits and self._join(group, chunk):
                    taken.add(place)

    def _join(self, group: Group, chunk: Stored) -> bool:
        cost = estimate_tokens(chunk.text)
        if cost > self._left:
            return False
        self._left -= cost
        group.take(chunk)
        return True

    def _is_new(self, chunk: Stored) -> bool:
        """Whether no passage says the same, as another copy of the document would."""
        content = _Content.of(chunk)
        if any(content.repeats(said) for said in self._said):
            return False
        self._said.append(content)
        return True


@dataclass(frozen=True, slots=True)
class _Content:
    """What a chunk says: pieces of its text, and the numbers that it and its place name.

    Other numbers make another statement: this year's report repeats last year's words.
    """

    pieces: frozenset[str]
    numbers: Counter[str]

    @classmethod
    def of(cls, chunk: Stored) -> _Content:
        text = "".join(chunk.text.split()).casefold()
        pieces = frozenset(text[at : at + _PIECE] for at in range(max(1, len(text) - _PIECE + 1)))
        return cls(pieces, Counter(_NUMBER.findall(f"{chunk.title} {chunk.heading} {chunk.text}")))

    def repeats(self, other: _Content) -> bool:
        if self.numbers != other.numbers:
            return False
        return len(self.pieces & other.pieces) >= SAME * max(len(self.pieces), len(other.pieces))


def _is_plain(chunk: Stored) -> bool:
    """Whether its text is its span; the later pieces of a table repeat the header."""
    return chunk.end - chunk.start == len(chunk.text)
