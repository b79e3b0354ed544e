"""Check digits. Every function takes digits (or digits and capitals) without separators."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: payment cards and many national numbers."""
    numbers = [*map(int, digits)]
    return (sum(numbers[-1::-2]) + sum(_DOUBLED[each] for each in numbers[-2::-2])) % 10 == 0


def weighted(digits: str, weights: Sequence[int]) -> int:
    """The sum of each digit times its weight; digits beyond the weights do not count."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def mod_97(text: str) -> bool:
    """ISO 13616 and ISO 7064 mod 97-10: an IBAN with its first four characters moved behind."""
    return int("".join(str(int(each, 36)) for each in text[4:] + text[:4])) % 97 == 1


def mod_11_10(digits: str) -> bool:
    """ISO 7064 mod 11,10: German tax ids, Croatian OIB."""
    rest = 10
    for each in digits[:-1]:
        rest = (((rest + int(each)) % 10 or 10) * 2) % 11
    return (rest + int(digits[-1])) % 10 == 1


def mod_11_2(text: str) -> bool:
    """ISO 7064 mod 11-2: Chinese resident ids; the last may be X."""
    total = sum(int(each) * pow(2, len(text) - 1 - at, 11) for at, each in enumerate(text[:-1]))
    return (total + (10 if text[-1] == "X" else int(text[-1]))) % 11 == 1


_TIMES: Final = tuple(
    tuple(
        (first + second) % 5
        if first < 5 and second < 5
        else (first + second) % 5 + 5
        if first < 5
        else (first - second) % 5 + 5
        if second < 5
        else (first - second) % 5
        for second in range(10)
    )
    for first in range(10)
)
"""The dihedral group of order ten."""
_TURN: Final = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _turned(times: int) -> tuple[int, ...]:
    row = tuple(range(10))
    for _ in range(times):
        row = tuple(_TURN[each] for each in row)
    return row


_TURNS: Final = tuple(_turned(times) for times in range(8))


def verhoeff(digits: str) -> bool:
    """Verhoeff's check over the dihedral group: Aadhaar."""
    check = 0
    for at, each in enumerate(reversed(digits)):
        check = _TIMES[check][_TURNS[at % 8][int(each)]]
    return check == 0


def is_date(year: int, month: int, day: int) -> bool:
    """Whether there is such a day; a year of two digits is taken as 20yy."""
    try:
        date(year if year > 99 else 2000 + year, month, day)
    except ValueError:
        return False
    return True


def ymd(digits: str) -> bool:
    """YYMMDD is a day."""
    return is_date(int(digits[:2]), int(digits[2:4]), int(digits[4:6]))


def dmy(digits: str) -> bool:
    """DDMMYY is a day."""
    return is_date(int(digits[4:6]), int(digits[2:4]), int(digits[:2]))
