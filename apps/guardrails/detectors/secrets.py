"""Secrets: keys in their vendor's documented form, private keys, tokens, passwords by a telling word."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from math import log2
from typing import TYPE_CHECKING, Final

from ahocorasick_rs import AhoCorasick

from apps.guardrails.detectors.kinds import Certainty, Kind
from apps.guardrails.detectors.secret_forms import VENDORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.guardrails.detectors.numbers import Hit
    from apps.guardrails.detectors.reading import Reading

_PEM: Final = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END: Final = re.compile(r"-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----")
LONGEST_KEY: Final = 20_000
"""Code points of a private key in PEM; a longer one is found up to there."""
_LOGIN: Final = re.compile(r"://[^\s/:@'\"]{0,64}:([^\s/@'\"]{1,128})@(?=[\w\[.$-])")
_LONGEST_LOGIN: Final = 200
_BEARER: Final = re.compile(
    r"(?:[\s:]|bearer|basic|token){0,4}([A-Za-z0-9._~+/-]{16,2000}={0,2})", re.IGNORECASE
)
_ASSIGNED: Final = re.compile(
    r"""["'\])]{0,2}\ ?(?P<sign>[:=]=?>?|\b(?:is|was|lautet|ist|est|es|è|é|sind|are|être)\b:?)\s{0,2}"""
    r"""["'`(]?(?P<value>[^\s"'`<>,;]{4,200})""",
    re.IGNORECASE,
)
_OF: Final = re.compile(
    r"""(?:[ '][^\W\d_]{1,12}){1,4}?[ ']?(?::|=|\b(?:is|was|lautet|ist|est|es|è|é)\b:?)\s{1,2}"""
    r"""["'`(]?(?P<value>[^\s"'`<>,;]{6,200})""",
    re.IGNORECASE,
)
"""As _ASSIGNED, with the words between that say what it opens: “the password of the portal is …”."""
_DIRECT: Final = re.compile(
    r" (?P<value>(?=[^\s@/:]{0,62}[!#$%&*+?^~][^\s@/:])[^\s\"'`<>,;@/:]{8,64})(?=\s|\Z)"
)
"""What stands behind the word without any sign, with a sign inside that words do not have."""
_SPECIAL: Final = re.compile(r"[!#$%&*+=?@^~]")
_USER_AND: Final = re.compile(
    r"\s?[:=]\s{0,2}[^\s/|]{1,64}\s?[/|]\s?(?P<value>[^\s/|<>\"']{4,64})(?!/)(?![^\s])"
)
_BLOB: Final = re.compile(r"(?<![\w/+.-])[A-Za-z0-9+_=-]{20,200}(?![\w/+.])")
_UNSET: Final = re.compile(
    r"[$<{%*\[(/]|\.\.\.|.*(?:://|\(|your|xxx|\*\*\*|changeme|placeholder|redacted|<)"
    r"|(?:none|null|true|false|undefined|string|required|optional|os\.environ|process\.env|env\.)",
    re.IGNORECASE,
)
_PLAIN: Final = re.compile(
    r"[A-Za-zÀ-ÿ]?[a-zà-ÿ]+(?:[-_.][A-Za-zÀ-ÿ]?[a-zà-ÿ]+)*|[0-9]{1,5}|[0-9./:-]{1,10}|[A-Z_]+"
)
"""A word, a short number, a date: no secret by its look."""
_DIGIT, _CAPITAL, _LETTER = re.compile("[0-9]"), re.compile("[A-Z]"), re.compile("[a-z]")
_HEADERS: Final = frozenset(("bearer", "authorization"))
_LEAST_MIXED: Final = 6
_NEAR, _LONG = 40, 64
"""Code points: how far a telling word reaches, and from which length on words inside a value tell nothing."""
_RANDOM: Final = 3.5
"""Bits per character, from which on twenty characters of letters and digits are no word."""


@cache
def _prefixes() -> tuple[AhoCorasick, list[tuple[str, re.Pattern[str]]]]:
    """The automaton of all prefixes, and for each its vendor and what may follow it."""
    forms = [
        (prefix, name, re.compile(rest + r"(?![A-Za-z0-9_])"))
        for name, prefixes, rest in VENDORS
        for prefix in prefixes
    ]
    automaton = AhoCorasick([*(prefix for prefix, _, _ in forms), "://", "-----BEGIN "])
    return automaton, [(name, rest) for _, name, rest in forms]


