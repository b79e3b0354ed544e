"""The claims of an answer, and the source numbers that the model wrote behind them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apps.knowledge.sentences import CODE, MARKER, Span, has_words, sentence_spans, trimmed

_LIST = r"\d{1,3}(?:\s*(?:[,;&\u2013-]|and|und)\s*\d{1,3})*"
_WORD = r"(?:sources?|quellen?|passages?|documents?|dokumente?|docs?|refs?)"
_MARKER = re.compile(
    rf"\[\^?(?:{_WORD}\s*:?\s*)?({_LIST})\](?!\()"
    r"|\u3010(\d{1,3})(?:[\u2020:][^\u3011\n]{0,200})?\u3011"
    rf"|\((?:see\s+|siehe\s+)?{_WORD}\s*:?\s*\[?({_LIST})\]?\)",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d{1,3})\s*[\u2013-]\s*(\d{1,3})")
_NUMBER = re.compile(r"\d{1,3}")
_MAX_RANGE = 10
_FENCE = re.compile(
    r"^ {0,3}(`{3,10}|~{3,10})[^\n]*\n.*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_INLINE_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)[^\n]{1,500}?(?<!`)\1(?!`)")
_DEFINITION = re.compile(r"^ {0,3}\[\^?\d{1,3}\]:[^\n]*$", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t][^\n]*$", re.MULTILINE)
_DELIMITER = re.compile(r"[ \t]*\|?[ \t]*:?-{2,}[ \t|:-]*$")
_PREFIX = re.compile(r"[ \t]*(?:>[ \t]*)*(?:(?:[-*+\u2022]|\d{1,3}[.)])[ \t]+)?(?:\[[ xX]\][ \t]+)?")
_EDGE = " \t|*_,;:"
_MIN_WORDS = 2


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of the answer: its range in code points, its words, and the numbers written behind it."""

    start: int
    end: int
    text: str
    numbers: tuple[int, ...]


def claims_of(answer: str) -> list[Claim]:
    """The answer's statements in order. Code, headings, a table's head and link definitions are none.

    A sentence is a claim; where markers stand inside it, each stretch up to a marker is one of its own. A row
    of a table and an item of a list are claims too.
    """
    markers = dict(_markers(_without_code(answer)))
    masked = _filled(_without_code(answer), markers, MARKER)
    claims: list[Claim] = []
    for start, end in _statements(masked):
        claims += _clauses(answer, masked, (start, end), markers)
    return [claim for claim in claims if has_words(claim.text)]


def _without_code(answer: str) -> str:
    """The answer with everything that is no statement replaced, character by character."""
    text = answer
    for pattern in (_FENCE, _INLINE_CODE):
        text = pattern.sub(lambda found: re.sub(r"[^\n]", CODE, found[0]), text)
    for pattern in (_DEFINITION, _HEADING):
        text = pattern.sub(lambda found: " " * len(found[0]), text)
    return _without_table_heads(text)


def _without_table_heads(text: str) -> str:
    lines = text.split("\n")
    for at in range(1, len(lines)):
        if "|" in lines[at - 1] and "|" in lines[at] and _DELIMITER.match(lines[at]):
            lines[at - 1], lines[at] = " " * len(lines[at - 1]), " " * len(lines[at])
    return "\n".join(lines)


def _markers(text: str) -> Iterator[tuple[Span, tuple[int, ...]]]:
    for found in _MARKER.finditer(text):
        numbers = _numbers(next(group for group in found.groups() if group))
        if numbers:
            yield found.span(), numbers


def _numbers(listed: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for found in _RANGE.finditer(listed):
        first, last = int(found[1]), int(found[2])
        numbers += range(first, min(last, first + _MAX_RANGE) + 1)
    numbers += [int(number) for number in _NUMBER.findall(_RANGE.sub("", listed))]
    return tuple(dict.fromkeys(numbers))


def _filled(text: str, spans: dict[Span, tuple[int, ...]], filler: str) -> str:
    characters = list(text)
    for start, end in spans:
        characters[start:end] = filler * (end - start)
    return "".join(characters)


def _statements(masked: str) -> Iterator[Span]:
    """Sentences by line, list prefixes cut off, a row of a table whole.

    Lone markers go with what stands before.
    """
    at = 0
    for line in masked.split("\n"):
        begin = at + len(_PREFIX.match(line)[0]) if _PREFIX.match(line) else at  # type: ignore[index]
        end = at + len(line)
        at = end + 1
        if line.lstrip().startswith("|"):
            yield trimmed(masked, begin, end)
            continue
        yield from _joined(
            masked, [(begin + start, begin + stop) for start, stop in sentence_spans(masked[begin:end])]
        )


def _joined(masked: str, spans: list[Span]) -> Iterator[Span]:
    """A sentence that begins with markers gives them to the one before."""
    open_: Span | None = None
    for start, end in spans:
        if open_ is not None and masked[start] == MARKER:
            rest = start
            while rest < end and (masked[rest] == MARKER or masked[rest] in _EDGE + ".,"):
                rest += 1
            yield open_[0], rest
            open_ = (rest, end) if rest < end else None
            continue
        if open_ is not None:
            yield open_
        open_ = (start, end)
    if open_ is not None:
        yield open_


def _clauses(answer: str, masked: str, span: Span, markers: dict[Span, tuple[int, ...]]) -> Iterator[Claim]:
    """One claim for each group of markers in a statement, one for a statement without."""
    groups = list(_groups(masked, span, markers))
    if not groups:
        yield _claim(answer, masked, span, ())
        return
    begin = span[0]
    if not has_words(masked[begin : groups[0][0][0]]):
        numbers = groups[0][1]
        yield _claim(answer, masked, (groups[0][0][1], span[1]), numbers)
        return
    for index, (place, numbers) in enumerate(groups):
        last = index == len(groups) - 1
        end = span[1] if last and _words(masked[place[1] : span[1]]) else place[0]
        enough = _words(masked[begin : place[0]]) >= _MIN_WORDS
        yield _claim(answer, masked, (begin if enough else span[0], end), numbers)
        begin = place[1]


def _groups(
    masked: str, span: Span, markers: dict[Span, tuple[int, ...]]
) -> Iterator[tuple[Span, tuple[int, ...]]]:
    """Markers that follow each other with nothing but punctuation between, as one."""
    open_: tuple[Span, tuple[int, ...]] | None = None
    for place in sorted(place for place in markers if span[0] <= place[0] < span[1]):
        if open_ and not has_words(masked[open_[0][1] : place[0]].replace(MARKER, "")):
            open_ = ((open_[0][0], place[1]), (*open_[1], *markers[place]))
            continue
        if open_:
            yield open_
        open_ = place, markers[place]
    if open_:
        yield open_


def _claim(answer: str, masked: str, span: Span, numbers: tuple[int, ...]) -> Claim:
    start, end = span
    while start < end and (masked[start] in _EDGE or masked[start] == MARKER):
        start += 1
    while end > start and (masked[end - 1] in _EDGE or masked[end - 1] == MARKER):
        end -= 1
    text = "".join(
        " " if mask in {MARKER, CODE} else letter
        for letter, mask in zip(answer[start:end], masked[start:end], strict=True)
    )
    return Claim(start, end, text, tuple(dict.fromkeys(numbers)))


def _words(text: str) -> int:
    return len(re.findall(r"[^\W_\ue000\ue001]+", text))
