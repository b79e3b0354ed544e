"""What a cell of a workbook shows: numbers, dates, percentages (ECMA-376 part 1, 18.8)."""

import re
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_PERCENTS = {9: "0%", 10: "0.00%"}
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
_DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
_PERCENT = re.compile(r"0(?:\.(0+))?\s*%")
_LAST_DAY = 2_958_466
_MIDNIGHT = "T00:00:00"


class Styles:
    """Tells a date or a percentage from a plain number, by a cell's style index."""

    def __init__(self, root: Element | None, *, from_1904: bool) -> None:
        self._origin = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 (cells have no zone)
        self._codes: list[str] = []
        if root is None:
            return
        own = {node.get("numFmtId", ""): node.get("formatCode", "") for node in root.iter(f"{S}numFmt")}
        formats = root.find(f"{S}cellXfs")
        for node in () if formats is None else formats:
            self._codes.append(_code(node.get("numFmtId", "0"), own))

    def shown(self, value: str, style: str) -> str:
        """The number as a reader knows it; what is no number, as it stands."""
        code = self._codes[int(style)] if style.isdigit() and int(style) < len(self._codes) else ""
        try:
            number = float(value)
        except ValueError:
            return value
        percent = _PERCENT.search(code)
        if percent:
            return f"{number * 100:.{len(percent[1] or '')}f}%"
        if code and _DATE_LETTERS.search(code) and 0 <= number < _LAST_DAY:
            return self._moment(number)
        return format(number, ".15g")

    def _moment(self, number: float) -> str:
        moment = self._origin + timedelta(seconds=round(number * 86_400))
        if number < 1:
            return moment.strftime("%H:%M:%S")
        return moment.isoformat().removesuffix(_MIDNIGHT).replace("T", " ")


def _code(number: str, own: dict[str, str]) -> str:
    if number in own:
        first = _NOT_SHOWN.sub("", own[number].split(";")[0])
        return "" if first.lower().startswith("general") else first
    known = int(number) if number.isdigit() else 0
    return _PERCENTS.get(known, "y" if known in _DATES else "")
