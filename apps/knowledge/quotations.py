"""Words in quotation marks, as questions point at them and as claims say that a text has them. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

QUOTATION: Final = re.compile(
    r"\"([^\"\n]{2,200})\"|\u201c([^\u201c\u201d\n]{2,200})\u201d|\u201e([^\u201c\u201d\u201e\n]{2,200})[\u201c\u201d]"
    r"|\u00ab([^\u00bb\n]{2,200})\u00bb|\u00bb([^\u00ab\n]{2,200})\u00ab|\u2039([^\u203a\n]{2,200})\u203a"
    r"|\u300c([^\u300d\n]{1,200})\u300d|\u300e([^\u300f\n]{1,200})\u300f"
)
_LEFT_OUT: Final = re.compile(r"\[[^\]]{0,80}\]|\u2026|\.{3}")
_WORD: Final = re.compile(r"\w+")
_FEWEST_WORDS: Final = 3
_FEWEST_LETTERS: Final = 6


def quoted(text: str) -> list[str]:
    """What stands in quotation marks, in the order of the text."""
    return [next(filter(None, found.groups())).strip() for found in QUOTATION.finditer(text)]


def quotations_of(claim: str) -> tuple[str, ...]:
    """What a claim says that a text has word for word, as `bare`; a name or a single word in quotes is none.

    What stands on both sides of a gap, as in "for […] parents", is two.
    """
    parts = [part for words in quoted(claim) for part in _LEFT_OUT.split(words)]
    return tuple(bare(part) for part in parts if _is_long(part))


def bare(text: str) -> str:
    """Letters and digits alone, small: what is left of a text whose spaces, dashes and quotes may differ."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _is_long(words: str) -> bool:
    unspaced = sum(ord(letter) >= 0x2E80 for letter in words)  # noqa: PLR2004 - where East Asian scripts begin
    return len(_WORD.findall(words)) >= _FEWEST_WORDS or unspaced >= _FEWEST_LETTERS
