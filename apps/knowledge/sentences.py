"""Where the sentences, rows and items of a text stand."""

import re
from itertools import pairwise

# Stand-ins of the same length: a marker may follow a sentence's full stop, code never ends a sentence.
MARKER = "\ue000"
CODE = "\ue001"

_END = re.compile(
    rf"[.!?\u2026\u061f]+[\"'\u201d\u2019\u00bb)*_]*(?:[ \t]*{MARKER}+)*(?=[ \t]|$)"
    rf"|[\u3002\uff01\uff1f]+[\u300d\u300f\uff09]*(?:[ \t]*{MARKER}+)*",
)
_NO_END = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|\d{1,2}|[A-Za-z]\.[A-Za-z]|Dr|Mr|Mrs|Ms|Prof|St|No|Nr|Art|Abs|Abb|Fig|Tab|Sec|Ch|Vol|"
    r"vs|etc|e\.g|i\.e|cf|approx|bzw|ca|ggf|usw|inkl|zzgl|vgl|evtl|max|min|Tel|Inc|Ltd|Co|Corp|Std|Mio|Mrd)\.$"
)
_LETTER = re.compile(r"[^\W_]")
Span = tuple[int, int]


def sentence_spans(text: str) -> list[Span]:
    """Start and end of each sentence in code points, whitespace trimmed.

    A line's end always ends a sentence.
    """
    spans: list[Span] = []
    at = 0
    for line in text.split("\n"):
        spans += _in_line(text, at, at + len(line))
        at += len(line) + 1
    return spans


def _in_line(text: str, start: int, end: int) -> list[Span]:
    cuts = [
        found.end() for found in _END.finditer(text, start, end) if not _is_abbreviation(text, start, found)
    ]
    edges = [start, *(cut for cut in cuts if cut < end), end]
    spans = [trimmed(text, begin, stop) for begin, stop in pairwise(edges)]
    return [span for span in spans if span[0] < span[1]]


def _is_abbreviation(text: str, start: int, found: re.Match[str]) -> bool:
    return found[0] == "." and _NO_END.search(text[max(start, found.start() - 12) : found.end()]) is not None


def trimmed(text: str, start: int, end: int) -> Span:
    """The span without whitespace at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def has_words(text: str) -> bool:
    """Whether anything but punctuation is in the text."""
    return _LETTER.search(text) is not None
