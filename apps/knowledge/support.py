"""Whether a passage says what a claim says.

Shared words by stem, the same numbers, the same sense of negation.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from apps.knowledge.language import FUNCTION_WORDS, detect_language
from apps.knowledge.lexical import stem, terms_of
from apps.knowledge.sentences import Span, has_words, sentence_spans

MAX_QUOTE = 400
MAX_UNITS = 3
_GAIN = 0.3
_NEAR_COPY = 1.6

_NUMBER = re.compile(r"\d+(?:[.,'\u2019\u00a0\u202f]\d+)*")
_GROUPED = re.compile(r"\d{1,3}(?:([.,'\u2019\u00a0\u202f])\d{3})(?:\1\d{3})*$")
_GROUPED_DECIMAL = re.compile(r"(\d{1,3}(?:,\d{3})+)\.(\d+)$|(\d{1,3}(?:\.\d{3})+),(\d+)$")
_GROUPING_SPACE = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_PLACE = re.compile(
    r"\b(?:pages?|seiten?|slides?|folien?|p\.|s\.)\s*\d+(?:\s*[-\u2013]\s*\d+)?", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_]+")
_PREFIX = re.compile(r"(?:[-*+\u2022\u25aa\u25e6|>]|\d{1,3}[.)])[ \t]+")
_ENDED = re.compile(r"[.!?:;\u2026\u3002\uff01\uff1f][\"')\u201d\u2019\u00bb]*$")
_ROW_NUMBERS = 2
_WHOLE_AND_DECIMALS = 2

_COUNTS = {
    language: {word: str(number) for number, word in enumerate(words.split(), start=1)}
    for language, words in {
        "en": "one two three four five six seven eight nine ten eleven twelve",
        "de": "ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "fr": "un deux trois quatre cinq six sept huit neuf dix onze douze",
        "es": "uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
    }.items()
}
_NEGATIONS = frozenset(
    re.findall(
        r"[^\W_]+",
        "not no never none neither nor without cannot nobody nothing prohibited forbidden isn aren wasn "
        "weren don doesn didn won wouldn shouldn couldn mustn nicht kein keine keinen keinem keiner nie "
        "niemals niemand nichts ohne verboten untersagt unzulässig jamais aucun aucune sans interdit "
        "nunca ningún ninguna prohibido nessun nessuna senza vietato niet geen nooit zonder não nem "
        "proibido",
    )
)


@dataclass(frozen=True, slots=True)
class Words:
    """A text as it is compared: stems that carry meaning, numbers in one spelling, whether it negates."""

    stems: frozenset[str]
    numbers: frozenset[str]
    negates: bool


@dataclass(frozen=True, slots=True)
class Support:
    """The best stretch of a passage for a claim.

    The share of the claim's words in it (0 to 1), how many, where.
    """

    coverage: float
    matched: int
    numbers: int
    contradicted: bool
    rank: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Unit:
    start: int
    end: int
    words: Words
    alone: bool


class Evidence:
    """A passage prepared to be compared with many claims."""

    def __init__(self, text: str, title: str = "") -> None:
        self.text = text
        self.language = detect_language(text)
        self.numbers = numbers_of(text, self.language)
        self._title = words_of(title, self.language).stems
        self._units = self._prepared()

    def claim_words(self, claim: str, language: str | None) -> Words:
        """A claim's words in this passage's stems, the passage's own title and page numbers left out."""
        words = words_of(_PLACE.sub(" ", claim), self.language or language, language)
        return Words(words.stems - self._title, words.numbers, words.negates)

    def best(self, claim: Words) -> Support | None:
        """The shortest stretch that holds most of the claim; None where no word or number of it occurs."""
        best: Support | None = None
        for first in range(len(self._units)):
            for last in range(first, min(first + MAX_UNITS, len(self._units))):
                units = self._units[first : last + 1]
                if len(units) > 1 and any(unit.alone for unit in units):
                    break
                found = self._compared(claim, units)
                if found and (best is None or found.rank > best.rank):
                    best = found
        return best

    def _compared(self, claim: Words, units: list[_Unit]) -> Support | None:
        stems = frozenset[str]().union(*(unit.words.stems for unit in units))
        numbers = frozenset[str]().union(*(unit.words.numbers for unit in units))
        matched = len(claim.stems & stems)
        shared = len(claim.numbers & numbers)
        if not matched and not shared:
            return None
        wanted = len(claim.stems) + len(claim.numbers)
        start, end = self._quoted(units[0].start, units[-1].end, claim.stems)
        coverage = (matched + shared) / wanted
        contradicted = _contradicts(claim, units)
        return Support(
            coverage=coverage,
            matched=matched,
            numbers=shared,
            contradicted=contradicted,
            rank=coverage - _GAIN * (len(units) - 1) - contradicted,
            start=start,
            end=end,
        )

    def _prepared(self) -> list[_Unit]:
        header = _table_header(self.text)
        rows: list[_Unit] = []
        for start, end in _units(self.text):
            text = self.text[start:end]
            words = words_of(text, self.language)
            row = text.lstrip().startswith("|")
            if row and header:
                words = Words(words.stems | header, words.numbers, words.negates)
            data = len(words.numbers) >= _ROW_NUMBERS and not _ENDED.search(text)
            rows.append(_Unit(start, end, words, alone=row or data))
        return rows

    def _quoted(self, start: int, end: int, stems: frozenset[str]) -> Span:
        """The stretch without a bullet; one that is too long for a quote begins at the first shared word."""
        prefix = _PREFIX.match(self.text, start, end)
        start = prefix.end() if prefix else start
        while end > start and self.text[end - 1] in "| ":
            end -= 1
        if end - start <= MAX_QUOTE:
            return start, end
        shared = (
            word.start()
            for word in _WORD.finditer(self.text, start, end)
            if stem(word[0].lower(), self.language) in stems
        )
        start = next(shared, start)
        if end - start <= MAX_QUOTE:
            return start, end
        cut = self.text.rfind(" ", start, start + MAX_QUOTE)
        return start, cut if cut > start else start + MAX_QUOTE


