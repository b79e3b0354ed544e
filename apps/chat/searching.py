"""The look-up before an answer: waits for attachments, says what is searched for, searches; all are steps."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from apps.chat.loading import Chosen
from apps.chat.prompting import Grounding
from apps.chat.rewriting import searched_words
from apps.knowledge.assembling import Budget
from apps.knowledge.candidates import Reach
from apps.knowledge.care.answering import answer_for
from apps.knowledge.nearest import Nearest, nearest
from apps.knowledge.reranking import rerank, reranker_of
from apps.knowledge.seeking import look
from apps.knowledge.selectors import conversation_reading, searched_names
from apps.llm.gateway import Caller
from apps.llm.vendors.base import PassagePart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from apps.chat.loading import Job
    from apps.knowledge.care.answering import Answered
    from apps.knowledge.retrieval import Found as Sought
    from apps.knowledge.retrieval import Passage
    from apps.runs.context import RunContext

READING_SECONDS = 120.0
READING_PAUSE = 0.4


@dataclass(frozen=True, slots=True)
class Found:
    """What the answer can rest on; `vectors` is what the question means, by embedding model.

    `passages` are those of `answered` where an expert has answered the question.
    """

    grounding: Grounding
    passages: tuple[Passage, ...] = ()
    nearest: Nearest | None = None
    vectors: Mapping[UUID, Sequence[float]] = field(default_factory=dict)
    answered: Answered | None = None

    @property
    def count(self) -> int:
        """How many passages were found, those of a verified answer if there is one."""
        return len(self.passages)

    def quoted(self) -> tuple[PassagePart, ...]:
        """The passages as a prompt carries them."""
        return quoted(self.passages)


def quoted(passages: Sequence[Passage]) -> tuple[PassagePart, ...]:
    """Passages as a prompt carries them."""
    return tuple(
        PassagePart(passage.number, passage.title, place_of(passage), passage.text) for passage in passages
    )


def place_of(passage: Passage) -> str:
    """Where in its document a passage stands: "page 3, Leave, Parental leave"."""
    return ", ".join(part for part in (passage.place.label, *passage.heading) if part)


async def search(ctx: RunContext, job: Job, conversation_id: UUID) -> Found:
    """The passages for the job's question; Grounding.NONE when the chat has nothing to look in."""
    if not job.knowledge_base_ids and not job.has_files:
        return Found(Grounding.NONE)
    if job.has_files:
        await _await_reading(ctx, conversation_id)
    names = await ctx.db(
        searched_names,
        user_id=ctx.user_id,
        conversation_id=conversation_id,
        knowledge_base_ids=job.knowledge_base_ids,
    )
    query = await searched_words(ctx, job, conversation_id)
    step = ctx.step("search", f"Searching {_joined(names)}")
    found = await _look(ctx, job, conversation_id, query)
    step.done(label=f"Searched {_joined(names)}", passages=found.count)
    return found


async def _await_reading(ctx: RunContext, conversation_id: UUID) -> None:
    """Waits until the chat's files are read, two minutes at most; what is not ready then is not searched."""
    reading = await ctx.db(conversation_reading, conversation_id=conversation_id)
    if not reading:
        return
    step = ctx.step("reading", f"Reading {_joined(reading)}")
    until = monotonic() + READING_SECONDS
    while reading and monotonic() < until:
        await asyncio.sleep(READING_PAUSE)
        reading = await ctx.db(conversation_reading, conversation_id=conversation_id)
    if reading:
        step.failed(unread=list(reading))
    else:
        step.done()


async def _look(ctx: RunContext, job: Job, conversation_id: UUID, query: str) -> Found:
    who = Caller(ctx.tenant_id, ctx.team_id, ctx.user_id, ctx.api_key_id)
    reach = Reach(
        ctx.user_id, job.knowledge_base_ids, conversation_id, job.narrowing, data_class=job.data_class
    )
    sought = await look(who, reach, query)
    if job.knowledge_base_ids and ctx.input.get("verified", True):
        answered = await ctx.db(
            answer_for,
            user_id=ctx.user_id,
            knowledge_base_ids=job.knowledge_base_ids,
            text=query,
            vectors=sought.vectors,
            narrowing=job.narrowing,
        )
        if answered is not None:
            return Found(Grounding.PASSAGES, answered.passages, vectors=sought.vectors, answered=answered)
    if not sought.read and not sought.openings:
        near = await ctx.db(nearest, sought)
        return Found(Grounding.NOTHING_FOUND, nearest=near, vectors=sought.vectors)
    ordered = await _in_order(ctx, who, sought)
    passages = ordered.passages(budget=_budget(Chosen.of(ctx.input["model"])))
    return Found(Grounding.PASSAGES, tuple(passages), vectors=sought.vectors)


async def _in_order(ctx: RunContext, who: Caller, sought: Sought) -> Sought:
    """What was found as a model puts it in order, where a collection wants that; shown as a step."""
    if reranker_of(sought) is None:
        return sought
    step = ctx.step("rerank", "Putting passages in order")
    made = await rerank(who, sought)
    if made.why is None:
        step.done(label="Put passages in order", count=len(made.scores))
    else:
        step.failed(label=f"Passages stay in the order of the search: {made.why}")
    return made.found


def _budget(model: Chosen) -> Budget:
    """What passages may take of the model's window: two thirds of what can be asked at once."""
    if model.is_route or model.is_extractive:
        return Budget()
    return Budget(tokens=model.room.prompt * 2 // 3)


def _joined(names: Sequence[str], most: int = 3) -> str:
    if not names:
        return "the documents"
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
