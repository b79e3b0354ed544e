"""Postal addresses: a word for a street, its name, a number; then postal code and town if they follow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from apps.guardrails.detectors.documents import MONTHS
from apps.guardrails.detectors.kinds import Certainty, Kind
from apps.guardrails.detectors.lexicon import CAPITALISED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.guardrails.detectors.numbers import Hit
    from apps.guardrails.detectors.reading import Reading

_TOWN: Final = (
    rf"(?:[LD]')?{CAPITALISED}\.?"
    r"(?: (?:(?:de|do|da|dos|das|di|del|della|dell'|la|le|les|los|las|am|im|an der|in der|ob der|bei"
    rf"|en|sur|sous|in|upon|on|of) ){{0,2}}(?:[LD]')?{CAPITALISED}){{0,3}}"
)
_BRITISH: Final = r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}"
_CANADIAN: Final = r"[ABCEGHJ-NPRSTVXY][0-9][A-Z] ?[0-9][A-Z][0-9]"
_POSTAL: Final = (
    r"(?:[A-Z]{1,2}[- ])?(?:[0-9]{5}-[0-9]{3}|[0-9]{4}-[0-9]{3}|[0-9]{4,5}|[0-9]{4} ?[A-Z]{2})(?![0-9])"
)
_BREAK: Final = r"(?:[,;] ?\n? ?| ?[-] | ?\n ?| )"

_BEFORE_ENGLISH: Final = re.compile(
    rf"(?<![\w.,/-])(?:(?:Flat|Apt|Apartment|Unit|Suite) [0-9A-Z]{{1,5}},? )?[0-9]{{1,5}}[A-Za-z]?"
    rf"(?:[-/][0-9]{{1,4}})? (?:(?:[NSEW]|[NS][EW])\.? )?(?:(?:{CAPITALISED}\.?|[0-9]{{1,3}}(?:st|nd"
    rf"|rd|th)|of|the|and) ){{1,4}}\Z"
)
_AFTER_ENGLISH: Final = re.compile(
    r"\b\.?(?: (?:NE|NW|SE|SW|[NSEW]|North|South|East|West)\b\.?)?"
    r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|Flat|Room|#)\.? ?#?[0-9A-Za-z-]{1,6})?"
    rf"(?:{_BREAK}(?:{_TOWN}{_BREAK}){{0,2}}(?:[A-Z]{{2,3}},? )?(?:{_BRITISH}|{_CANADIAN}|[0-9]{{5}}"
    rf"(?:-[0-9]{{4}})?(?![0-9])|(?<=[A-Z] )[0-9]{{4}}(?![0-9]))"
    rf"|, {_TOWN}, [A-Z]{{2}}\b)?"
)
_GERMAN_START: Final = re.compile(
    r"(?:(?:Am|An|Auf|Im|In|Zum|Zur|Alter?|Alten|Neuer?|Neuen|Große[rn]?|Kleine[rn]?|Obere[rn]?"
    r"|Untere[rn]?|St\.|Sankt)"
    rf" (?:der |dem |den )?){{0,2}}(?:{CAPITALISED}[ -]){{0,2}}[\w-]{{0,40}}\Z"
)
_AFTER_GERMAN: Final = re.compile(
    r"\.? ?[0-9]{1,3}(?: ?[a-z](?![\w]))?(?: ?[-/+] ?[0-9]{1,3} ?[a-z]?(?![\w.]))?(?![\w]|[.,][0-9]"
    r"|:[0-9]| ?[%€$])"
)
_STATE: Final = r"(?: \([A-Z]{2}\)| ?[/-] ?[A-Z]{2}\b)?"
_WITH_TOWN: Final = re.compile(
    rf"{_BREAK}{{1,2}}{_POSTAL},? (?:d[aeo]s? )?{_TOWN}{_STATE}"
    rf"|,? ?(?:{_BREAK}{_TOWN}){{1,3}}{_STATE}{_BREAK}(?:CEP:? ?|C\.?P\.? ?)?(?:[A-Z]{{2,5}} )?"
    rf"(?:{_POSTAL}|[0-9]{{5}}-?[0-9]{{3}}(?![0-9]))(?: (?:d[aeo]s? )?{_TOWN}{_STATE})?"
)
_ZIP: Final = re.compile(rf",? (?:[A-Z]{{2}} [0-9]{{5}}(?:-[0-9]{{4}})?(?![0-9])|{_BRITISH}\b)")
_BEFORE_ZIP: Final = re.compile(
    rf"(?<![\w.,/:-])(?:(?:Flat|Apt|Apartment|Unit|Suite|Studio|Room) [0-9A-Z]{{1,5}},?\s"
    rf"(?:[0-9]{{1,5}}[A-Za-z]? )?|[0-9]{{1,6}}[A-Za-z]?,? )(?:{CAPITALISED}\.?[ -]?){{1,4}}"
    rf"(?: ?(?:Apt|Apartment|Suite|Ste|Unit|Floor|#)\.? ?#?[0-9A-Za-z-]{{1,6}})?(?:,\s?{_TOWN}){{1,2}}\Z"
)

_SMALL: Final = (
    r"(?:de|du|des|la|le|les|del|los|las|da|do|dos|das|della|delle|dei|degli|dello|di|al|e|y|et|en|sur|aux|au|lo"
    r"|el)"
)
_NAME_PART: Final = (
    rf"(?:(?:[dlDL]|[dD]ell|[aA]ll|[sS]ant|[dD]all)'{CAPITALISED}|{CAPITALISED}|{_SMALL}\b"
    r"|[0-9]{1,2}(?= (?:de|di) ))\.?"
)
_ROMANCE_NAME: Final = re.compile(rf" ?(?:{_SMALL} |[dl]'){{0,2}}{_NAME_PART}(?:[ -]{_NAME_PART}){{0,6}}")
_HAS_CAPITAL: Final = re.compile(CAPITALISED)
_NUMBER_BEHIND: Final = re.compile(
    r"(?:,? ?(?:(?:n|N)[.º°o]{1,3} ?|núm\.? ?|nº ?)?[0-9]{1,5}(?: ?[A-Za-z](?![\w']))?"
    r"(?:[/-][0-9A-Za-z]{1,4})?"
    r"(?![\w]|[.,:][0-9]| ?[%€$]| (?:euros?|h|km|m)\b)|,? [sS]/[nN]\b)"
    r"(?: ?,? ?(?:[0-9]{1,2}[.ºª°]{1,2} ?(?:[A-Za-z]{1,4}\b\.?)?|(?i:piso|planta|puerta|apartamento"
    r"|appartamento|apto?|andar|sala|interno|interior"
    r"|int|scala|piano|bloco|bloque|edif|depto|dpto|esc|bât|local)\b\.? ?[0-9A-Za-z]{1,4}\b"
    r"|[0-9]{3}(?=,))){0,3}"
)
_NUMBER_BEFORE: Final = re.compile(r"(?<![\w.,/:-])[0-9]{1,4}(?: ?(?:bis|ter|quater|[A-D]))?,? \Z")
_GRID: Final = re.compile(
    r"\.? [0-9]{1,3}[A-Z]? ?(?:No\.?|Nº|#|n\.°) ?[0-9]{1,3}[A-Z]?(?: ?- ?[0-9]{1,3})?", re.IGNORECASE
)
_ANCHOR: Final = re.compile(r"[,\n] ?(?:[A-Z]{1,2}-)?[0-9]{4,5} (?=[^\W\d_])")
_BEFORE_ANCHOR: Final = re.compile(
    rf"(?<![\w-])(?:{CAPITALISED}\.?[ -](?:(?:der|den|dem|de|la|le|du|di|da|del"
    rf"|von) ){{0,2}}){{1,4}}[0-9]{{1,3}} ?[a-z]?(?:[-/][0-9]{{1,3}}[a-z]?)?\Z"
)
_DOUBTFUL: Final = frozenset(
    (
        "via",
        "place",
        "route",
        "cours",
        "passage",
        "largo",
        "borgo",
        "voie",
        "strada",
        "square",
        "plaza",
        "parque",
        "jardim",
        "conjunto",
        "setor",
        "quadra",
        "vila",
        "morro",
        "vale",
        "trecho",
        "residencial",
        "carrera",
        "colonia",
        "acceso",
        "canale",
        "circuito",
        "privada",
    )
)
_BOX: Final = re.compile(r"\.? ?(?:n[.º°] ?)?[0-9]{1,6}(?: [0-9]{2,3}){0,2}(?![0-9])")
_NEAR, _REACH, _FAR = 44, 64, 100
"""Code points before "Street", before other such words, and before a postal code."""
_YEAR: Final = re.compile("(?:19|20)[0-9]{2} ")
_MONTH_BEHIND: Final = re.compile(rf" (?:d[ei] )?(?:{'|'.join(MONTHS)})\b", re.IGNORECASE)
"""A day, not the number of a house."""
_DIGIT: Final = re.compile("[0-9]")


def addresses(reading: Reading) -> Iterator[Hit]:
    """Addresses in the six languages' ways of writing them."""
    yield from _english(reading)
    yield from _german(reading)
    yield from _romance(reading)
    yield from _anchored(reading)
    yield from _before_zip(reading)
    yield from _boxes(reading)


