"""The United Kingdom, Ireland, and the west and south of the continent."""

from __future__ import annotations

import re
from typing import Final

from apps.guardrails.detectors.checksums import dmy, is_date, luhn, mod_11_10, weighted, ymd
from apps.guardrails.detectors.rules import Rule, anything

_NINO: Final = re.compile(r"(?:QQ|(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])[0-9]{6}[A-D]")
_DNI: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_FISCAL: Final = re.compile(r"[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]")
_FISCAL_VALUES: Final = (
    1,
    0,
    5,
    7,
    9,
    13,
    15,
    17,
    19,
    21,
    2,
    4,
    18,
    20,
    11,
    3,
    6,
    8,
    12,
    14,
    16,
    10,
    22,
    25,
    24,
    23,
)
_FISCAL_ODD: Final = {chr(65 + at): value for at, value in enumerate(_FISCAL_VALUES)} | {
    str(at): value for at, value in enumerate(_FISCAL_VALUES[:10])
}


def nhs(digits: str) -> bool:
    """England's health number: mod 11."""
    return (11 - weighted(digits, range(10, 1, -1)) % 11) % 11 == int(digits[9])


def pps(text: str) -> bool:
    """Ireland's PPS number: mod 23, with the second letter where there is one."""
    second = ord(text[8]) - 64 if len(text) > 8 and text[8] != "W" else 0
    return "WABCDEFGHIJKLMNOPQRSTUV"[(weighted(text[:7], range(8, 1, -1)) + 9 * second) % 23] == text[7]


def steuer_id(digits: str) -> bool:
    """Germany's tax id: of the first ten digits one stands twice or thrice; then mod 11,10."""
    first = digits[:10]
    most = max(first.count(each) for each in set(first))
    return (
        digits[0] != "0"
        and most in (2, 3)
        and len(set(first)) == (9 if most == 2 else 8)
        and mod_11_10(digits)
    )


def kvnr(compact: str) -> bool:
    """Germany, health insurance: the letter as two digits, then eight, by turns once and twice, mod 10."""
    digits = f"{ord(compact[0]) - 64:02d}{compact[1:9]}"
    return sum(sum(divmod(int(each) * (1 + at % 2), 10)) for at, each in enumerate(digits)) % 10 == int(
        compact[9]
    )


