"""Names that what stands beside them tells: who wrote a mail that is answered, whose relative somebody is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

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
_VERBS: Final = re.compile("wrote|schrieb|écrit|escribió|scritto|escreveu")
_KIN: Final = re.compile(
    r"\b(?:brother|sister|daughter|son|mother|father|wife|husband|uncle|aunt|niece|nephew|cousin"
    r"|frère|sœur|fille|fils|mère|père|femme|mari|oncle|tante|nièce|neveu"
    r"|hermano|hermana|hija|hijo|madre|padre|esposa|marido|tío|tía|sobrina|sobrino"
    r"|fratello|sorella|figlia|figlio|moglie|marito|zio|zia|nipote"
    r"|irmão|irmã|filha|filho|mãe|pai|tio|tia|sobrinha|sobrinho|esposo),? "
    rf"(?P<name>{_FULL})(?![\w-])"
)


def mentioned(reading: Reading) -> Iterator[Hit]:
    """Who wrote what is quoted below, and relatives by name."""
    text, never = reading.text, word_list("not_names")
    patterns = [_KIN]
    if _VERBS.search(text):
        patterns += (_WROTE, _SCHRIEB)
    for pattern in patterns:
        for match in pattern.finditer(text):
            name = match.group("name")
            if name.split(" ")[0] not in never and not name.isupper():
                yield Kind.NAME, *match.span("name"), name.casefold(), "", Certainty.TOLD
