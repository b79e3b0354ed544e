"""Precision and recall of the detectors on the labelled sentences, as the table of docs/guardrails.md.

python -m bench.guardrails_quality [FOLDER]  (default tests/guardrails/labelled)
"""

from __future__ import annotations

import sys
from pathlib import Path

from apps.guardrails.detectors.kinds import Kind
from tests.guardrails.corpus import FOLDER, LANGUAGES, Score, measured


def main() -> None:
    """One row for each kind, one column for each language: precision / recall (values)."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    scores = {language: measured(language, folder=folder) for language in LANGUAGES}
    halves = [measured(language, folder=folder, later=True) for language in LANGUAGES]
    print("| kind | " + " | ".join(LANGUAGES) + " | all | of them written later |")
    print("|---" * (len(LANGUAGES) + 3) + "|")
    for kind in Kind:
        row = [scores[language].get(kind, Score()) for language in LANGUAGES]
        cells = [
            *map(_cell, row),
            _cell(_sum(row)),
            _cell(_sum([half.get(kind, Score()) for half in halves])),
        ]
        if any(each != "" for each in cells):
            print(f"| {kind.label} | " + " | ".join(cells) + " |")
    for language in LANGUAGES:
        for kind, score in scores[language].items():
            for error in score.errors:
                print(f"{language} {kind.value}: {error}", file=sys.stderr)


def _sum(scores: list[Score]) -> Score:
    return Score(
        sum(each.right for each in scores),
        sum(each.missed for each in scores),
        sum(each.wrong for each in scores),
    )


def _cell(score: Score) -> str:
    values = score.right + score.missed
    if not values + score.wrong:
        return ""
    return f"{score.precision:.2f} / {score.recall:.2f} ({values})"


if __name__ == "__main__":
    main()
