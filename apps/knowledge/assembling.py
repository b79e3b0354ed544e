"""From ranked chunks to passages: doubles out, neighbours in, all within a budget. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from apps.knowledge.candidates import Stored

    Place = tuple[UUID, int]


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

    def takes(self, chunk: Stored) -> bool:
        """Whether the chunk follows or precedes under the same heading on the same page, both cut plainly."""
        first, last = self.chunks[0], self.chunks[-1]
        if chunk.position not in (first.position - 1, last.position + 1):
            return False
        same = (chunk.document_id, chunk.page, chunk.heading) == (
            self.best.document_id,
            self.best.page,
            self.best.heading,
        )
        return same and _is_plain(chunk) and _is_plain(first) and _is_plain(last)

    def take(self, chunk: Stored) -> None:
        """Put the chunk at its place."""
        self.chunks.insert(0 if chunk.position < self.chunks[0].position else len(self.chunks), chunk)


class Assembly:
    """Passages out of chunks that come best first; at most `most`, together at most `characters` long."""

    def __init__(self, known: Mapping[Place, Stored], *, most: int, characters: int) -> None:
        self._known = known
        self._most = most
        self._left = characters
        self._texts: set[str] = set()
        self.groups: list[Group] = []

    def add(self, place: Place, score: float) -> None:
        """The next best chunk: a passage of its own, or part of one that it continues."""
        chunk = self._known.get(place)
        if chunk is None or not self._is_new(chunk):
            return
        for group in self.groups:
            if group.takes(chunk):
                self._join(group, chunk)
                return
        if len(self.groups) < self._most and len(chunk.text) <= self._left:
            self._left -= len(chunk.text)
            self.groups.append(Group(chunk, score, [chunk]))

    def widen(self, characters: int) -> None:
        """Give each passage, best first, its neighbours up to this length while the budget lasts."""
        taken = {(chunk.document_id, chunk.position) for group in self.groups for chunk in group.chunks}
        for group in self.groups:
            for position in (group.chunks[-1].position + 1, group.chunks[0].position - 1):
                place = (group.best.document_id, position)
                chunk = self._known.get(place)
                if chunk is None or place in taken or not group.takes(chunk):
                    continue
                if len(group.text) + len(chunk.text) <= characters and self._join(group, chunk):
                    taken.add(place)

    def _join(self, group: Group, chunk: Stored) -> bool:
        if len(chunk.text) > self._left:
            return False
        self._left -= len(chunk.text)
        group.take(chunk)
        return True

    def _is_new(self, chunk: Stored) -> bool:
        """Whether no passage says the same, as another copy of the document would."""
        words = " ".join(chunk.text.split()).lower()
        if words in self._texts:
            return False
        self._texts.add(words)
        return True


def _is_plain(chunk: Stored) -> bool:
    """Whether its text is its span; the later pieces of a table repeat the header."""
    return chunk.end - chunk.start == len(chunk.text)
