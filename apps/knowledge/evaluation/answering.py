"""The answer that a question gets in a measurement: the chat's own prompt, its citations checked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from apps.guardrails.classes import highest
from apps.knowledge import citations
from apps.llm import gateway
from apps.llm.gateway import ChatCall
from apps.llm.models import Model
from apps.llm.vendors.base import ChatRequest, TextDelta
from apps.tenants.aio import in_scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.guardrails.classes import DataClass
    from apps.knowledge.retrieval import Passage
    from apps.llm.gateway import Caller


class UnfitQuestionError(Exception):
    """The question alone does not fit the model's window."""


class Prompting(Protocol):
    """What a chat asks `model` for a first question with these passages."""

    def __call__(self, model: Model, question: str, passages: Sequence[Passage]) -> ChatRequest:
        """The request; raises UnfitQuestionError."""


_registered: list[Prompting] = []


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said, and the share of its citations that the cited passages bear out; None without any."""

    text: str
    supported: float | None
    data_class: DataClass | None


def register_prompting(prompting: Prompting) -> None:
    """How chats ask: measured is what people get. Called once by the app above."""
    _registered[:] = [prompting]


async def answer(
    who: Caller, model_id: UUID, question: str, passages: Sequence[Passage], *, step: str
) -> Answer:
    """The model's answer from these passages, nothing where there are none; outside any scope.

    Raises as the gateway does, and UnfitQuestionError.
    """
    if not passages:
        return Answer("", None, None)
    data_class = highest(passage.data_class for passage in passages)
    request = await in_scope(who.tenant_id, _asked, model_id, question, tuple(passages))
    call = ChatCall(
        who=who,
        model_id=model_id,
        request=request,
        purpose="evaluation_answer",
        data_class=data_class,
        step=step,
        instructed=True,
    )
    said = await said_to(call)
    supported = await asyncio.to_thread(_supported, said, passages)
    return Answer(said, supported, data_class)


async def said_to(call: ChatCall) -> str:
    """All that the model says; raises as the gateway does."""
    async with gateway.stream(call) as stream:
        return "".join([delta.text async for delta in stream if isinstance(delta, TextDelta)])


def _asked(model_id: UUID, question: str, passages: tuple[Passage, ...]) -> ChatRequest:
    (prompting,) = _registered
    model = Model.objects.select_related("connection").get(id=model_id)
    return prompting(model, question, passages)


def _supported(said: str, passages: Sequence[Passage]) -> float | None:
    given = [
        citations.Passage(
            passage.number, str(passage.chunk_id), passage.title, passage.place.page, passage.text
        )
        for passage in passages
    ]
    found = citations.cite(said, given)
    return sum(each.verified for each in found) / len(found) if found else None
