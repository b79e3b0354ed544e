"""Paragraphs from the wrapped lines of a printed page."""

import re
from collections.abc import Sequence
from itertools import pairwise
from math import inf
from statistics import quantiles

_MIN_LINES = 4
_FULL = 0.75
_ENDS = tuple(".:;!?…。！？؟|")  # noqa: RUF001 (full-width marks end Chinese sentences)
_BEGINS_BLOCK = re.compile(
    r"[ \t]*(?:[-*•·▪◦\u2013\u2014‣○●■□➢✓]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])[ \t\u00a0]"
)
_LEADS = re.compile(r"(?:\. ?){4}\W*[\divxlc]{1,6}$")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]")


def full_length(lines: Sequence[str]) -> float:
    """From how many characters on a line counts as full; infinity for lines too few to tell."""
    lengths = [len(line) for line in lines if line]
    return quantiles(lengths, n=10)[8] * _FULL if len(lengths) >= _MIN_LINES else inf


def unwrap(text: str, full: float) -> str:
    """Join a line with the next where it is full, does not end a sentence, and no list item begins.

    Whitespace aside, no character changes.
    """
    lines = [line.strip() for line in text.split("\n")]
    joined = [lines[0]]
    for before, line in pairwise(lines):
        if _continues(before, line, full):
            glue = "" if _WIDE.match(line) and _WIDE.match(joined[-1][-1]) else " "
            joined[-1] += glue + line
        else:
            joined.append(line)
    return "\n".join(joined)


def _continues(before: str, line: str, full: float) -> bool:
    if not before or not line or len(before) < full or before.endswith(_ENDS) or _LEADS.search(before):
        return False
    return not _BEGINS_BLOCK.match(line)
