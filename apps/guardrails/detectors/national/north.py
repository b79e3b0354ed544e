"""The Nordic and Baltic countries."""

from __future__ import annotations

from typing import Final

from apps.guardrails.detectors.checksums import dmy, is_date, luhn, weighted, ymd
from apps.guardrails.detectors.rules import Rule


def personnummer(digits: str) -> bool:
    """Sweden: YYMMDD (a coordination number adds 60 to the day), Luhn over the last ten."""
    ten = digits[-10:]
    day = int(ten[4:6])
    return luhn(ten) and is_date(int(ten[:2]), int(ten[2:4]), day - 60 if day > 60 else day)


def hetu(text: str) -> bool:
    """Finland: DDMMYY, a sign of the century, three digits, a letter: the number mod 31."""
    return dmy(text) and "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(text[:6] + text[-4:-1]) % 31] == text[-1]


def fodselsnummer(digits: str) -> bool:
    """Norway: a day of birth (D-numbers add 40 to the day), then two digits mod 11."""
    day = int(digits[:2])
    return (
        is_date(int(digits[4:6]), int(digits[2:4]) % 40, day - 40 if day > 40 else day)
        and weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0
        and weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    )


def kennitala(digits: str) -> bool:
    """Iceland: a day of birth (companies add 40), then mod 11."""
    day = int(digits[:2])
    return (
        is_date(int(digits[4:6]), int(digits[2:4]), day - 40 if day > 40 else day)
        and weighted(digits, (3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    )


def baltic(digits: str) -> bool:
    """Estonia and Lithuania: century and sex, a day of birth, then two rounds mod 11."""
    first = weighted(digits, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    second = weighted(digits, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11
    check = first if first < 10 else second % 10
    return digits[0] in "12345678" and ymd(digits[1:]) and check == int(digits[10])


def latvian(digits: str) -> bool:
    """Latvia: a day of birth and mod 11; numbers since 2017 begin with 32 and carry neither."""
    check = (1101 - weighted(digits, (1, 6, 3, 7, 9, 10, 5, 8, 4, 2))) % 11 % 10
    return digits.startswith("32") or (dmy(digits) and check == int(digits[10]))


NORTH: Final = (
    Rule(
        "se_personal",
        personnummer,
        sure=("999999-9999", "99999999-9999", "999999+9999"),
        told=("9999999999", "999999999999", "99999999 9999", "999999 9999"),
    ),
    Rule("fi_hetu", hetu, sure=("999999-999*", "999999+999*", "999999A999*")),
    Rule("dk_cpr", dmy, sure=("999999-9999",), told=("9999999999", "999999 9999"), weak=True),
    Rule("no_birth", fodselsnummer, sure=("99999999999", "999999 99999")),
    Rule("is_kennitala", kennitala, sure=("999999-9999",), told=("9999999999",)),
    Rule("ee_lt_code", baltic, told=("99999999999",)),
    Rule("lv_code", latvian, told=("99999999999", "999999-99999")),
)
