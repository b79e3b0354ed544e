"""Numbers: bank accounts, payment cards, national ids, phones written in a usual form.

One pass over the runs of digits; the length of a run and what follows it name the few pictures that may fit.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from apps.guardrails.detectors.checksums import luhn, mod_97
from apps.guardrails.detectors.kinds import Certainty, Kind
from apps.guardrails.detectors.national import NATIONAL
from apps.guardrails.detectors.phones import EXTENSION, PHONES
from apps.guardrails.detectors.reading import in_word
from apps.guardrails.detectors.rules import SEPARATORS, Rule, made_ready

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from apps.guardrails.detectors.reading import Reading
    from apps.guardrails.detectors.rules import Picture

RUN: Final = re.compile(r"[0-9]+")
_IBAN: Final = re.compile(r"[A-Za-z]{2}[0-9]{2}(?:[ -]?[0-9A-Za-z]){11,30}")
_COUNTRIES: Final = {
    code: int(length)
    for length, codes in {
        "15": "NO", "16": "BE", "18": "DK FI FO GL NL SD", "19": "MK SI FK", "20": "AT BA EE KZ LT LU XK MN",
        "21": "CH HR LI LV", "22": "BG BH CR DE GB GE IE ME RS VA", "23": "AE GI IL IQ OM TL SO",
        "24": "AD CZ ES MD PK RO SA SE SK TN VG", "25": "LY PT ST", "26": "IS TR",
        "27": "BI DJ FR GR IT MC MR SM", "28": "AL AZ BY CY DO GT HU LB NI PL SV", "29": "BR EG PS QA UA",
        "30": "JO KW MU YE", "31": "MT SC", "32": "LC", "33": "RU",
    }.items()
    for code in codes.split()
}  # fmt: skip
"""The length of an IBAN by country: SWIFT's registry."""
_ISSUERS: Final = re.compile(
    r"""4(?:\d{12}|\d{15}|\d{18})                                                # Visa
    | (?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}         # Mastercard
    | 3[47]\d{13}                                                              # American Express
    | (?:6011|64[4-9]\d|65\d\d|62\d\d|81\d\d|35\d\d)\d{12,15}                  # Discover, UnionPay, JCB
    | (?:1800|2131)\d{11}                                                      # JCB before 1989
    | 3(?:0[0-5]|[689]\d)\d{11}                                                # Diners
    | (?:50\d\d|5[6-9]\d\d|6[37]\d\d|220[0-4])\d{12}                           # Maestro, Mir""",
    re.VERBOSE,
)
_MAESTRO: Final = re.compile(r"(?:50|5[6-9]|6[0-9])\d{10,17}")


def card(digits: str) -> bool:
    """The length and the first digits are an issuer's, and Luhn's check digit is right."""
    return _ISSUERS.fullmatch(digits) is not None and len(set(digits)) > 1 and luhn(digits)


_CARDS: Final = Rule(
    "card",
    card,
    sure=(
        *("9999 9999 9999 9999", "9999-9999-9999-9999", "9999.9999.9999.9999", "9999999999999999"),
        *("9999 999999 99999", "9999-999999-99999", "999999999999999", "9999 9999 9999 9999 999"),
        *("9999 999999 9999", "9999-999999-9999", "99999999999999", "9999999999999999999"),
    ),
    told=("9999999999999", "999999999999999999", "99999999999999999"),
    kind=Kind.CARD,
)
_OTHER_CARDS: Final = Rule(
    "card",
    lambda digits: _MAESTRO.fullmatch(digits) is not None and luhn(digits),
    told=("999999999999", "9999 9999 9999", *("9" * length for length in (13, 14, 15, 17, 18, 19))),
    kind=Kind.CARD,
)


_APART: Final = re.compile(r"[\W_]+")


class _Fit(NamedTuple):
    """Pictures that begin alike: `any` fits where one of them does."""

    any: re.Pattern[str]
    pictures: list[Picture]


@lru_cache(maxsize=256)
def _fits(kinds: frozenset[Kind], cues: frozenset[str]) -> Mapping[tuple[int, str], _Fit]:
    """By the first run's length and what follows it; without what needs a word that the text lacks."""
    table: dict[tuple[int, str], list[Picture]] = {}
    for key, picture in _all_pictures():
        rule = picture.rule
        if rule.kind in kinds and (not picture.told or cues & {rule.detail, rule.kind.value}):
            table.setdefault(key, []).append(picture)
    for (run, follows), pictures in list(table.items()):
        if not follows:
            for separator in SEPARATORS:
                table.setdefault((run, separator), []).extend(pictures)
    return {key: _Fit(_any(pictures), pictures) for key, pictures in table.items()}


@cache
def _all_pictures() -> list[tuple[tuple[int, str], Picture]]:
    return [made for rule in (_CARDS, _OTHER_CARDS, *NATIONAL, *PHONES) for made in made_ready(rule)]


