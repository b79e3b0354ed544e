"""What only a telling word makes personal: dates of birth, numbers of passports and licences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from apps.guardrails.detectors.checksums import is_date
from apps.guardrails.detectors.columns import columns
from apps.guardrails.detectors.kinds import Certainty, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.guardrails.detectors.numbers import Hit
    from apps.guardrails.detectors.reading import Reading

MONTHS: Final = {
    name: at
    for at, names in enumerate(
        (
            "january jan januar jänner janvier janv enero ene gennaio gen janeiro januari stycznia",
            "february feb februar feber février févr fév febrero febbraio fevereiro fev februari lutego",
            "march mar märz mär mrz mars marzo março maart marca",
            "april apr avril avr abril abr aprile kwietnia",
            "may mai mayo maggio mag maio mei maja",
            "june jun juni juin junio giugno giu junho czerwca",
            "july jul juli juillet juil julio luglio lug julho lipca",
            "august aug août agosto ago augustus sierpnia",
            "september sep sept septembre septiembre settembre set setembro września",
            "october oct oktober okt octobre octubre ottobre ott outubro out października",
            "november nov novembre noviembre novembro listopada",
            "december dec dezember dez décembre déc diciembre dic dicembre dezembro grudnia",
        ),
        start=1,
    )
    for name in names.split()
}
_YEAR: Final = r"(?P<year>(?:18|19|20)[0-9]{2}|[0-9]{2})(?![0-9])"
_NAME: Final = "(?P<name>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_DATE: Final = re.compile(
    r"(?<![\w./-])(?:(?P<iso>(?:18|19"
    rf"|20)[0-9]{{2}})[-/.](?P<iso_month>[0-9]{{1,2}})[-/.](?P<iso_day>[0-9]{{1,2}})(?![0-9])"
    rf"|(?P<first>[0-9]{{1,2}}) ?[./ -] ?(?P<second>[0-9]{{1,2}}) ?[./ -] ?{_YEAR}"
    rf"|(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th|er|º|°|\.)?,?(?: of| de| d'|-| )? ?{_NAME}(?: |,|-| de "
    rf"| del | of )+{_YEAR.replace('year', 'year_behind')}"
    rf"|{_NAME.replace('name', 'name_first')} (?P<day_second>[0-9]{{1,2}})(?:st|nd|rd"
    rf"|th)?,? {_YEAR.replace('year', 'year_last')})",
    re.IGNORECASE,
)
_LONGEST: Final = 36
"""Code points of a date in words."""
_CROWDED, _AHEAD, _SHORT = 200, 2048, 14
"""Where words of birth stand as close, a date is looked for as far ahead, so that no place is read twice."""
_UP_TO_WORD: Final = re.compile(r"[0-9][ ,(]{0,3}(?:wurde |er |sie |is |was )?\Z")
_STAR: Final = re.compile(r"\*(?<=[,(] \*|.[,(]\*) ?(?=[0-9])")
"""How German registers write "born"."""
_REACH: Final = 32
_NUMBER: Final = re.compile(
    r"(?<![\w@.])(?=[A-Z0-9 -]{0,12}[0-9]{2}|[A-Z0-9]{1,6}[0-9][A-Z0-9]*[0-9])"
    r"(?:[A-Z]{1,3}[ -]?[0-9]{5,9}[A-Z]{0,2}|[A-Z0-9]{6,18}(?:-[A-Z0-9]{1,3})?|[0-9]{2,3}"
    r"(?: [0-9]{2,4}){2,4}|[0-9]{2}[A-Z]{2}[0-9]{5})(?![\w@])"
)
_DIGITS: Final = 3
_BETWEEN: Final = re.compile(r"(?:[^\n0-9]{0,36}?[\s:#°º.(\"'=]|[\s:#(\"'=]*)\Z")


def birth_dates(reading: Reading) -> Iterator[Hit]:
    """The first date behind each word of birth, and all dates in a column below one."""
    yield from _below(reading)
    text = reading.text
    for star in _STAR.finditer(text):
        dated = _DATE.match(text, star.end())
        if dated and (value := _iso(dated)):
            yield Kind.BIRTH_DATE, dated.start(), dated.end(), value, "", Certainty.TOLD
    match: re.Match[str] | None = None
    last = barren = 0
    for start, end in reading.cues.spans("birth"):
        yield from _before(text, start)
        if match is None or match.start() < end:
            match = None
            if end + _REACH > barren:
                ahead = _REACH + _LONGEST if end - last > _CROWDED else _AHEAD
                match = _DATE.search(text, max(end, barren), end + ahead)
                barren = barren if match else end + ahead - _LONGEST
        last = end
        if match and match.start() <= end + _REACH and "." not in text[end + 5 : match.start()]:
            value = _iso(match)
            if value:
                yield Kind.BIRTH_DATE, match.start(), match.end(), value, "", Certainty.TOLD


def _below(reading: Reading) -> Iterator[Hit]:
    """Dates in a column whose head is a word of birth."""
    for _, start, end, *_ in columns(reading, Kind.BIRTH_DATE):
        match = _DATE.match(reading.text, start)
        if match and match.end() == end and (value := _iso(match)):
            yield Kind.BIRTH_DATE, start, end, value, "", Certainty.TOLD


def _before(text: str, cue: int) -> Iterator[Hit]:
    """A date that ends just before the word: wurde am 3.5.1980 geboren."""
    if not _UP_TO_WORD.search(text, max(0, cue - _SHORT), cue):
        return
    for match in _DATE.finditer(text, max(0, cue - _REACH), cue):
        value = _iso(match) if _UP_TO_WORD.match(text, match.end() - 1, cue) else None
        if value:
            yield Kind.BIRTH_DATE, match.start(), match.end(), value, "", Certainty.TOLD


def _iso(match: re.Match[str]) -> str | None:
    """YYYY-MM-DD; of two numbers that may both be the month the first is the day. None of no date."""
    part = match.groupdict()
    if part["iso"]:
        year, month, day = (int(part[each]) for each in ("iso", "iso_month", "iso_day"))
    elif part["first"]:
        day, month, year = (int(part[each]) for each in ("first", "second", "year"))
        if not is_date(year, month, day):
            day, month = month, day
    elif part["name"]:
        day, year, month = int(part["day"]), int(part["year_behind"]), MONTHS[part["name"].casefold()]
    else:
        day, year, month = (
            int(part["day_second"]),
            int(part["year_last"]),
            MONTHS[part["name_first"].casefold()],
        )
    return f"{year:04d}-{month:02d}-{day:02d}" if is_date(year, month, day) else None


def passports(reading: Reading) -> Iterator[Hit]:
    """The first number behind each word of a passport, an identity card or a licence."""
    text = reading.text
    for _, end in reading.cues.spans("passport"):
        match = _NUMBER.search(text, end, end + _REACH + 24)
        if match is None or match.start() > end + _REACH or not _BETWEEN.match(text, end, match.start()):
            continue
        number = match.group()
        if sum(map(str.isdigit, number)) >= _DIGITS and not _DATE.match(text, match.start()):
            value = "".join(filter(str.isalnum, number))
            yield Kind.PASSPORT, match.start(), match.end(), value, "", Certainty.TOLD
