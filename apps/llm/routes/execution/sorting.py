"""By task: the first rule that fits, else what a classifier says, else the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.llm.errors import ModelNotFoundError
from apps.llm.routes import planning, prompts
from apps.llm.routes.execution.voices import Gathered
from apps.llm.vendors.base import ChatRequest, VendorError

if TYPE_CHECKING:
    from apps.llm.routes.definitions import ByTask, Classifier, Ref
    from apps.llm.routes.execution.asking import Ask
    from apps.llm.routes.execution.performing import Performance

MOST_TOKENS = 400


async def picked(performance: Performance, definition: ByTask, ask: Ask) -> Ref:
    """Who answers; raises ModelNotFoundError where the team may use none of those."""
    ref, why = planning.chosen(definition, ask.traits)
    if ref is None and definition.classifier is not None:
        ref, why = await _classified(performance, definition.classifier, ask)
    if ref is not None and performance.is_open(ref):
        performance.trail.append(f"Picked because {why}.")
        return ref
    if not performance.is_open(definition.otherwise):
        raise ModelNotFoundError
    performance.trail.append(
        f"Picked for all other questions: {why}." if ref is None else "Picked for all other questions."
    )
    return definition.otherwise


async def _classified(performance: Performance, classifier: Classifier, ask: Ask) -> tuple[Ref | None, str]:
    """What the classifier says; nothing when it fails: its trouble must not cost the answer."""
    if not performance.is_open(classifier.model):
        return None, "no rule fits"
    asked = ChatRequest("", prompts.classifying(ask.question, classifier.labels), max_tokens=MOST_TOKENS)
    heard = Gathered()
    try:
        await performance.perform(
            classifier.model, ask.instead(lambda model: asked), heard, "classify", spare=True
        )
    except (VendorError, ModelNotFoundError):
        return None, "the question could not be sorted"
    named = prompts.kind_of(heard.text).casefold()
    for label in classifier.labels:
        if label.name.casefold() == named:
            return label.use, f"the question was sorted as “{label.name}”"
    return None, "the question is of no named kind"