def _contradicts(claim: Words, units: list[_Unit]) -> bool:
    """Whether only one negates: the claim, or the sentence that holds most of it and says little else."""
    core = max(units, key=lambda unit: len(claim.stems & unit.words.stems)).words
    near_copy = len(core.stems) <= _NEAR_COPY * max(1, len(claim.stems))
    return claim.negates != core.negates and (claim.negates or near_copy)


def words_of(text: str, language: str | None, other: str | None = None) -> Words:
    """The text's words in the stems of `language`, without function words of `language` and of `other`."""
    dull = _dull(language, language) | _dull(other or language, language)
    stems = frozenset(
        term for term, base in terms_of(text, language) if base and not term.isdecimal() and term not in dull
    )
    lower = {word.lower() for word in _WORD.findall(text)}
    return Words(stems, numbers_of(text, other or language), not _NEGATIONS.isdisjoint(lower))


def numbers_of(text: str, language: str | None) -> frozenset[str]:
    """The numbers in one spelling: no grouping, a point before decimals, no leading zeros.

    Counting words to twelve.
    """
    text = unicodedata.normalize("NFKC", _GROUPING_SPACE.sub("'", text))
    found = {_canonical(number) for number in _NUMBER.findall(text)}
    counts = _COUNTS.get(language or "", {})
    counted = {counts[word] for word in map(str.lower, _WORD.findall(text)) if word in counts}
    return frozenset(found | (counted - {"1"}))


def _canonical(number: str) -> str:
    both = _GROUPED_DECIMAL.match(number)
    if both:
        whole, decimals = (both[1], both[2]) if both[1] else (both[3], both[4])
        return _with_decimals(whole, decimals)
    if _GROUPED.match(number):
        return _digits(number)
    parts = re.split(r"[^\d]", number)
    if len(parts) == _WHOLE_AND_DECIMALS:
        return _with_decimals(parts[0], parts[1])
    return ".".join(_digits(part) for part in parts)


def _with_decimals(whole: str, decimals: str) -> str:
    decimals = decimals.rstrip("0")
    return f"{_digits(whole)}.{decimals}" if decimals else _digits(whole)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text).lstrip("0") or "0"


@lru_cache(maxsize=500)
def _dull(language: str | None, stems_of: str | None) -> frozenset[str]:
    """Function and counting words of a language, as the stemmer of another (or the same) leaves them."""
    words = (
        FUNCTION_WORDS.get(language or "", frozenset()) | _NEGATIONS | _COUNTS.get(language or "", {}).keys()
    )
    return frozenset(stem(word, stems_of) for word in words)


def _units(text: str) -> list[Span]:
    """Sentences and lines; a line that ends without a stop goes with a next one that begins in lower case."""
    units: list[Span] = []
    for start, end in sentence_spans(text):
        if not has_words(text[start:end]):
            continue
        if units and text[start].islower() and not _ENDED.search(text[units[-1][0] : units[-1][1]]):
            units[-1] = units[-1][0], end
        else:
            units.append((start, end))
    return units


def _table_header(text: str) -> frozenset[str]:
    """The stems of a Markdown table's head, which belong to each of its rows."""
    lines = [line for line in text.split("\n") if line.lstrip().startswith("|")]
    return words_of(lines[0], detect_language(text)).stems if len(lines) > 1 else frozenset()
