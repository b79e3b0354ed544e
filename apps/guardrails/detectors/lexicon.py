"""Lists of words and the shape of a capitalised word, for names and addresses."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from apps.guardrails.detectors.cues import WORDS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_UPPER: Final = "A-ZÀ-ÖØ-ÞĀĂĄĆĈČĎĐĒĖĘĚĞĢĪİĶŁĹĽĻŃŅŇŐŒŔŘŚŞŠŤŢŪŮŰŲŹŻŽ"
CAPITALISED: Final = rf"[{_UPPER}](?:\w|'(?=\w)|-(?=\w))*"
"""A word in capitals or with one in front, with its hyphens and apostrophes."""
INITIAL: Final = rf"[{_UPPER}]\."
_SHORTEST_IN_CAPITALS: Final = 4


@cache
def word_list(name: str) -> AbstractSet[str]:
    """The words of a file; a line that begins with # is a remark."""
    lines = (WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@cache
def given_names() -> AbstractSet[str]:
    """Given names as written, and all in capitals."""
    names = word_list("given_names")
    return names | {name.upper() for name in names if len(name) >= _SHORTEST_IN_CAPITALS}
