"""Phone numbers: by country code, by the forms in use, near a telling word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from apps.guardrails.detectors.columns import columns
from apps.guardrails.detectors.kinds import Certainty, Kind
from apps.guardrails.detectors.reading import in_word
from apps.guardrails.detectors.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from apps.guardrails.detectors.reading import Reading

_START: Final = re.compile(r"[+(0](?=[ (+]?[0-9])(?:(?<=[+(])|(?<![\w.,/:+-]0))", re.ASCII)
_EXTENSION: Final = r"(?: ?(?:x|ext\.?|extension|durchwahl|app\.|poste|ramal|int\.?) ?[0-9]{1,6})"
EXTENSION: Final = re.compile(_EXTENSION, re.IGNORECASE)
_NUMBER: Final = re.compile(
    r"(?:\(?\+ ?|00 ?|\()?[0-9](?:(?: / (?!0)|/|[ ().\-]{0,3})[0-9]){5,15}(?:-[0-9]{1,5})?"
    rf"{_EXTENSION}?",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    r"(?:[0-3]?[0-9][./-][01]?[0-9][./-](?:19|20)?[0-9]{2}|(?:19|20)[0-9]{2}[./-][01]?[0-9][./-][0-3]?[0-9])(?![0-9])"
)
_GROUPS: Final = re.compile(r"[0-9]+")
_MOBILE: Final = re.compile(r"0[67][0-9]{8}|01[567][0-9]{8,9}|07[0-9]{9}|00[1-9][0-9]{9,12}")
_OTHER: Final = re.compile(
    r"0[0-9]{0,2}(?:\.[0-9]{3})+|[0-9]{5}-[0-9]{4}|00(?: [0-9]{2})+|[0-9]{2}(?: [0-9]{2}){5,}"
)
_SHORTEST, _LONGEST, _WHOLE = 7, 15, 9
"""Digits: of any number near a telling word, of E.164's longest, of a national one with its area."""


def _begins(pattern: str) -> Callable[[str], bool]:
    begin = re.compile(pattern)
    return lambda digits: begin.match(digits) is not None


_NORTH_AMERICA: Final = _begins(r"[1-9]")
PHONES: Final = (
    Rule(
        "us",
        _NORTH_AMERICA,
        sure=("999-999-9999", "999.999.9999", "(999) 999-9999", "(999)999-9999"),
        told=("999 999 9999",),
        weak=True,
        kind=Kind.PHONE,
    ),
    Rule("us", _begins(r"1[2-9]"), sure=("9-999-999-9999", "9 (999) 999-9999"), weak=True, kind=Kind.PHONE),
    Rule(
        "es_pt",
        _begins("[679]"),
        sure=("999 999 999", "999 99 99 99", "99 999 99 99"),
        weak=True,
        kind=Kind.PHONE,
    ),
    Rule("es", _begins("[6-9]"), told=("999999999", "99 999 9999"), weak=True, kind=Kind.PHONE),
    Rule(
        "it",
        _begins("3[1-9]"),
        sure=("999 9999999", "999 999 9999", "999-9999999", "999/9999999"),
        weak=True,
        kind=Kind.PHONE,
    ),
    Rule(
        "br",
        _begins("[1-9][1-9]9?"),
        sure=("99 99999-9999", "(99) 99999-9999", "(99) 9999-9999"),
        weak=True,
        kind=Kind.PHONE,
    ),
)


def phones(reading: Reading) -> Iterator[tuple[Kind, int, int, str, str, Certainty]]:
    """Numbers with a country code, in brackets or with a leading 0, and whatever follows a telling word."""
    text = reading.text
    done = 0
    for match in _START.finditer(text):
        if match.start() < done:
            continue
        found = _number(reading, match.start())
        if found:
            done = found[2]
            yield found
        elif match.group() != "+":
            done = _past(text, match.start())
    for _, end in reading.cues.spans("phone"):
        first = _GROUPS.search(text, end, end + 40)
        if first and "\n\n" not in text[end : first.start()]:
            start = first.start()
            start -= text[start - 1] in "+("
            start -= text[start - 1] == "("
            found = _number(reading, start, told=True)
            if found:
                yield found
    yield from columns(reading, Kind.PHONE)


def _past(text: str, start: int) -> int:
    """Where to go on behind what is no number: at the next +, or behind as many digits as a number has."""
    match = _NUMBER.match(text, start)
    if not match:
        return start + 1
    plus = text.find("+", start + 1, match.end())
    return plus if plus > 0 else match.end()


def _number(
    reading: Reading, start: int, *, told: bool = False
) -> tuple[Kind, int, int, str, str, Certainty] | None:
    text = reading.text
    match = _NUMBER.match(text, start)
    if match is None or _DATE.match(text, start):
        return None
    end = match.end()
    behind = text[end : end + 2]
    if in_word(behind[:1]) or (behind[:1] in "-./," and behind[1:].isdigit()):
        return None
    before = text[start - 1 : start] if start else ""
    if before and (in_word(before) or before in "_=&"):
        return None
    number = re.split(r"[a-z]", match.group(), maxsplit=1, flags=re.IGNORECASE)[0]
    certainty = _certainty(reading, number, start, end, told=told)
    if certainty is None:
        return None
    return Kind.PHONE, start, end, _value(number), "", certainty


def _value(number: str) -> str:
    """Digits alone, with + for a country code, without the (0) that is dialled only at home."""
    international = number.lstrip("(").startswith(("+", "00"))
    digits = "".join(_GROUPS.findall(number.replace("(0)", "") if international else number))
    return "+" + digits.removeprefix("00") if international else digits


def _certainty(reading: Reading, number: str, start: int, end: int, *, told: bool) -> Certainty | None:
    groups = _GROUPS.findall(number)
    digits = sum(map(len, groups))
    if "+" in number[:2]:
        return Certainty.CHECKED if _SHORTEST < digits <= _LONGEST and groups[0][0] != "0" else None
    if told or reading.told("phone", start, end, before=30):
        near = digits > _SHORTEST or len(groups) > 1 or reading.told("phone", start, end, before=10)
        return Certainty.TOLD if _SHORTEST <= digits <= _LONGEST and near else None
    if reading.told("counter", start, start, before=16, after=-1) or _in_row(reading.text, start):
        return None
    usual = _MOBILE.fullmatch(number) or (number[0] == "(" and ")" in number) or _grouped(number, groups)
    return Certainty.LIKELY if usual and _WHOLE <= digits <= _LONGEST else None


def _in_row(text: str, start: int) -> bool:
    """Whether a number and a space stand just before: one of a table's columns."""
    return start > 1 and text[start - 1] == " " and text[start - 2].isdigit()


def _grouped(number: str, groups: list[str]) -> bool:
    """Begins with 0 and is written in groups, but as no amount and no postal code."""
    return groups[0][0] == "0" and len(groups) > 1 and not _OTHER.fullmatch(number)