def secrets(reading: Reading) -> Iterator[Hit]:
    """Everything that gives access."""
    text = reading.text
    automaton, forms = _prefixes()
    done = 0
    for at, start, end in automaton.find_matches_as_indexes(text, overlapping=True):
        if start < done:
            continue
        if at < len(forms):
            found = _vendor(text, forms[at], start, end)
        else:
            found = _login(text, start) if at == len(forms) else _private_key(text, start)
        if found:
            done = found[2]
            yield found
    yield from _assigned(reading)
    for _, end in reading.cues.spans("login"):
        match = _USER_AND.match(text, end)
        if match and _secret_looking(match.group("value"), by_sign=True):
            yield _hit(text, match.start("value"), match.end("value"), "login", Certainty.TOLD)


def _hit(text: str, start: int, end: int, detail: str, certainty: Certainty) -> Hit:
    return Kind.SECRET, start, end, text[start:end], detail, certainty


def _vendor(text: str, form: tuple[str, re.Pattern[str]], start: int, end: int) -> Hit | None:
    name, rest = form
    before = text[start - 1] if start and text[start].isalnum() else " "
    if before.isalnum() or before == "_" or (before == "-" and name == "jwt"):
        return None
    match = rest.match(text, end)
    if not match:
        return None
    return _hit(text, end if text[start] in "&?" else start, match.end(), name, Certainty.CHECKED)


def _login(text: str, start: int) -> Hit | None:
    match = _LOGIN.match(text, start) if text.find("@", start, start + _LONGEST_LOGIN) > 0 else None
    if not match or _UNSET.match(match.group(1)):
        return None
    return _hit(text, match.start(1), match.end(1), "login", Certainty.CHECKED)


def _private_key(text: str, start: int) -> Hit | None:
    begin = _PEM.match(text, start)
    if not begin:
        return None
    end = text.find("-----", begin.end(), start + LONGEST_KEY)
    closing = _PEM_END.match(text, end) if end >= 0 else None
    end = closing.end() if closing else end if end >= 0 else min(len(text), start + LONGEST_KEY)
    return _hit(text, start, end, "private_key", Certainty.CHECKED)


def _assigned(reading: Reading) -> Iterator[Hit]:
    """What is set behind a telling word; without a sign between, only what looks drawn by lot."""
    text, done = reading.text, 0
    blob = _BLOB.search(text) if "assigned" in reading.cues.categories else None
    for start, end in reading.cues.spans("assigned"):
        if start < done:
            continue
        bearer = _BEARER.match(text, end) if text[start:end].casefold() in _HEADERS else None
        if bearer and not _PLAIN.fullmatch(bearer.group(1)):
            done = bearer.end()
            yield _hit(text, bearer.start(1), done, "bearer", Certainty.TOLD)
            continue
        match = _ASSIGNED.match(text, end)
        if match:
            done = match.end() if len(match.group("value")) > _LONG else done
            yield from _value(text, match)
            continue
        match = _OF.match(text, end) or _DIRECT.match(text, end)
        if match and _mixed(value := match.group("value").rstrip(".,:;?)]}")):
            first = match.start("value")
            yield _hit(text, first, first + len(value), "assigned", Certainty.TOLD)
            continue
        while blob and blob.start() < end:
            blob = _BLOB.search(text, max(end, blob.end()))
        if blob and blob.start() < end + _NEAR and _random(blob.group()):
            yield _hit(text, blob.start(), blob.end(), "random", Certainty.LIKELY)


def _value(text: str, match: re.Match[str]) -> Iterator[Hit]:
    """The assigned value without what ends the sentence, if it looks like a secret."""
    value = match.group("value").rstrip(".,:;?)]}")
    by_sign = match.group("sign")[0] in ":="
    if _secret_looking(value, by_sign=by_sign):
        start = match.start("value")
        yield _hit(text, start, start + len(value), "assigned", Certainty.TOLD)


def _secret_looking(value: str, *, by_sign: bool) -> bool:
    if len(value) < (4 if by_sign else 6) or _UNSET.match(value) or _PLAIN.fullmatch(value):
        return False
    return by_sign or any(map(str.isdigit, value)) or _random(value)


def _mixed(value: str) -> bool:
    """Digits among letters of both kinds, or beside a sign that words do not have."""
    if not _DIGIT.search(value) or not (_LETTER.search(value) or _CAPITAL.search(value)):
        return False
    both = _CAPITAL.search(value) and _LETTER.search(value)
    return len(value) >= _LEAST_MIXED and bool(both or _SPECIAL.search(value)) and not _UNSET.match(value)


def _random(text: str) -> bool:
    """Small letters, capitals and digits, mixed evenly."""
    if not (_DIGIT.search(text) and _CAPITAL.search(text) and _LETTER.search(text)):
        return False
    size = len(text)
    return -sum(each / size * log2(each / size) for each in Counter(text).values()) >= _RANDOM
