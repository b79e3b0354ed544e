"""What a chat asks a model for a first question with passages: for measurements, which ask no person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from apps.chat import prompting
from apps.chat.loading import EXTRACTIVE
from apps.chat.prompting import Grounding, Room, Turn
from apps.chat.searching import quoted
from apps.knowledge.evaluation.answering import UnfitQuestionError
from apps.llm.vendors.base import ChatRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.knowledge.retrieval import Passage
    from apps.llm.models import Model


def question_alone(model: Model, question: str, passages: Sequence[Passage]) -> ChatRequest:
    """The request of a new chat; raises UnfitQuestionError."""
    turns, given = [Turn("user", question)], quoted(passages)
    if model.connection.vendor == EXTRACTIVE:
        built = prompting.build_for_quoting(turns=turns, passages=given)
    else:
        try:
            built = prompting.build(
                turns=turns,
                passages=given,
                grounding=Grounding.PASSAGES,
                room=Room(model.context_window, model.max_output),
                today=timezone.now().date(),
            )
        except prompting.PromptTooLongError as error:
            raise UnfitQuestionError from error
    return ChatRequest("", built.messages, max_tokens=built.max_tokens, passages=built.passages)
