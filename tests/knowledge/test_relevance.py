"""Which finds bear an answer, by models whose cosines mean different things."""

from __future__ import annotations

import pytest

from apps.knowledge.relevance import IDENTITY, MEANING, is_usable, scale_of

E5 = scale_of("multilingual-e5-small")


@pytest.mark.parametrize(
    ("language", "right", "wrong"),
    [("en", 0.866, 0.798), ("de", 0.877, 0.818), ("ar", 0.868, 0.81), ("zh", 0.906, 0.861)],
)
def test_e5_tells_right_from_wrong_in_each_language(language: str, right: float, wrong: float) -> None:
    """The cosines are XQuAD's medians, of right passages and of the nearest wrong ones (Arabic: lower)."""
    found = [E5.common(cosine, language, language) for cosine in (right, wrong)]
    assert [is_usable(cosine=each, coverage=0.0, best=0.0, language=language) for each in found] == [
        True,
        False,
    ]


def test_e5_gives_less_for_a_passage_in_another_language() -> None:
    assert E5.common(0.82, "en", "de") > MEANING > E5.common(0.76, "en", "de")
    assert E5.common(0.82, None, "de") == E5.common(0.82, "de", "de")


def test_model_that_was_not_measured_keeps_its_cosines() -> None:
    assert scale_of("someone/else-embed") is IDENTITY
    assert IDENTITY.common(0.4, "en", "de") == 0.4
