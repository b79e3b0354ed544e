"""The scale of an embedding model that nobody measured, from a dozen questions with right and wrong passages.

Cosines of two models mean different things: what is off the topic has 0.03 with one and 0.75 with another.
Each model reads the same two dozen texts once in an organisation; where its wrong and its right pairs lie is
brought to where MiniLM's lie. Tried on E5, whose floor was measured on XQuAD: 0.807 instead of 0.812.
"""

from __future__ import annotations

import logging
import math
from operator import mul
from statistics import fmean, median
from typing import TYPE_CHECKING, Final

from apps.knowledge.embedding import passage_call, query_call
from apps.knowledge.models import EmbeddingScale
from apps.knowledge.relevance import IDENTITY, Scale
from apps.llm import gateway
from apps.llm.gateway import GuardrailRefusedError, ModelNotFoundError, VendorError
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.knowledge.embedding import EmbeddingModel
    from apps.llm.gateway import Caller

PAIRS: Final = (
    (
        "How many days of annual leave do I get?",
        "Every employee is entitled to thirty days of paid leave a year; unused days expire in March.",
    ),
    (
        "Who approves travel expenses?",
        "Claims for travel are signed by the head of the department before finance pays them out.",
    ),
    (
        "At what temperature does the pump shut down?",
        "The coolant pump stops by itself once the bearing is hotter than 95 degrees Celsius.",
    ),
    (
        "When was the treaty signed?",
        "The two kingdoms concluded the treaty on 4 May 1648 after five years of negotiation.",
    ),
    (
        "Which vitamins are in carrots?",
        "Carrots are rich in beta carotene, which the body turns into vitamin A.",
    ),
    (
        "How do I reset my password?",
        "Open the sign-in page, choose the link for a forgotten password and follow the message.",
    ),
    (
        "What does the warranty cover?",
        "For two years the manufacturer replaces parts that fail in normal use, but not worn ones.",
    ),
    (
        "Where do emperor penguins breed?",
        "Emperor penguins raise their chicks on the Antarctic sea ice during the winter.",
    ),
    (
        "What is the interest rate of the loan?",
        "The loan bears interest at 4.2 percent a year, payable at the end of each quarter.",
    ),
    (
        "How is the orchestra seated?",
        "Strings sit in a half circle around the conductor, woodwinds behind them, brass at the back.",
    ),
    (
        "What should be done in case of fire?",
        "Leave the building by the nearest exit, do not use the lifts, and gather in the car park.",
    ),
    (
        "How does a plant make sugar from light?",
        "In photosynthesis leaves use sunlight to turn water and carbon dioxide into glucose and oxygen.",
    ),
)
_WRONG: Final = 0.028
_RIGHT: Final = 0.623
"""MiniLM's mean cosine of wrong pairs, and its median of right ones."""
_LEAST: Final = 0.02
"""A model whose right pairs are not nearer than wrong ones by this tells nothing."""

logger = logging.getLogger(__name__)


def scale_ensure(who: Caller, model: EmbeddingModel) -> None:
    """Measure the model once, unless its family is known; outside any scope. A failure is not kept."""
    if model.is_measured:
        return
    with tenant_scope(who.tenant_id):
        if EmbeddingScale.objects.filter(model_id=model.id).exists():
            return
    questions, passages = zip(*PAIRS, strict=True)
    try:
        asked = gateway.embed_sync(query_call(who, model, *questions, purpose="calibration")).vectors
        found = gateway.embed_sync(passage_call(who, model, passages, purpose="calibration")).vectors
    except (VendorError, ModelNotFoundError, GuardrailRefusedError) as error:
        logger.warning("An embedding model was not measured: %s", type(error).__name__)
        return
    scale = scale_from(asked, found)
    with tenant_scope(who.tenant_id):
        row = EmbeddingScale(model_id=model.id, zero=scale.zero, stretch=scale.stretch)
        EmbeddingScale.objects.bulk_create([row], ignore_conflicts=True)


def scale_from(questions: Sequence[Sequence[float]], passages: Sequence[Sequence[float]]) -> Scale:
    """The scale by vectors of questions and of their right passages, in the same order."""
    cosines = [[_cosine(asked, found) for found in passages] for asked in questions]
    right = median(row[place] for place, row in enumerate(cosines))
    wrong = fmean(
        cosine for place, row in enumerate(cosines) for other, cosine in enumerate(row) if other != place
    )
    if right - wrong < _LEAST:
        return IDENTITY
    stretch = (_RIGHT - _WRONG) / (right - wrong)
    zero = wrong - _WRONG / stretch
    return Scale(zero=zero, stretch=stretch, across=zero)


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    length = math.hypot(*one) * math.hypot(*other)
    return sum(map(mul, one, other)) / length if length else 0.0
