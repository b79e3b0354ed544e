"""The labelled sentences, and how well the detectors find what is labelled."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from apps.guardrails.detectors.finding import find
from apps.guardrails.detectors.kinds import Kind

FOLDER = Path(__file__).parent / "labelled"
LANGUAGES = ("en", "de", "fr", "es", "it", "pt")
_LABEL = re.compile(r"\[\[(\w+)\|(.*?)\]\]", re.DOTALL)


@dataclass(frozen=True)
class Sentence:
    """A text without its marks, and the spans that must be found."""

    text: str
    spans: tuple[tuple[Kind, int, int], ...]
    is_later: bool
    """Written after the detectors."""


@dataclass
class Score:
    """Counts of one kind in one language."""

    right: int = 0
    missed: int = 0
    wrong: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def sentences(language: str, folder: Path = FOLDER) -> list[Sentence]:
    rows = tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
    first = [_sentence(row, is_later=False) for row in rows["sentences"]]
    return first + [_sentence(row, is_later=True) for row in rows.get("later", ())]


def _sentence(marked: str, *, is_later: bool) -> Sentence:
    text, spans, done = "", [], 0
    for match in _LABEL.finditer(marked):
        text += marked[done : match.start()]
        spans.append((Kind(match.group(1)), len(text), len(text) + len(match.group(2))))
        text += match.group(2)
        done = match.end()
    return Sentence(text + marked[done:], tuple(spans), is_later)


def measured(language: str, *, folder: Path = FOLDER, later: bool | None = None) -> dict[Kind, Score]:
    """By kind. A finding is right when its kind is, and it shares half of what both cover."""
    scores = {kind: Score() for kind in Kind}
    for sentence in sentences(language, folder):
        if later is None or sentence.is_later == later:
            _measure(sentence, scores)
    return {kind: score for kind, score in scores.items() if score.right + score.missed + score.wrong}


def _measure(sentence: Sentence, scores: dict[Kind, Score]) -> None:
    left = list(sentence.spans)
    for found in find(sentence.text):
        span = next(
            (each for each in left if each[0] is found.kind and _alike(each, found.start, found.end)), None
        )
        if span:
            left.remove(span)
            scores[found.kind].right += 1
        else:
            scores[found.kind].wrong += 1
            scores[found.kind].errors.append(
                f"wrong {sentence.text[found.start : found.end]!r} in {sentence.text!r}"
            )
    for kind, start, end in left:
        scores[kind].missed += 1
        scores[kind].errors.append(f"missed {sentence.text[start:end]!r} in {sentence.text!r}")


def _alike(span: tuple[Kind, int, int], start: int, end: int) -> bool:
    shared = min(span[2], end) - max(span[1], start)
    return shared * 2 >= max(span[2], end) - min(span[1], start)


def total(scores: list[dict[Kind, Score]]) -> dict[Kind, Counter[str]]:
    """Counts of all languages together."""
    sums: dict[Kind, Counter[str]] = {}
    for each in scores:
        for kind, score in each.items():
            sums.setdefault(kind, Counter()).update(right=score.right, missed=score.missed, wrong=score.wrong)
    return sums
