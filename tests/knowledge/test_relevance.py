"""Which finds bear an answer, by models whose cosines mean different things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.knowledge.relevance import IDENTITY, MEANING, SCALES, is_usable
from tests.knowledge.changing import offer, start, turn
from tests.knowledge.conftest import Library

if TYPE_CHECKING:
    from tests.knowledge.embedding_host import EmbeddingHost

E5 = SCALES["multilingual-e5"]


@pytest.mark.parametrize(
    ("language", "right", "wrong"),
    [("en", 0.866, 0.798), ("de", 0.877, 0.818), ("ar", 0.868, 0.822), ("zh", 0.906, 0.861)],
)
def test_e5_tells_right_from_wrong_in_each_language(language: str, right: float, wrong: float) -> None:
    """The cosines are XQuAD's medians, of right passages and of the nearest wrong ones."""
    found = [E5.common(cosine, language, language) for cosine in (right, wrong)]
    assert [is_usable(cosine=each, coverage=0.0, best=0.0, language=language) for each in found] == [
        True,
        False,
    ]


def test_e5_gives_less_for_a_passage_in_another_language() -> None:
    assert E5.common(0.82, "en", "de") > MEANING > E5.common(0.76, "en", "de")
    assert E5.common(0.82, None, "de") == E5.common(0.82, "de", "de")


def test_scale_of_a_model_is_told_from_right_and_wrong_pairs() -> None:
    """Right pairs have 0.869 and wrong ones 0.749, as E5's do: the floor is where XQuAD puts it."""
    from apps.knowledge.calibrating import scale_from

    questions = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    passages = [[0.869, 0.749, 1.0], [0.749, 0.869, 1.0]]
    norms = sum(value * value for value in passages[0]) ** 0.5
    scale = scale_from(questions, [[value / norms for value in row] for row in passages])
    assert round(scale.common(0.869 / norms), 3) == 0.623
    assert round(scale.common(0.749 / norms, "en", "de"), 3) == 0.028
    assert scale_from(questions, [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]]) is IDENTITY


def test_model_of_an_unknown_family_is_measured_once(library: Library, embeddings: EmbeddingHost) -> None:
    from apps.knowledge.embedding import embedding_models
    from apps.tenants.scope import tenant_scope

    model = offer(library, "all-mpnet", measured=False)
    base = library.base(library.cast.bob)
    library.read(library.add(base, "rules.md", "# Cap\n\nThe hotel cap is 190 pounds."))
    assert turn(start(library, base, model)).state == "done"
    library.read(library.add(base, "more.md", "# Leave\n\nThirty days."))
    with tenant_scope(base.tenant_id):
        scale = embedding_models([model.id])[model.id].scale
    asked = [text for text in embeddings.texts if "emperor penguins" in text.lower()]
    assert len(asked) == 2, "a question and its passage, once"
    assert abs(scale.zero) < 0.02
    assert abs(scale.stretch - 1) < 0.02, "the host's model is MiniLM itself"
