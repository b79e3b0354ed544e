"""BM25 as sparse vectors: what a chunk says of each term, what a question asks for (Robertson 2009).

A term is a stemmed word, a pair of characters where a script writes no spaces, or an identifier, whole and in
parts. Each is hashed to 29 bits, so that pgvector's sparsevec (at most 10⁹ dimensions) holds it.
"""

import math
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import snowballstemmer

DIMENSIONS = 1 << 29
K1 = 1.2
B = 0.75
# A document's weight must not change when others arrive, so the average length is fixed: that of a chunk of
# 1,000 characters.
AVERAGE_LENGTH = 150.0
MAX_TERMS = 4000

_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish",
    "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian",
    "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish",
    "ta": "tamil", "tr": "turkish",
}  # fmt: skip

UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_RUN = re.compile(f"[{UNSPACED}]+")
# Python takes vowel signs and other marks for the end of a word: the scripts of India are named whole.
LETTER = r"(?:[^\W_]|[\u0300-\u036f\u0483-\u0487\u0610-\u061a\u0670\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff])"
_TOKEN = re.compile(f"{LETTER}+(?:[-_./:@#+'\u2019]{LETTER}+)*")
_PART = re.compile(f"{LETTER}+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LETTER_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}([.,' \u2019])\d{3}(?:\1\d{3})*(?!\d)")
_MARKS = re.compile("[\u064b-\u0652\u0640\u0591-\u05c7\u00ad\u200b-\u200f]")
_DIGITS = {
    code: str(unicodedata.decimal(chr(code))) for code in range(0x660, 0x10000) if chr(code).isdecimal()
}
_lock = threading.Lock()
_loaded: dict[str, Any] = {}


def document_terms(text: str, language: str | None) -> dict[int, float]:
    """Weight by term for one chunk.

    BM25's saturated frequency, without the idf, which belongs to the question.
    """
    return weights_by_term(*counted(text, language))


def weights_by_term(counts: Counter[str], length: int) -> dict[int, float]:
    """The same from how often each term stands in the chunk and how long it is in words."""
    norm = K1 * (1 - B + B * length / AVERAGE_LENGTH)
    weights: dict[int, float] = {}
    for term, count in counts.most_common(MAX_TERMS):
        index = term_hash(term)
        weights[index] = weights.get(index, 0.0) + count * (K1 + 1) / (count + norm)
    return weights


def counted(text: str, language: str | None) -> tuple[Counter[str], int]:
    """How often each term stands in the text, and its length in words."""
    counts: Counter[str] = Counter()
    length = 0
    for term, base in terms_of(text, language):
        counts[term] += 1
        length += base
    return counts, length


def query_terms(text: str, *languages: str | None) -> list[int]:
    """The terms of a question, each once, in its order.

    Several languages may be given: a short question does not tell its own, and a knowledge base may hold more
    than one, each stemmed by its own rules.
    """
    terms = (term for language in (languages or (None,)) for term, _ in terms_of(text, language))
    return list(dict.fromkeys(term_hash(term) for term in terms))


def idf(documents: int, containing: int) -> float:
    """Weight of a term in a question, from how many chunks there are and how many hold it; never negative."""
    containing = min(containing, documents)
    return math.log(1 + (documents - containing + 0.5) / (containing + 0.5))


@lru_cache(maxsize=200_000)
def term_hash(term: str) -> int:
    """A stable number below DIMENSIONS."""
    return int.from_bytes(blake2b(term.encode(), digest_size=8).digest(), "big") % DIMENSIONS


def plain(text: str) -> str:
    """The text in compatible characters and the digits 0 to 9, without marks that readers leave out."""
    if text.isascii():
        return text
    return _MARKS.sub("", unicodedata.normalize("NFKC", text)).translate(_DIGITS)


def terms_of(text: str, language: str | None) -> Iterator[tuple[str, bool]]:
    """Every term; the flag is False for the whole of an identifier or a number, which repeats its parts.

    A number is one however its thousands are grouped: 1,234,567 and 1.234.567 are also 1234567.
    """
    text = plain(text)
    for number in _GROUPED.finditer(text):
        yield "".join(_PART.findall(number[0])), False
    for token in _TOKEN.findall(text):
        if _RUN.search(token):
            yield from _mixed(token, language)
        else:
            yield from _word_terms(token, language)


def _mixed(token: str, language: str | None) -> Iterator[tuple[str, bool]]:
    """Text of a script without spaces, in pairs of characters.

    What stands between in other scripts, as words.
    """
    at = 0
    for run in _RUN.finditer(token):
        for word in _TOKEN.findall(token[at : run.start()]):
            yield from _word_terms(word, language)
        letters = run[0]
        yield from ((letters[i : i + 2], True) for i in range(max(1, len(letters) - 1)))
        at = run.end()
    for word in _TOKEN.findall(token[at:]):
        yield from _word_terms(word, language)


def _word_terms(token: str, language: str | None) -> Iterator[tuple[str, bool]]:
    parts = [
        piece
        for part in _PART.findall(token)
        for hump in _HUMP.split(part)
        for piece in _LETTER_DIGIT.split(hump)
    ]
    for part in parts:
        yield stem(part.lower(), language), True
    if len(parts) > 1 and _is_identifier(token):
        yield "=" + "".join(_PART.findall(token)).lower(), False


def _is_identifier(token: str) -> bool:
    return any(character.isdigit() for character in token) or "_" in token or bool(_HUMP.search(token))


@lru_cache(maxsize=200_000)
def stem(word: str, language: str | None) -> str:
    """The word's stem by Snowball's rules for the language; the word itself where there are none."""
    algorithm = _STEMMERS.get(language or "")
    if algorithm is None:
        return word
    with _lock:
        if algorithm not in _loaded:
            _loaded[algorithm] = snowballstemmer.stemmer(algorithm)
        stemmed: str = _loaded[algorithm].stemWord(word)
    return stemmed
