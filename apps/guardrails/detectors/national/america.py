"""North, Central and South America."""

from __future__ import annotations

import re
from typing import Final

from apps.guardrails.detectors.checksums import luhn, weighted, ymd
from apps.guardrails.detectors.rules import Rule, anything

_CURP: Final = re.compile(r"[A-Z]{4}[0-9]{6}[HMX](?:[A-Z]{2})[B-DF-HJ-NP-TV-Z]{3}[0-9A-Z][0-9]")
_CURP_ORDER: Final = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"


def ssn(digits: str) -> bool:
    """The United States' social-security numbers have no check digit; some ranges were never given out."""
    in_range = digits[:3] not in ("000", "666") and digits[0] != "9"
    return in_range and digits[3:5] != "00" and digits[5:] != "0000" and len(set(digits)) > 1


def itin(digits: str) -> bool:
    """The United States' taxpayer numbers: 9xx, the middle in the ranges that are given out."""
    middle = int(digits[3:5])
    return digits[0] == "9" and (
        50 <= middle <= 65 or 70 <= middle <= 88 or 90 <= middle <= 92 or middle >= 94
    )


def ssn_or_itin(digits: str) -> bool:
    return ssn(digits) or itin(digits)


def canadian(digits: str) -> bool:
    """Canada's social insurance number: Luhn; 8… is not given out."""
    return digits[0] != "8" and luhn(digits)


def cpf(digits: str) -> bool:
    """Brazil's CPF: two digits mod 11; one digit eleven times is never given out."""
    first = weighted(digits, range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(digits, range(11, 1, -1)) * 10 % 11 % 10
    return len(set(digits)) > 1 and digits[9:] == f"{first}{second}"


def cnpj(text: str) -> bool:
    """Brazil's CNPJ: two digits mod 11; letters, given out since 2026, count their ASCII code less 48."""
    values = [ord(each) - 48 for each in text]
    for places in (12, 13):
        weights = [*range(places - 7, 1, -1), *range(9, 1, -1)]
        rest = sum(value * weight for value, weight in zip(values, weights, strict=False)) % 11
        if values[places] != (0 if rest < 2 else 11 - rest):
            return False
    return len(set(text)) > 1


def cuit(digits: str) -> bool:
    """Argentina's CUIT and CUIL: mod 11, of the prefixes that are given out."""
    check = 11 - weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return digits[:2] in {"20", "23", "24", "25", "26", "27", "30", "33", "34"} and check % 11 == int(
        digits[10]
    )


def rut(text: str) -> bool:
    """Chile's RUT: mod 11, ten is K."""
    check = (11 - sum(int(each) * (2 + at % 6) for at, each in enumerate(reversed(text[:-1])))) % 11
    return text[:-1].isdigit() and "0123456789K"[check] == text[-1]


def curp(text: str) -> bool:
    """Mexico's CURP: a day of birth, then mod 10 over the alphabet with Ñ."""
    if not _CURP.fullmatch(text) or not ymd(text[4:10]):
        return False
    total = sum(_CURP_ORDER.index(each) * (18 - at) for at, each in enumerate(text[:17]))
    return -total % 10 == int(text[17])


def rfc(text: str) -> bool:
    """Mexico's tax number of a person: a day of birth behind four letters."""
    return ymd(text[4:10])


def cedula(digits: str) -> bool:
    """Ecuador's identity number: a province, Luhn."""
    return 1 <= int(digits[:2]) <= 24 and int(digits[2]) < 6 and luhn(digits)


AMERICA: Final = (
    Rule(
        "us_ssn",
        ssn_or_itin,
        sure=("999-99-9999",),
        told=("999999999", "999 99 9999", "999.99.9999"),
        weak=True,
    ),
    Rule("us_ein", anything, told=("99-9999999",), weak=True),
    Rule("ca_sin", canadian, told=("999999999", "999 999 999", "999-999-999")),
    Rule("br_cpf", cpf, sure=("999.999.999-99", "999999999-99"), told=("99999999999",)),
    Rule(
        "br_cnpj",
        cnpj,
        sure=("99.999.999/9999-99", "**.***.***/****-99"),
        told=("99999999999999", "99999999/9999-99"),
    ),
    Rule("ar_cuit", cuit, sure=("99-99999999-9",), told=("99999999999", "99 99999999 9")),
    Rule(
        "cl_rut",
        rut,
        sure=("99.999.999-*", "9.999.999-*"),
        told=("99999999-*", "9999999-*", "99999999*"),
    ),
    Rule("mx_curp", curp, sure=("AAAA999999AAAAAA*9",)),
    Rule("mx_rfc", rfc, told=("AAAA999999***",), weak=True),
    Rule("ec_cedula", cedula, told=("9999999999",)),
)
