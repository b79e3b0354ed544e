"""What a cell of a workbook shows: numbers with their unit, dates, durations (ECMA-376 part 1, 18.8)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import category
from xml.etree.ElementTree import Element

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_ELAPSED_CODE = 46
_PERCENTS = {9: "0%", 10: "0.00%"}
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[(?P<bracket>[^\]]*)\]|[_*].|'
    r"(?P<digits>[0#?][0#?.,]*(?:E[+-]0+|\s?%|\s?[?#0]*/[?#0\d]+)?)|(?P<other>.)",
    re.DOTALL,
)
_DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
_ELAPSED = re.compile(r"[hms]+", re.IGNORECASE)
_PERCENT = re.compile(r"0(?:\.(0+))?\s*%")
_PLACES = re.compile(r"[#0?,]+(?:\.(0*)[#?]*)?")
_MOST_OF_UNIT = 12
_LAST_DAY = 2_958_466
_MIDNIGHT = "T00:00:00"


@dataclass(frozen=True, slots=True)
class _Format:
    """A format code's first section: what is written around a number, and what the number is."""

    before: str = ""
    after: str = ""
    places: int = 0
    is_date: bool = False
    is_elapsed: bool = False
    is_percent: bool = False


_PLAIN = _Format()


class Styles:
    """Shows a cell's number as its style says, but never rounded."""

    def __init__(self, root: Element | None, *, from_1904: bool) -> None:
        self._origin = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 (cells have no zone)
        self._formats: list[_Format] = []
        if root is None:
            return
        own = {node.get("numFmtId", ""): node.get("formatCode", "") for node in root.iter(f"{S}numFmt")}
        formats = root.find(f"{S}cellXfs")
        for node in () if formats is None else formats:
            number = node.get("numFmtId", "0")
            self._formats.append(_format(own[number]) if number in own else _known(number))

    def shown(self, value: str, style: str) -> str:
        """The number as a reader knows it; what is no number, as it stands."""
        known = style.isdigit() and int(style) < len(self._formats)
        format_ = self._formats[int(style)] if known else _PLAIN
        try:
            number = float(value)
        except ValueError:
            return value
        if format_.is_percent:
            return f"{number * 100:.{format_.places}f}%"
        if format_.is_elapsed and abs(number) < _LAST_DAY:
            return _duration(number)
        if format_.is_date and 0 <= number < _LAST_DAY:
            return self._moment(number)
        return f"{format_.before}{_exact(number, format_.places)}{format_.after}"

    def _moment(self, number: float) -> str:
        moment = self._origin + timedelta(seconds=round(number * 86_400))
        if number < 1:
            return moment.strftime("%H:%M:%S")
        return moment.isoformat().removesuffix(_MIDNIGHT).replace("T", " ")


def _duration(days: float) -> str:
    minutes, seconds = divmod(round(abs(days) * 86_400), 60)
    sign, rest = "-" if days < 0 else "", f":{seconds:02}" if seconds else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}{rest}"


def _exact(number: float, places: int) -> str:
    """The number with at least so many decimals, and with all that it has."""
    return f"{number:.{places}f}" if places and round(number, places) == number else format(number, ".15g")


def _known(number: str) -> _Format:
    """The format of a number that needs no code of its own."""
    known = int(number) if number.isdigit() else 0
    if known == _ELAPSED_CODE:
        return _Format(is_elapsed=True)
    return _format(_PERCENTS[known]) if known in _PERCENTS else _Format(is_date=known in _DATES)


def _format(code: str) -> _Format:
    written, before, after, rest = "", "", "", ""
    for token in _TOKEN.finditer(code.split(";", maxsplit=1)[0]):
        literal = next((token[name] for name in ("quoted", "escaped", "currency") if token[name]), "")
        if _ELAPSED.fullmatch(token["bracket"] or ""):
            return _Format(is_elapsed=True)
        if token["digits"]:
            written += token["digits"]
        elif token["other"]:
            rest += token["other"]
            literal = token["other"] if category(token["other"]) in {"Sc", "Zs"} else ""
        before, after = (before, after + literal) if written else (before + literal, after)
    return _read(written, rest, (before, after))


def _read(written: str, rest: str, around: tuple[str, str]) -> _Format:
    """`written` are the places for digits, `rest` what else stands outside quotes, `around` the unit."""
    percent = _PERCENT.search(written)
    if percent:
        return _Format(places=len(percent[1] or ""), is_percent=True)
    if rest.lower().startswith("general"):
        return _PLAIN
    if _DATE_LETTERS.search(rest):
        return _Format(is_date=True)
    places = _PLACES.fullmatch(written)
    if not places or written.endswith(",") or sum(map(len, around)) > _MOST_OF_UNIT:
        return _PLAIN
    before, after = around
    return _Format(before.lstrip(), after.rstrip(), len(places[1] or ""))
