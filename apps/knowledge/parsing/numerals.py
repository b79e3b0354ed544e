"""Numbers as lists count with them: figures, letters, Roman numerals."""

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_MOST_ROMAN = 3999
_LETTERS = 26
_MOST_LETTERS = 780


def numeral(number: int, kind: str) -> str:
    """The number in lowerLetter, upperLetter, lowerRoman or upperRoman; in figures for any other kind.

    After z comes aa, then bb, as word processors count (ECMA-376 part 1, 17.18.59).
    """
    if kind.endswith("Letter") and 0 < number <= _MOST_LETTERS:
        times, at = divmod(number - 1, _LETTERS)
        written = chr(ord("a") + at) * (times + 1)
    elif kind.endswith("Roman") and 0 < number <= _MOST_ROMAN:
        written = _roman(number)
    else:
        return f"{number:02}" if kind == "decimalZero" else str(number)
    return written.upper() if kind.startswith("upper") else written


def _roman(number: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        written += letters * (number // value)
        number %= value
    return written
