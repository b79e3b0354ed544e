"""Values that are masked once are masked wherever they stand again, also where no sign tells what they are.

A name behind “my name is” is a name in the answer as well, and in the next call, which sends that answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from apps.guardrails.detectors.kinds import Certainty, Finding, Kind
from apps.guardrails.placeholders import word_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from apps.guardrails.classes import DataClass
    from apps.guardrails.placeholders import Value

SHORTEST: Final = 3
"""Code points of a value that is looked for again: of less, other words are made."""
MOST_ALIKE: Final = 64
"""Values with the same first word that are looked for, so that no text takes longer than it is long."""
_WORD: Final = re.compile(r"\w+")


class _Spelled(NamedTuple):
    """A value as it was written; `before` are the signs in front of its first word."""

    text: str
    before: int
    kind: Kind
    norm: str
    data_class: DataClass


class Recurring:
    """Looks for values by their exact letters, as whole words; linear in the text."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._by_word: dict[str, list[_Spelled]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_word)

    def add(self, text: str, kind: Kind, norm: str, data_class: DataClass) -> None:
        """Look for this value, too."""
        first = _WORD.search(text) if len(text) >= SHORTEST and text not in self._known else None
        alike = self._by_word.setdefault(first.group(), []) if first else []
        if first and len(alike) < MOST_ALIKE:
            self._known.add(text)
            alike.append(_Spelled(text, first.start(), kind, norm, data_class))

    def add_kept(self, values: Mapping[str, Value], kinds: Collection[Kind]) -> None:
        """Those of a conversation's values whose kinds are masked."""
        by_word = {kind.name: kind for kind in kinds}
        for token, value in values.items():
            kind = by_word.get(word_of(token))
            if kind is not None:
                self.add(value.text, kind, value.text, value.data_class)

    def findings(self, text: str) -> Iterator[tuple[Finding, DataClass]]:
        """Each place, also of values that lie over one another, with the value's class."""
        for word in _WORD.finditer(text) if self._by_word else ():
            for each in self._by_word.get(word.group(), ()):
                start = word.start() - each.before
                if start >= 0 and text.startswith(each.text, start) and _ends(text, start + len(each.text)):
                    end = start + len(each.text)
                    yield Finding(each.kind, start, end, each.norm, "", Certainty.LIKELY), each.data_class


def _ends(text: str, at: int) -> bool:
    """Whether no word goes on there."""
    is_word = _WORD.match
    return at >= len(text) or not (is_word(text, at) and is_word(text, at - 1))


def recurring_of(
    found: Iterable[tuple[str, Finding, DataClass]], kept: Mapping[str, Value], kinds: Collection[Kind]
) -> Recurring:
    """What was found, as (text, finding, class), and what the conversation keeps."""
    made = Recurring()
    made.add_kept(kept, kinds)
    for text, each, data_class in found:
        made.add(text[each.start : each.end], each.kind, each.value, data_class)
    return made
