"""Precision and recall on the labelled sentences, also on those written later; no text is slow."""

from __future__ import annotations

import time

import pytest

from apps.guardrails.detectors.finding import find
from tests.guardrails.corpus import LANGUAGES, measured, total

FLOOR = 0.95
LATER_FLOOR = 0.8
SIZE = 200_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_is_found_in_each_language(language: str) -> None:
    for kind, score in measured(language, later=False).items():
        assert score.precision >= FLOOR, (kind, score.errors)
        assert score.recall >= FLOOR, (kind, score.errors)


def test_sentences_written_after_the_detectors_are_read_as_well() -> None:
    for kind, counts in total([measured(language, later=True) for language in LANGUAGES]).items():
        right, missed, wrong = counts["right"], counts["missed"], counts["wrong"]
        assert right >= LATER_FLOOR * (right + missed), kind
        assert right >= LATER_FLOOR * (right + wrong), kind


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "@",
        "a",
        "a@a.bc ",
        "1234 ",
        "0 ",
        "eyJ-",
        "password=",
        "Weg 1, ",
        "-----BEGIN PRIVATE KEY-----",
        "\u200b",
        "ß",
    ],
)
def test_a_hostile_text_takes_linear_time(piece: str) -> None:
    """A net for what grows with the square; bench/guardrails.py measures a megabyte."""
    text = (piece * (SIZE // len(piece) + 1))[:SIZE]
    begun = time.process_time()
    find(text)
    assert time.process_time() - begun < 2