def _hit(text: str, start: int, end: int, certainty: Certainty = Certainty.TOLD) -> Hit:
    value = " ".join(text[start:end].casefold().replace(",", " ").replace(".", " ").split())
    return Kind.ADDRESS, start, end, value, "", certainty


def _english(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for start, end in reading.cues.spans("behind"):
        if (
            text[start].isupper()
            and text[start - 1 : start] == " "
            and _DIGIT.search(text, max(0, start - _NEAR), start)
        ):
            before = _BEFORE_ENGLISH.search(text, max(0, start - _NEAR), start)
            after = _AFTER_ENGLISH.match(text, end)
            if before and after and not (after.end() <= end + 1 and _YEAR.match(before.group())):
                yield _hit(text, before.start(), after.end())


def _german(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for cue, end in reading.cues.spans("german"):
        after = _AFTER_GERMAN.match(text, end)
        if not after:
            continue
        start = _german_start(text, cue)
        if not text[start].isupper() or (start and text[start - 1].isalnum()):
            continue
        town = _WITH_TOWN.match(text, after.end())
        if town or start < cue:
            yield _hit(text, start, town.end() if town else after.end())


def _german_start(text: str, cue: int) -> int:
    """Where the street's name begins whose last part is at `cue`: in the same word or in those before."""
    is_own_word = text[cue - 1 : cue] in ("", " ", "-")
    if is_own_word and not text[max(0, cue - 2) : cue - 1].isalpha():
        return cue
    before = _GERMAN_START.search(text, max(0, cue - _REACH), cue)
    return before.start() if before else cue


def _romance(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for cue, end in reading.cues.spans("romance"):
        grid = _GRID.match(text, end)
        if grid:
            yield _hit(text, cue, grid.end())
            continue
        name = _ROMANCE_NAME.match(text, end + (text[end : end + 1] == "."))
        if not name or not _HAS_CAPITAL.search(name.group()):
            continue
        behind = _NUMBER_BEHIND.match(text, name.end())
        if behind and _MONTH_BEHIND.match(text, behind.end()):
            continue
        before = _NUMBER_BEFORE.search(text, max(0, cue - 12), cue)
        if not behind and not before:
            continue
        start = before.start() if before else cue
        last = behind.end() if behind and not before else name.end()
        town = _WITH_TOWN.match(text, last)
        sure = text[cue].isupper() or text[cue:end].casefold() not in _DOUBTFUL or before
        if town or sure:
            yield _hit(text, start, town.end() if town and town.end() > last + 1 else last)


def _anchored(reading: Reading) -> Iterator[Hit]:
    """Any name in capitals with a number, before a postal code and a town: Am Alten Markt 3, 50667 Köln."""
    text = reading.text
    for anchor in _ANCHOR.finditer(text):
        before = _BEFORE_ANCHOR.search(text, max(0, anchor.start() - _REACH), anchor.start())
        town = _WITH_TOWN.match(text, anchor.start()) if before else None
        if before and town:
            yield _hit(text, before.start(), town.end(), Certainty.LIKELY)


def _before_zip(reading: Reading) -> Iterator[Hit]:
    """Any name in capitals with a number, before a town and an American or British postal code."""
    text = reading.text
    for code in _ZIP.finditer(text):
        before = _BEFORE_ZIP.search(text, max(0, code.start() - _FAR), code.start())
        if before:
            yield _hit(text, before.start(), code.end(), Certainty.LIKELY)


def _boxes(reading: Reading) -> Iterator[Hit]:
    """Post boxes, with postal code and town where they follow."""
    text = reading.text
    for start, end in reading.cues.spans("box"):
        number = _BOX.match(text, end)
        if number:
            last = number.end()
            town = _WITH_TOWN.match(text, last) or _AFTER_ENGLISH.match(text, last)
            yield _hit(text, start, town.end() if town and town.end() > last + 1 else last)
