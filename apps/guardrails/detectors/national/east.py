"""Central and eastern Europe, Russia, Turkey, Israel, South Africa."""

from __future__ import annotations

from typing import Final

from apps.guardrails.detectors.checksums import is_date, luhn, mod_11_10, weighted, ymd
from apps.guardrails.detectors.rules import Rule


def pesel(digits: str) -> bool:
    """Poland: a day of birth (the month carries the century), then mod 10."""
    return (
        is_date(int(digits[:2]), int(digits[2:4]) % 20, int(digits[4:6]))
        and weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0
    )


def nip(digits: str) -> bool:
    """Poland, tax number: mod 11 over nine digits; a rest of 10 is given out to nobody."""
    return weighted(digits, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(digits[9])


def rodne_cislo(digits: str) -> bool:
    """Czechia and Slovakia: a day of birth (women add 50 to the month), the whole divisible by 11."""
    month = int(digits[2:4]) % 50
    return is_date(int(digits[:2]), month - 20 if month > 20 else month, int(digits[4:6])) and (
        int(digits) % 11 == 0 or (int(digits[:9]) % 11 == 10 and digits[9] == "0")
    )


def cnp(digits: str) -> bool:
    """Romania: sex and century, a day of birth, then mod 11."""
    check = weighted(digits, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return digits[0] != "0" and ymd(digits[1:]) and (1 if check == 10 else check) == int(digits[12])


def egn(digits: str) -> bool:
    """Bulgaria: a day of birth (the month carries the century), then mod 11."""
    return is_date(int(digits[:2]), int(digits[2:4]) % 20, int(digits[4:6])) and weighted(
        digits, (2, 4, 8, 5, 10, 9, 7, 3, 6)
    ) % 11 % 10 == int(digits[9])


def taj(digits: str) -> bool:
    """Hungary's insurance number: threes and sevens, mod 10."""
    return weighted(digits, (3, 7) * 4) % 10 == int(digits[8])


def emso(digits: str) -> bool:
    """Former Yugoslavia's JMBG and Slovenia's EMŠO: DDMMYYY, then mod 11."""
    year = int(digits[4:7])
    check = 11 - weighted(digits, (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (
        is_date(year + (2000 if year < 800 else 1000), int(digits[2:4]), int(digits[:2]))
        and check != 10
        and check % 11 == int(digits[12])
    )


def snils(digits: str) -> bool:
    """Russia's pension number: places times digits, mod 101."""
    return weighted(digits, range(9, 0, -1)) % 101 % 100 == int(digits[9:])


def inn(digits: str) -> bool:
    """Russia's tax number of a company (10) or a person (12): mod 11."""
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
    if len(digits) == 10:
        return weighted(digits, weights[2:]) % 11 % 10 == int(digits[9])
    return weighted(digits, weights[1:]) % 11 % 10 == int(digits[10]) and weighted(
        digits, weights
    ) % 11 % 10 == int(digits[11])


def rnokpp(digits: str) -> bool:
    """Ukraine's taxpayer number: mod 11."""
    return weighted(digits, (-1, 5, 7, 9, 4, 6, 10, 5, 7)) % 11 % 10 == int(digits[9])


def tckn(digits: str) -> bool:
    """Turkey's identity number: two check digits."""
    numbers = [*map(int, digits)]
    tenth = (7 * sum(numbers[0:9:2]) - sum(numbers[1:8:2])) % 10
    return numbers[0] != 0 and tenth == numbers[9] and sum(numbers[:10]) % 10 == numbers[10]


def south_african(digits: str) -> bool:
    """South Africa: a day of birth, citizenship, Luhn."""
    return ymd(digits) and digits[10] in "012" and luhn(digits)


EAST: Final = (
    Rule("za_id", south_african, sure=("9999999999999", "999999 9999 999", "999999 9999 99 9")),
    Rule("pl_pesel", pesel, told=("99999999999",)),
    Rule("pl_nip", nip, told=("9999999999", "999-999-99-99", "999-99-99-999")),
    Rule("cz_sk_birth", rodne_cislo, sure=("999999/9999",), told=("9999999999",)),
    Rule("ro_cnp", cnp, sure=("9999999999999",)),
    Rule("bg_egn", egn, told=("9999999999",)),
    Rule("hu_taj", taj, told=("999999999", "999 999 999", "999-999-999")),
    Rule("hr_oib", mod_11_10, told=("99999999999",)),
    Rule("si_rs_emso", emso, sure=("9999999999999",)),
    Rule("ru_snils", snils, sure=("999-999-999 99", "999-999-999-99"), told=("99999999999",)),
    Rule("ru_inn", inn, told=("9999999999", "999999999999")),
    Rule("ua_rnokpp", rnokpp, told=("9999999999",)),
    Rule("tr_tckn", tckn, told=("99999999999", "999 999 999 99")),
    Rule("il_id", luhn, told=("999999999", "9 9999999 9", "99999999-9")),
)
