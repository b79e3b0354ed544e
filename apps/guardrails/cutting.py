"""Where a text may be ended so that no value that a rule masks is cut in two. Pure.

Half of an account number is found by nobody. Who shortens a text before the gateway has read it does so here.
"""

from __future__ import annotations

import re
from typing import Final

from apps.guardrails.detectors.finding import candidates
from apps.guardrails.detectors.kinds import BUILT_IN

REACH: Final = 400
"""Code points on each side of the end that are read: more than any value but a key."""
LONGEST_WORD: Final = 8_192
"""Code points of the longest word that a detector reads as one."""
_SPARED: Final = 4
"""At most so small a part of what is allowed is given up for a better place."""
_ENDED: Final = re.compile(r"[.!?\u3002\uff01\uff1f](?=\s)|\n")
_SPACE: Final = re.compile(r"\s")
_KEY_BEGINS: Final = "-----BEGIN"
_KEY_ENDS: Final = "-----END"


def beginning(text: str, most: int) -> str:
    """At most the first `most` code points: up to the end of a sentence, else of a word, where one is near.

    What any detector finds stays whole or goes. An organisation's own terms stay whole where sentences end;
    what only its own expressions find may be cut where it has blanks.
    """
    return text if len(text) <= most else text[: _end(text, most)].rstrip()


def line(text: str, most: int) -> str:
    """The text on one line, its `beginning` where it is long."""
    whole = " ".join(text.split())
    return whole if len(whole) <= most else f"{beginning(whole, most)}…"


def _end(text: str, most: int) -> int:
    end = _good_end(text, most)
    key = text.rfind(_KEY_BEGINS, 0, end)
    if key > text.rfind(_KEY_ENDS, 0, end):
        end = key
    start = max(_word_start(text, end) - REACH, 0)
    until = _word_end(text, end) + REACH
    found = candidates(text[start:until], BUILT_IN)
    for each in sorted(found, key=lambda one: one.end, reverse=True):
        if each.start < end - start < each.end:
            end = start + each.start
    return end


def _good_end(text: str, most: int) -> int:
    """Behind the last sentence, else before the last blank, of the last quarter; else where it must be."""
    least = most - most // _SPARED
    ends = [match.end() for match in _ENDED.finditer(text, least, most + 1) if match.end() <= most]
    blanks = [match.start() for match in _SPACE.finditer(text, least, most + 1)]
    return (ends or blanks or [most])[-1]


def _word_start(text: str, at: int) -> int:
    blanks = [match.end() for match in _SPACE.finditer(text, max(at - LONGEST_WORD, 0), at)]
    return blanks[-1] if blanks else max(at - LONGEST_WORD, 0)


def _word_end(text: str, at: int) -> int:
    blank = _SPACE.search(text, at, at + LONGEST_WORD)
    return blank.start() if blank else min(at + LONGEST_WORD, len(text))