def rvnr(text: str) -> bool:
    """Germany's pension number: day of birth, the letter as two digits, digit sums of products."""
    month_and_day = (1 <= int(text[4:6]) <= 12 and 1 <= int(text[2:4]) <= 31) or int(text[2:4]) > 50
    digits = f"{text[:8]}{ord(text[8]) - 64:02d}{text[9:11]}"
    products = (int(each) * by for each, by in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    return month_and_day and sum(each // 10 + each % 10 for each in products) % 10 == int(text[11])


def nir(text: str) -> bool:
    """France's social-security number: a key of 97 less the rest mod 97; Corsica's 2A, 2B count 19, 18."""
    month = int(text[3:5])
    number = text[:13].replace("2A", "19", 1).replace("2B", "18", 1)
    return (
        text[0] in "12378" and (1 <= month <= 12 or month >= 20) and 97 - int(number) % 97 == int(text[13:])
    )


def codice_fiscale(text: str) -> bool:
    """Italy's personal code: odd and even places count differently, mod 26."""
    if not _FISCAL.fullmatch(text):
        return False
    odd = sum(_FISCAL_ODD[each] for each in text[0:15:2])
    even = sum(int(each) if each.isdigit() else ord(each) - 65 for each in text[1:15:2])
    return chr(65 + (odd + even) % 26) == text[15]


def dni(text: str) -> bool:
    """Spain's DNI and NIE: the letter is the number mod 23; X, Y, Z stand for 0, 1, 2."""
    number = text[:-1].translate({88: "0", 89: "1", 90: "2"})
    return number.isdigit() and _DNI[int(number) % 23] == text[-1]


def nie(text: str) -> bool:
    return text[0] in "XYZ" and dni(text)


def portuguese(digits: str) -> bool:
    """Portugal's NIF: mod 11."""
    return digits[0] != "0" and (11 - weighted(digits, range(9, 1, -1)) % 11) % 11 % 10 == int(digits[8])


def bsn(digits: str) -> bool:
    """The Netherlands' BSN: the eleven test."""
    return digits != "000000000" and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def belgian(digits: str) -> bool:
    """Belgium's national number: 97 less the first nine mod 97, with a 2 before them from 2000 on."""
    month, day = int(digits[2:4]) % 20, int(digits[4:6])
    return (month <= 12 and day <= 31) and int(digits[9:]) in (
        97 - int(digits[:9]) % 97,
        97 - int("2" + digits[:9]) % 97,
    )


def ahv(digits: str) -> bool:
    """Switzerland's AHV number: an EAN-13 that begins with 756."""
    return digits.startswith("756") and weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0


def svnr(digits: str) -> bool:
    """Austria's insurance number: the fourth digit checks; a day of birth at the end (months to 15)."""
    rest = weighted(digits, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11
    return (
        digits[0] != "0"
        and rest == int(digits[3])
        and 1 <= int(digits[4:6]) <= 31
        and 1 <= int(digits[6:8]) <= 15
    )


def matricule(digits: str) -> bool:
    """Luxembourg's number: a day of birth, then Luhn over the first twelve."""
    return is_date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) and luhn(digits[:12])


def amka(digits: str) -> bool:
    """Greece's AMKA: a day of birth, then Luhn."""
    return dmy(digits) and luhn(digits)


def afm(digits: str) -> bool:
    """Greece's tax number: mod 11."""
    return weighted(digits, (256, 128, 64, 32, 16, 8, 4, 2)) % 11 % 10 == int(digits[8])


def insee_month(digits: str) -> bool:
    """France's number without its key: plausible sex, month and department."""
    return digits[0] in "12" and ymd(f"{digits[1:5]}01")


WEST: Final = (
    Rule(
        "uk_nino",
        lambda text: _NINO.fullmatch(text) is not None,
        sure=("AA999999A", "AA 99 99 99 A", "AA-99-99-99-A", "AA 999999 A"),
        weak=True,
    ),
    Rule("uk_nhs", nhs, told=("999 999 9999", "999-999-9999", "9999999999")),
    Rule("ie_pps", pps, sure=("9999999A", "9999999AA"), told=("9999999 A", "9999999 AA")),
    Rule(
        "de_tax", steuer_id, sure=("99 999 999 999",), told=("99999999999", "99 999 999999", "99/999/999/999")
    ),
    Rule("de_kvnr", kvnr, told=("A999999999",)),
    Rule("de_pension", rvnr, sure=("99999999A999", "99 999999 A 999", "99 999999 A999", "99-999999-A-999")),
    Rule(
        "fr_nir",
        nir,
        sure=(
            "999999999999999",
            "9 99 99 99 999 999 99",
            "9999999999999 99",
            "9.99.99.99.999.999.99",
            "9 99 99 9A 999 999 99",
            "999999A99999999",
            "999999A999999 99",
        ),
    ),
    Rule("fr_nir", insee_month, told=("9999999999999", "9 99 99 99 999 999")),
    Rule("it_fiscal", codice_fiscale, sure=("AAAAAA99A99A999A", "AAA AAA 99A99 A999A", "AAA AAA 99A99A999A")),
    Rule("it_vat", luhn, told=("99999999999",)),
    Rule(
        "es_dni",
        dni,
        sure=("99999999A", "99999999-A", "99.999.999-A", "99.999.999A", "99999999 A", "99.999.999 A"),
    ),
    Rule("es_dni", anything, told=("99.999.999", "99999999"), weak=True),
    Rule("es_nie", nie, sure=("A9999999A", "A-9999999-A", "A9999999-A", "A-9999999A", "A-9.999.999-A")),
    Rule("pt_nif", portuguese, told=("999999999", "999 999 999", "999.999.999")),
    Rule("nl_bsn", bsn, told=("999999999", "9999.99.999", "9999 99 999", "999 999 999")),
    Rule(
        "be_national",
        belgian,
        sure=("99.99.99-999.99", "99.99.99 999.99"),
        told=("99999999999", "999999-999-99"),
    ),
    Rule("ch_ahv", ahv, sure=("999.9999.9999.99", "999 9999 9999 99", "9999999999999")),
    Rule(
        "at_svnr",
        svnr,
        sure=("9999 999999",),
        told=("9999999999", "9999-999999", "9999 99 99 99", "9999/999999"),
    ),
    Rule("lu_national", matricule, told=("9999999999999", "9999 9999 999 99")),
    Rule("gr_amka", amka, told=("99999999999",)),
    Rule("gr_afm", afm, told=("999999999",)),
)
