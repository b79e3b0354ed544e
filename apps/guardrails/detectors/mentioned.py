"""Names that what stands beside them tells: who wrote a mail that is answered, whose relative somebody is."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from ahocorasick_rs import AhoCorasick

from apps.guardrails.detectors.kinds import Certainty, Kind
from apps.guardrails.detectors.lexicon import CAPITALISED, word_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.guardrails.detectors.numbers import Hit
    from apps.guardrails.detectors.reading import Reading

_FULL: Final = (
    rf"{CAPITALISED}(?:[ -](?:(?:de|da|do|dos|van|von|der|di|del|el|al|la|le) ){{0,2}}{CAPITALISED}){{0,3}}"
)
_WROTE: Final = re.compile(
    rf"[0-9]{{2}}(?: Uhr)?,? (?:schrieb )?(?P<name>{_FULL})(?: <[^>\n]{{3,80}}>)?"
    r" ?(?:wrote|a écrit|escribió|ha scritto|escreveu)\b"
)
_SCHRIEB: Final = re.compile(rf"[0-9]{{2}}(?: Uhr)? schrieb (?P<name>{_FULL})")
_VERBS: Final = ("wrote", "schrieb", "a écrit", "escribió", "ha scritto", "escreveu")
_BACK: Final = 120
"""Code points before "wrote" that hold the time and the name."""
_KIN: Final = (
    "brother sister daughter son mother father wife husband uncle aunt niece nephew cousin frère "
    "sœur fille fils mère père femme mari oncle tante nièce neveu hermano hermana hija hijo madre "
    "padre esposa marido tío tía sobrina sobrino fratello sorella figlia figlio moglie marito zio "
    "zia nipote irmão irmã filha filho mãe pai tio tia sobrinha sobrinho esposo "
)
_NAME: Final = re.compile(rf",? (?P<name>{_FULL})(?![\w-])")


@cache
def _words() -> tuple[AhoCorasick, int]:
    """Finds all of these words at once; how many of them are relatives."""
    kin = _KIN.split()
    return AhoCorasick([*kin, *_VERBS]), len(kin)


def mentioned(reading: Reading) -> Iterator[Hit]:
    """Who wrote what is quoted below, and relatives by name."""
    text, never = reading.text, word_list("not_names")
    automaton, kin = _words()
    for word, start, end in automaton.find_matches_as_indexes(text):
        if (start and text[start - 1].isalnum()) or text[end : end + 1].isalnum():
            continue
        if word < kin:
            found = [_NAME.match(text, end)]
        else:
            begin, until = max(0, start - _BACK), min(len(text), end + _BACK)
            found = [pattern.search(text, begin, until) for pattern in (_WROTE, _SCHRIEB)]
        for match in filter(None, found):
            name = match.group("name")
            if name.split(" ")[0] not in never and not name.isupper():
                yield Kind.NAME, *match.span("name"), name.casefold(), "", Certainty.TOLD
