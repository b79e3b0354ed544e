"""What a question points at literally: words in quotes, identifiers, numbers, places of a text. Pure.

Such words must be found where they stand, however they are spaced or hyphenated there: neither their meaning
nor their stems tell a part from its neighbour in the list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from apps.knowledge.lexical import LETTER, UNSPACED, plain
from apps.knowledge.quotations import QUOTATION, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Key = TypeVar("Key")

MOST: Final = 6
QUOTED: Final = 0.6
"""What words in quotes weigh against all else: more than half, so that a text that has them goes first."""
NAMED: Final = 0.4
COUNTED: Final = 0.15
"""What a year or another plain number weighs: last year's report has this year's words."""
_WORDS_OF_PLACES: Final = (
    r"art(?:icle|ikel|[ií]culo|icolo|igo)?|section|sec|clause|clausula|cl[aá]usula|abs(?:atz)?|satz|nr|no|item|"
    r"ziffer|anhang|anlage|annexe?|appendix|exhibit|schedule|para(?:graph)?|kapitel|chapter|chapitre|"
    r"alin[eé]a|lit|table|tabelle|fig(?:ure)?|abb(?:ildung)?|form|note|пункт|статья|ст|п"
)
_PLACE: Final = re.compile(
    rf"(?:\u00a7+\s*\d+\w{{0,2}}|\b(?:{_WORDS_OF_PLACES})\b\.?\s*\d+[\w.\-/()]*)"
    rf"(?:[\s,]*\b(?:{_WORDS_OF_PLACES})\b\.?\s*\w{{1,4}}\b)*"
    r"|(?:\u7b2c\s*\d+\s*[\u6761\u689d\u7ae0\u7bc0\u8282\u9805\u9879\u53f7\u865f]\s*)+",
    re.IGNORECASE,
)
_SPACED: Final = re.compile(
    r"\b[A-Z]{2}\d{2}(?: [0-9A-Z]{4}){2,7}(?: [0-9A-Z]{1,3})?\b|\+\d{1,3}(?:[ ./-]?\(?\d{1,5}\)?){2,6}"
    r"|(?<![\d.,])\d{1,3}(?: \d{3})+(?![\d])"
)
_LATIN: Final = r"0-9A-Za-z\u00c0-\u024f_"
_CYRILLIC: Final = r"0-9\u0400-\u04ff_"
_TOKEN: Final = re.compile(
    "|".join(
        f"(?:[{script}]+(?:[-./:@#+,'\u2019\u2010-\u2014]+[{script}]+)*)" for script in (_LATIN, _CYRILLIC)
    )
)
_FILE: Final = re.compile(
    r"[\w.-]*\w\.(?:pdf|docx?|pptx?|xlsx?|od[tsp]|rtf|txt|md|[ct]sv|json|xml|html?|eml|msg|epub|zip|png|jpe?g|tiff?|"
    r"py|[jt]s|java|sql|ya?ml|ini|cfg|log|exe|dll)",
    re.IGNORECASE,
)
_UNIT: Final = re.compile(r"\d+(?:[.,]\d+)*[a-z\u00e0-\u024f\u0430-\u044f]{1,4}")
_ATOM: Final = re.compile(rf"\d+|\u00a7+|[{UNSPACED}]+|(?:(?!\d)(?![{UNSPACED}]){LETTER})+")
_LETTER: Final = re.compile(r"[^\W\d_]")
_YEAR: Final = re.compile(r"(?:(?<![\w.,/-])|(?<=FY))(?:19|20)\d\d(?![\w-]|[.,]\d)")
_LONG: Final = 5
_TELLING: Final = 3
"""Digits of a number that names one thing, and of one that tells texts apart."""
_SAME: Final = {
    word: f"(?:{'|'.join(group)})"
    for group in (
        ("absatz", "abs"),
        ("article", "artikel", "art"),
        ("nummer", "number", "nr", "no"),
        ("section", "sec"),
        ("paragraph", "para"),
        ("figure", "fig"),
        ("abbildung", "abb"),
    )
    for word in group
}


@dataclass(frozen=True, slots=True)
class Pointer:
    """One thing that is pointed at; `is_sure` that it names one thing, as a part number does, "5.1" not.

    `weight` is what it weighs against meaning and words.
    """

    text: str
    pattern: re.Pattern[str]
    weight: float = NAMED
    is_sure: bool = True
    is_year: bool = False

    @property
    def is_file(self) -> bool:
        """Whether it is a file's name."""
        return self.weight != QUOTED and _FILE.fullmatch(self.text) is not None

    def among(self, texts: Mapping[Key, str]) -> set[Key]:
        """Those of the texts, as `legible` gave them, that have it.

        A year is that of the file or title, the first two lines; only where none has it there, of the rest.
        """
        if self.is_year:
            heads = {key: "\n".join(text.split("\n", 2)[:2]) for key, text in texts.items()}
            dated = {key for key, head in heads.items() if self.pattern.search(head)}
            if dated:
                return dated
        return {key for key, text in texts.items() if self.pattern.search(text)}