@cache
def _told_by() -> frozenset[str]:
    """Telling words that the pictures ask for."""
    return frozenset(each for _, made in _all_pictures() for each in (made.rule.detail, made.rule.kind.value))


def _any(pictures: list[Picture]) -> re.Pattern[str]:
    behind = dict.fromkeys(picture.behind for picture in pictures)
    return re.compile("|".join(behind))


_PICTURED: Final = frozenset((Kind.CARD, Kind.NATIONAL_ID, Kind.PHONE))
Hit = tuple[Kind, int, int, str, str, Certainty]
"""A finding in plain text: kind, start, end, value, detail, certainty."""


def numbers(reading: Reading, kinds: AbstractSet[Kind]) -> Iterator[Hit]:
    """Everything that a rule's picture or an IBAN's form fits."""
    text = reading.text
    pictured = frozenset(kinds & _PICTURED)
    table = _fits(pictured, reading.cues.categories & _told_by()) if pictured else {}
    with_iban = Kind.IBAN in kinds
    if not pictured and not with_iban:
        return
    before, last, done = 0, -1, 0
    for match in RUN.finditer(text):
        start, end = match.span()
        if start < done:
            continue
        run, after = end - start, text[end : end + 1]
        in_row = run == before and start == last + 1 and last != done
        before, last = run, end
        fit = table.get((run, after if after in SEPARATORS else "A" if after.isalpha() else ""))
        if fit is not None and not in_row and fit.any.match(text, start):
            for hit in _fitting(reading, fit.pictures, start):
                done = hit[2] if hit[5] is Certainty.CHECKED else done
                yield hit
        if with_iban and run > 1 and text[start - 2 : start].upper() in _COUNTRIES:
            yield from _iban(text, start - 2)


def _fitting(reading: Reading, pictures: list[Picture], digit: int) -> list[Hit]:
    """What the pictures find that begin with this digit; first those whose own telling word stands near."""
    hits: list[Hit] = []
    for picture in pictures:
        start = digit - picture.offset
        match = picture.pattern.match(reading.text, start) if start >= 0 else None
        if match is None:
            continue
        rule, end = picture.rule, match.end()
        more = EXTENSION.match(reading.text, end) if rule.kind is Kind.PHONE else None
        end = more.end() if more else end
        if not stands_alone(reading.text, start, end):
            continue
        compact = _APART.sub("", match.group()).upper()
        if not rule.check(compact):
            continue
        if rule.weak and _goes_on(reading.text, end):
            continue
        named = reading.told(rule.detail, start, end)
        is_capital = match.group() == match.group().upper()
        if named or _may_stand(reading, picture, start, end, is_capital=is_capital):
            certainty = Certainty.TOLD if rule.weak and not named else Certainty.CHECKED
            hit = rule.kind, start, end, compact, rule.detail, certainty
            hits.insert(0 if named else len(hits), hit)
    return hits


def _goes_on(text: str, end: int) -> bool:
    """Whether a space and more digits follow: it is the beginning of a longer number."""
    return text[end : end + 1] == " " and text[end + 1 : end + 2].isdigit()


def _may_stand(reading: Reading, picture: Picture, start: int, end: int, *, is_capital: bool) -> bool:
    """Whether a word of the kind stands near, or it needs none; without one, letters are capitals."""
    if reading.told(picture.rule.kind.value, start, end):
        return True
    if picture.told or not is_capital:
        return False
    return not (picture.rule.weak and counted(reading, start))


def counted(reading: Reading, start: int) -> bool:
    """Whether the words just before say that it is an order's, a part's or the like."""
    return reading.told("counter", start, start, before=16, after=-1)


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether nothing before or behind makes it a part of something longer."""
    if start and (in_word(text[start - 1]) or text[start - 1] in "_+$€£#"):
        return False
    if start > 1 and text[start - 1] in "-./," and text[start - 2].isdigit():
        return text[start - 1] == "," and len(text) > end
    behind = text[end : end + 2]
    if not behind:
        return True
    if in_word(behind[0]) or behind[0] in "_%€$£":
        return False
    return not (len(behind) > 1 and behind[0] in "-./:" and behind[1].isalnum() and behind[0] != ":")


def _iban(text: str, start: int) -> Iterator[Hit]:
    match = _IBAN.match(text, start)
    if match is None or (start and in_word(text[start - 1])):
        return
    wanted = _COUNTRIES[text[start : start + 2].upper()]
    compact = match.group().replace(" ", "").replace("-", "").upper()[:wanted]
    if len(compact) < wanted or not mod_97(compact):
        return
    end = start
    for each in match.group():
        end += 1
        wanted -= each.isalnum()
        if not wanted:
            break
    if not in_word(text[end : end + 1]):
        yield Kind.IBAN, start, end, compact, compact[:2].lower(), Certainty.CHECKED
