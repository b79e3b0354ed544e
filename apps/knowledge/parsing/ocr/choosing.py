"""Who reads a page: PP-OCR, or the pack of weights whose reading of some lines is surest.

Tesseract's own detection of scripts is right on clean pages and wrong on most bad ones; what each pack makes
of a few lines tells scripts apart on both (docs/adr/0028).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, Protocol

from apps.knowledge.language import detect_language
from apps.knowledge.parsing.ocr.languages import AUTOMATIC, LANGUAGES, Language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.knowledge.parsing.ocr.models import Picture
    from apps.knowledge.parsing.ocr.tesseract import Pack

ENOUGH = 0.85
"""Sureness at which nobody else is asked."""

_FIRST = 3
_LONG = 2.5
_MIN_READ = 0.3
_SIGNS, _WELL, _SURER = 0.005, 0.6, 0.1


class Recogniser(Protocol):
    """Reads pictures of lines. Lines below `doubt` may be in writing that it does not know.

    What is below `least` is left out; `counted` is the share of a page's lines that its sureness rests on.
    """

    doubt: float
    least: float
    counted: float

    @property
    def language(self) -> Language | None:
        """What it reads; None for all that PP-OCR knows."""

    def read(self, lines: list[Picture]) -> list[tuple[str, float]]:
        """Text and confidence (0 to 1) of each."""


class Reading(NamedTuple):
    """A recogniser and how sure it is of the lines that it was shown, 0 to 1."""

    recogniser: Recogniser
    sure: float


class Chooser:
    """Chooses a recogniser for the pages of one document; the last one is asked first."""

    def __init__(self, models: Recogniser, packs: Mapping[str, Pack], choice: str = AUTOMATIC) -> None:
        self.models = models
        language = LANGUAGES.get(choice)
        self.fixed: Recogniser | None = None
        if language is not None:
            self.fixed = packs.get(language.code) or (None if language.pack else models)
        self._packs = packs
        self._last: Recogniser = models
        self._scripts: dict[str, list[Pack]] = {}
        for pack in packs.values():
            if not pack.language.is_latin:
                self._scripts.setdefault(pack.language.script, []).append(pack)

    def best(self, lines: list[Picture]) -> Reading:
        """Who reads these lines, the longest of a page, best."""
        if self.fixed is not None:
            return Reading(self.fixed, sureness(self.fixed, lines))
        first = self._likely(lines)
        best = Reading(first, sureness(first, lines))
        if best.sure < ENOUGH and first is not self.models:
            best = max(best, Reading(self.models, sureness(self.models, lines)), key=_sure)
        if best.sure < ENOUGH and lines:
            best = max([best, *self._probed(lines)], key=_sure)
        return best

    def remember(self, recogniser: Recogniser) -> None:
        """A page was read by it: the next one probably will be, too."""
        language = recogniser.language
        self._last = self.models if language and language.is_latin else recogniser

    def other(self, recogniser: Recogniser, lines: list[Picture]) -> Reading | None:
        """Who reads lines best that the page's recogniser doubts; None where there is nobody else."""
        if recogniser is not self.models:
            return Reading(self.models, sureness(self.models, lines))
        found = [] if self.fixed is not None else self._probed(lines)
        return max(found, key=_sure, default=None)

    def for_marks(self, text: str) -> Pack | None:
        """The pack for a language in Latin letters whose marks PP-OCR loses; None for all others."""
        if self.fixed is not None:
            return None
        return self._packs.get(detect_language(text) or "")

    def _likely(self, lines: list[Picture]) -> Recogniser:
        """The last page's recogniser, or the language of its script that reads this one better."""
        if self._last.language is None:
            return self._last
        packs = self._scripts[self._last.language.script]
        return max(packs, key=lambda pack: _signed(pack, lines[:_FIRST])) if len(packs) > 1 else packs[0]

    def _probed(self, lines: list[Picture]) -> list[Reading]:
        """What the languages of the likeliest script make of the lines; none without packs."""
        long = [line for line in lines if line.shape[1] >= _LONG * line.shape[0]]
        few = long[:_FIRST]
        if not few:
            return []
        likely = max(self._scripts.values(), key=lambda packs: sureness(packs[0], few), default=[])
        return [Reading(pack, _signed(pack, long)) for pack in likely]


def sureness(recogniser: Recogniser, lines: list[Picture], *, signs: str = "") -> float:
    """Mean confidence over the lines; one that gives hardly a letter for its length counts as nothing.

    Of a pack's lines the surer ones count: a Latin line among them speaks for no other script. Where `signs`
    are one of two hundred letters or more in what is read well, it is the surer.
    """
    if not lines:
        return 0.0
    texts = recogniser.read(lines)
    sure = sorted(
        (
            sure if len(text.strip()) >= _MIN_READ * line.shape[1] / max(1, line.shape[0]) else 0.0
            for line, (text, sure) in zip(lines, texts, strict=True)
        ),
        reverse=True,
    )
    counted = sure[: math.ceil(recogniser.counted * len(sure))]
    letters = [letter for text, sure in texts if sure >= _WELL for letter in text.lower() if letter.isalpha()]
    is_signed = sum(letter in signs for letter in letters) > _SIGNS * len(letters)
    return sum(counted) / len(counted) + _SURER * is_signed


def _signed(pack: Pack, lines: list[Picture]) -> float:
    return sureness(pack, lines, signs=pack.language.signs)


def _sure(reading: Reading) -> float:
    return reading.sure