@dataclass(frozen=True, slots=True)
class Pointed:
    """How much of what is pointed at a text has (0 to 1), what the weightiest weighs, whether it is sure."""

    share: float = 0.0
    weight: float = 0.0
    is_sure: bool = False


def legible(text: str) -> str:
    """A text as pointers are looked for in it."""
    return plain(text).casefold()


def pointers_of(question: str) -> list[Pointer]:
    """What the question points at, in its order, what is in quotes first; at most six."""
    text = plain(question)
    rest = QUOTATION.sub(" ", text)
    places = [found[0].strip(" .,") for found in _PLACE.finditer(rest)]
    rest = _PLACE.sub(" ", rest)
    spaced = [found[0] for found in _SPACED.finditer(rest)]
    named = list(_named(_SPACED.sub(" ", rest)))
    made = [
        *(_pointer(words, QUOTED) for words in quoted(text)),
        *(_pointer(words) for words in (*places, *spaced)),
        *(_pointer(words, weight, is_sure=is_sure) for words, weight, is_sure in named),
        *(_of_year(year) for year in _YEAR.findall(rest)),
    ]
    return list({each.pattern.pattern: each for each in reversed(made) if each}.values())[::-1][:MOST]


def point(pointers: Sequence[Pointer], texts: Mapping[Key, str]) -> dict[Key, Pointed]:
    """What each of the texts has of what is pointed at; those that have nothing of it are left out.

    What none of the texts has tells nothing apart and does not count.
    """
    if not pointers:
        return {}
    read = {key: legible(text) for key, text in texts.items()}
    having = [(each, each.among(read)) for each in pointers]
    found = {key: [each for each, keys in having if key in keys] for key in read}
    whole = sum(each.weight for each, keys in having if keys)
    return {
        key: Pointed(
            sum(each.weight for each in had) / whole,
            max(each.weight for each in had),
            any(each.is_sure for each in had),
        )
        for key, had in found.items()
        if had
    }


def _of_year(year: str) -> Pointer:
    pattern = re.compile(rf"(?<!\d){year}(?!\d)")
    return Pointer(year, pattern, COUNTED, is_sure=False, is_year=True)


def _named(text: str) -> Iterator[tuple[str, float, bool]]:
    """Identifiers, addresses, files and figures, each with its weight and whether it names one thing."""
    for token in _TOKEN.findall(text):
        digits = sum(map(str.isdigit, token))
        if "@" in token or "_" in token.strip("_") or _FILE.fullmatch(token):
            yield token, NAMED, True
        elif not digits or _UNIT.fullmatch(token):
            continue
        elif _LETTER.search(token) or digits >= _LONG:
            yield token, NAMED, len(token) > 2  # noqa: PLR2004 - "Q3" is not one thing
        elif not token.isdigit():
            yield token, NAMED, False
        elif digits >= _TELLING and not _YEAR.fullmatch(token):
            yield token, COUNTED, False


def _pointer(words: str, weight: float = NAMED, *, is_sure: bool = True) -> Pointer | None:
    text = words.casefold()
    atoms = list(_ATOM.finditer(text))
    if not atoms:
        return None
    pattern, end = "", 0
    for atom in atoms:
        if pattern:
            pattern += (
                r"[\W_]{1,8}" if weight == QUOTED and _is_spaced(text[end : atom.start()]) else r"[\W_]{0,3}"
            )
        pattern += _spelt(atom[0])
        end = atom.end()
    first, last = atoms[0][0], atoms[-1][0]
    edged = _edge(first[0], ahead=False) + pattern + _edge(last[-1], ahead=True)
    return Pointer(words, re.compile(edged), weight, is_sure)


def _is_spaced(between: str) -> bool:
    """Whether words were written apart: "data base" in quotes is not "database"."""
    return any(character.isspace() for character in between)


def _spelt(atom: str) -> str:
    """The atom however it is spelt: 1234567 is also 1,234,567."""
    if atom.startswith("\u00a7"):
        return "\u00a7+"
    if not atom.isdigit():
        return _SAME.get(atom, re.escape(atom))
    if len(atom) < _LONG:
        return atom
    head = len(atom) % 3 or 3
    return r"[.,' \u2019]?".join([atom[:head], *(atom[at : at + 3] for at in range(head, len(atom), 3))])


def _edge(character: str, *, ahead: bool) -> str:
    """That nothing of the same word or number goes on there."""
    if re.match(f"[{UNSPACED}\u00a7]", character):
        return ""
    if character.isdigit():
        return r"(?![^\W_])(?![.,]\d)" if ahead else r"(?<![^\W_])(?<!\d[.,])"
    return r"(?![^\W_])" if ahead else r"(?<![^\W_])"
