"""Asia and Oceania."""

from __future__ import annotations

import re
from typing import Final

from apps.guardrails.detectors.checksums import is_date, mod_11_2, verhoeff, weighted, ymd
from apps.guardrails.detectors.rules import Rule, anything

_PAN: Final = re.compile(r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]")
_TAIWAN: Final = "ABCDEFGHJKLMNPQRSTUVXYWZIO"


def aadhaar(digits: str) -> bool:
    """India's number: the first is 2 to 9, Verhoeff."""
    return digits[0] not in "01" and verhoeff(digits)


def resident(text: str) -> bool:
    """China's resident number: a day of birth, mod 11-2."""
    return (
        text[:17].isdigit()
        and text[0] in "12345678"
        and is_date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
        and (text[17] in "0123456789X" and mod_11_2(text))
    )


def my_number(digits: str) -> bool:
    """Japan's number: mod 11."""
    rest = weighted(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if rest < 2 else 11 - rest) == int(digits[11])


def rrn(digits: str) -> bool:
    """Korea's number: a day of birth and a sex; since October 2020 it has no check digit."""
    return ymd(digits) and digits[6] in "12345678"


def nric(text: str) -> bool:
    """Singapore's NRIC and FIN: weights, then a letter by the first one."""
    prefix = text[0]
    rest = weighted(text[1:8], (2, 7, 6, 5, 4, 3, 2)) + {"T": 4, "G": 4, "M": 3}.get(prefix, 0)
    letters = {
        "S": "JZIHGFEDCBA",
        "T": "JZIHGFEDCBA",
        "F": "XWUTRQPNMLK",
        "G": "XWUTRQPNMLK",
        "M": "XWUTRQPNJLK",
    }
    return prefix in letters and letters[prefix][rest % 11] == text[8]


def hong_kong(text: str) -> bool:
    """Hong Kong's identity card: letters count from 10, a missing first one 36, mod 11; ten is A."""
    body, check = text[:-1], text[-1]
    letters = [ord(each) - 55 for each in body if each.isalpha()]
    values = ([36] if len(letters) == 1 else []) + letters + [int(each) for each in body if each.isdigit()]
    rest = -sum(value * (9 - at) for at, value in enumerate(values)) % 11
    return check == "0123456789A"[rest]


def taiwanese(text: str) -> bool:
    """Taiwan's identity number: the letter as two digits, mod 10."""
    letter = _TAIWAN.index(text[0]) + 10
    return (
        text[1] in "1289"
        and (letter // 10 + letter % 10 * 9 + weighted(text[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0
    )


def thai(digits: str) -> bool:
    """Thailand's number: mod 11."""
    return digits[0] != "0" and (11 - weighted(digits, range(13, 1, -1)) % 11) % 10 == int(digits[12])


def malaysian(digits: str) -> bool:
    """Malaysia's number: a day of birth and a place; no check digit."""
    return ymd(digits) and digits[6:8] not in ("00", "17", "18", "19", "20")


def nik(digits: str) -> bool:
    """Indonesia's number: a place, a day of birth (women add 40 to the day); no check digit."""
    return digits[0] != "0" and int(digits[6:8]) % 40 <= 31 and 1 <= int(digits[8:10]) <= 12


def tfn(digits: str) -> bool:
    """Australia's tax file number: mod 11."""
    weights = (1, 4, 3, 7, 5, 8, 6, 9, 10) if len(digits) == 9 else (10, 7, 8, 4, 6, 3, 5, 1)
    return weighted(digits, weights) % 11 == 0


def medicare(digits: str) -> bool:
    """Australia's Medicare card: the ninth digit checks the first eight, mod 10."""
    return digits[0] in "23456" and weighted(digits[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(digits[8])


def ird(digits: str) -> bool:
    """New Zealand's tax number: two rounds mod 11."""
    digits = digits.zfill(9)
    for weights in ((3, 2, 7, 6, 5, 4, 3, 2), (7, 4, 3, 2, 5, 2, 7, 6)):
        check = -weighted(digits, weights) % 11
        if check != 10:
            return check == int(digits[8])
    return False


ASIA: Final = (
    Rule("in_aadhaar", aadhaar, sure=("9999 9999 9999",), told=("999999999999", "9999-9999-9999")),
    Rule("in_pan", lambda text: _PAN.fullmatch(text) is not None, sure=("AAAAA9999A",), weak=True),
    Rule("cn_resident", resident, sure=("99999999999999999*",)),
    Rule("jp_my_number", my_number, told=("999999999999", "9999 9999 9999", "9999-9999-9999")),
    Rule("kr_rrn", rrn, sure=("999999-9999999",), told=("9999999999999",), weak=True),
    Rule("sg_nric", nric, sure=("A9999999A",)),
    Rule("hk_id", hong_kong, sure=("A999999(*)", "AA999999(*)"), told=("A999999*", "A999999 *")),
    Rule("tw_id", taiwanese, sure=("A999999999",)),
    Rule("th_id", thai, sure=("9-9999-99999-99-9", "9 9999 99999 99 9"), told=("9999999999999",)),
    Rule("my_kad", malaysian, sure=("999999-99-9999",), told=("999999999999",), weak=True),
    Rule("id_nik", nik, told=("9999999999999999",), weak=True),
    Rule("vn_id", anything, told=("999999999999",), weak=True),
    Rule("au_tfn", tfn, told=("999999999", "999 999 999", "99999999", "99 999 999")),
    Rule(
        "au_medicare", medicare, sure=("9999 99999 9",), told=("9999999999", "99999999999", "9999 99999 99")
    ),
    Rule("nz_ird", ird, told=("999999999", "99999999", "99-999-999", "999-999-999")),
)
