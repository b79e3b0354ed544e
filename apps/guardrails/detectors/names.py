"""Names of people: by lists of given names and surnames, behind titles, labels and greetings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from apps.guardrails.detectors.columns import columns
from apps.guardrails.detectors.kinds import Certainty, Kind
from apps.guardrails.detectors.lexicon import CAPITALISED, INITIAL, given_names, word_list
from apps.guardrails.detectors.mentioned import mentioned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.guardrails.detectors.numbers import Hit
    from apps.guardrails.detectors.reading import Reading

_PARTICLE: Final = (
    r"(?:de|da|do|dos|das|del|della|dello|di|du|des|d'|van|von|vom|zu|zur|der|den|ter|ten|la|le|el|al|bin|ben"
    r"|ibn|y|e|of|Lo)"
)
_PART: Final = re.compile(rf"(?: {_PARTICLE}){{0,3}} ({CAPITALISED}|{INITIAL})")
_WORD: Final = re.compile(CAPITALISED)
_MOST_PARTS: Final = 3
_TITLES: Final = re.compile(
    r"\.?,?[ ]?(?:(?:Dr|Prof|Professor|Ing|Dipl|Mag|Dott|Avv|Sr|Sra|Mr|Mrs|Ms|Herr|Herrn|Frau|med|jur"
    r"|phil|rer|nat|h\.c|ssa|Doktor)\b\.?-?[ ]?){0,4}"
)
_HYPHENS: Final = re.compile("[-']")
_SIGN: Final = re.compile(r"['\"]?(?:\(s\)|/in)?[ \t]{0,2}[:=][ \t]{0,3}['\"]?")
_OPEN: Final = re.compile(r"[,:!.;\n-]|$")
_CLOSED: Final = re.compile(r"[^\n]{0,24}\n{1,2}[ \t]*|,[ \t]")
_LINE_END: Final = re.compile(r"[ \t]*(?:,[^\n]*)?(?:\n|\Z)")
_PLACES: Final = re.compile(
    r"(?:^|\W)(?:San|Santa|Santo|St\.?|Saint|Sainte|Sankt|São|Sant|Rue|Via|Calle|Rua|Avenue|Avenida"
    r"|[Ss]chool|[Cc]ollege|[Uu]niversity|[Hh]ospital|[Ll]ycée|[Cc]ollège|[Hh]ôpital|[Uu]niversité|[Ii]nstituto"
    r"|[Cc]olegio|[Uu]niversidad|[Ll]iceo|[Oo]spedale|[Uu]niversità|[Ll]iceu|[Ee]scola|[Uu]niversidade"
    r"|[Aa]eroporto|[Aa]eropuerto|[Aa]éroport|[Ss]tadio|[Ee]stadio|[Ee]stádio|[Tt]eatro|[Mm]useo|[Mm]useu|[Mm]usée"
    r"|Place|Plaza|Piazza|Port|Fort|Lake|Mount"
    r"|rue|via|calle|rua|avenue|avenida|place|plaza|piazza|boulevard|corso|viale|paseo|quai|praça)[ '-]\Z"
)
_COMPANY: Final = re.compile(
    rf"{CAPITALISED}(?: {CAPITALISED}){{0,2}},?"
    r" (?:S\.?L|S\.?A|S\.?r\.?l|S\.?p\.?A|SAS|SARL|GmbH|AG|KG|Ltd|LLC|Inc|Lda)\b"
)
"""Named after somebody, and a company all the same."""
_INSIDE: Final = "_@/.-#"
_REACH: Final = 64
_BEFORE_BIRTH: Final = re.compile(
    rf"(?<![\w-])({CAPITALISED}(?: (?:{_PARTICLE} ){{0,2}}{CAPITALISED}){{1,3}})"
    r"(?:,| was| wurde| ist| est| è| é| foi|\()?(?: am| on| il| el| em| le)?(?: [0-9][0-9./ -]{5,9})? ?\(?\Z"
)
_SAYS_ITSELF: Final = (
    "is",
    "called",
    "heiße",
    "heisse",
    "ist",
    "appelle",
    "est",
    "llamo",
    "es",
    "chiamo",
    "è",
    "é",
    "chamo",
    "chamo-me",
)
_ANY_NAME: Final = (
    "name",
    "nom",
    "nombre",
    "nome",
    "surname",
    "apellid",
    "cognome",
    "apelido",
    "patient",
    "pazient",
    "pacient",
    "inhaber",
    "holder",
    "titula",
)


def names(reading: Reading) -> Iterator[Hit]:
    """Names by list and by context."""
    yield from _listed(reading)
    yield from _behind_titles(reading)
    yield from _behind_labels(reading)
    yield from _behind_greetings(reading)
    yield from _signed(reading)
    yield from _with_surname(reading)
    yield from _around_birth(reading)
    yield from mentioned(reading)
    yield from columns(reading, Kind.NAME)


def _hit(text: str, start: int, end: int, certainty: Certainty) -> Hit:
    return Kind.NAME, start, end, " ".join(text[start:end].split()).casefold(), "", certainty


def _end(text: str, start: int) -> int:
    """Where the name that begins at `start` ends; `start` when there is none."""
    first = _WORD.match(text, start)
    never = word_list("not_names")
    if first is None or first.group() in never:
        return start
    end = first.end()
    for _ in range(_MOST_PARTS):
        part = _PART.match(text, end)
        if part is None or part.group(1) in never:
            break
        end = part.end()
    return end - 2 if text.startswith("'s", end - 2) else end


def _listed(reading: Reading) -> Iterator[Hit]:
    text, known, doubtful, done = reading.text, given_names(), word_list("ambiguous"), 0
    for match in _WORD.finditer(text):
        word = match.group()
        if word not in known and _HYPHENS.split(word, maxsplit=1)[0] not in known:
            continue
        start = match.start()
        if start < done or (start and (text[start - 1].isalnum() or text[start - 1] in _INSIDE)):
            continue
        if _PLACES.search(text, max(0, start - 14), start) or _COMPANY.match(text, start):
            continue
        end = done = _end(text, start)
        alone = end <= match.end() or text[match.end() + 1].islower()
        if end > start and not (alone and word.capitalize() in doubtful):
            yield _hit(text, start, end, Certainty.LIKELY)


def _behind_titles(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for cue, end in reading.cues.spans("title"):
        if text[end - 1] == "." and not text[cue].isupper():
            continue
        titles = _TITLES.match(text, end)
        start = titles.end() if titles else end
        last = _end(text, start) if start > end else start
        if last > start + 1:
            yield _hit(text, start, last, Certainty.TOLD)


def _behind_labels(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for cue, end in reading.cues.spans("label"):
        label = text[cue:end].casefold()
        sign = _SIGN.match(text, end)
        itself = label.rsplit(" ", 1)[-1] in _SAYS_ITSELF or label.endswith(("appelle", "me"))
        if not sign and not (itself and label != "name"):
            continue
        start = sign.end() if sign else end + 1
        titles = _TITLES.match(text, start)
        start = titles.end() if titles else start
        last = _end(text, start)
        several = " " in text[start:last] or text[start:last] in given_names()
        if last > start + 1 and (several or itself or any(each in label for each in _ANY_NAME)):
            yield _hit(text, start, last, Certainty.TOLD)


def _behind_greetings(reading: Reading) -> Iterator[Hit]:
    """Behind a greeting any word before a comma; behind "call" or "the tenant" two words or more."""
    text = reading.text
    for _, end in (*reading.cues.spans("asked_for"), *reading.cues.spans("role")):
        last = _end(text, end + 1) if text[end : end + 1] == " " else 0
        if " " in text[end + 1 : last]:
            yield _hit(text, end + 1, last, Certainty.LIKELY)
    for _, end in reading.cues.spans("greeting"):
        if text[end : end + 1] != " ":
            continue
        last = _end(text, end + 1)
        if last > end + 1 and (_OPEN.match(text, last) or text[end + 1 : last].split()[0] in given_names()):
            yield _hit(text, end + 1, last, Certainty.TOLD)


def _signed(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for _, end in reading.cues.spans("closing"):
        line = _CLOSED.match(text, end)
        if not line:
            continue
        start = line.end()
        titles = _TITLES.match(text, start)
        start = titles.end() if titles else start
        last = _end(text, start)
        if last > start + 1 and _LINE_END.match(text, last):
            yield _hit(text, start, last, Certainty.TOLD)


def _with_surname(reading: Reading) -> Iterator[Hit]:
    """A word in capitals before a common surname: given names are more than any list holds."""
    text, surnames, never, doubtful = (
        reading.text,
        word_list("surnames"),
        word_list("not_names"),
        word_list("doubtful"),
    )
    before: re.Match[str] | None = None
    for match in _WORD.finditer(text):
        first, before = before, match
        if first is None or match.group() not in surnames or text[first.end() : match.start()] != " ":
            continue
        if first.group() in never or first.group() in doubtful or not first.group()[1:].islower():
            continue
        if first.start() and text[first.start() - 1] in _INSIDE:
            continue
        last = _end(text, first.start())
        if last >= match.end():
            yield _hit(text, first.start(), last, Certainty.LIKELY)


def _around_birth(reading: Reading) -> Iterator[Hit]:
    """Two words in capitals or more just before "born on" and its like."""
    text = reading.text
    for start, _ in reading.cues.spans("birth"):
        before = None
        if _WORD.search(text, max(0, start - _REACH), start):
            before = _BEFORE_BIRTH.search(text, max(0, start - _REACH), start)
        last = _end(text, before.start(1)) if before else 0
        if before and " " in text[before.start(1) : last]:
            yield _hit(text, before.start(1), last, Certainty.TOLD)
