"""The look-up before an answer: waits for attachments, searches, and shows both as steps."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from apps.chat import prompting
from apps.chat.prompting import Grounding
from apps.knowledge import retrieval
from apps.knowledge.asking import query_vectors
from apps.knowledge.nearest import Nearest, nearest
from apps.knowledge.selectors import conversation_reading, searched_names
from apps.llm.gateway import Caller
from apps.llm.vendors.base import PassagePart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from apps.chat.loading import Job
    from apps.knowledge.retrieval import Passage
    from apps.runs.context import RunContext

LIMIT = 8
READING_SECONDS = 120.0
READING_PAUSE = 0.4


@dataclass(frozen=True, slots=True)
class Found:
    """What the answer can rest on; `vectors` is what the question means, by embedding model."""

    grounding: Grounding
    passages: tuple[Passage, ...] = ()
    nearest: Nearest | None = None
    vectors: Mapping[UUID, Sequence[float]] = field(default_factory=dict)

    def quoted(self) -> tuple[PassagePart, ...]:
        """The passages as a prompt carries them."""
        return tuple(
            PassagePart(passage.number, passage.title, place_of(passage), passage.text)
            for passage in self.passages
        )


def place_of(passage: Passage) -> str:
    """Where in its document a passage stands: "page 3, Leave, Parental leave"."""
    page = [f"page {passage.page}"] if passage.page else []
    return ", ".join([*page, *passage.heading])


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
    step = ctx.step("search", f"Searching {_joined(names)}")
    found = await _retrieve(ctx, job, conversation_id)
    step.done(label=f"Searched {_joined(names)}", passages=len(found.passages))
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


async def _retrieve(ctx: RunContext, job: Job, conversation_id: UUID) -> Found:
    query = prompting.search_query(job.turns)
    models = await ctx.db(
        retrieval.models_asked,
        actor_user_id=ctx.user_id,
        knowledge_base_ids=job.knowledge_base_ids,
        conversation_id=conversation_id,
    )
    who = Caller(ctx.tenant_id, ctx.team_id, ctx.user_id, ctx.api_key_id)
    vectors = await query_vectors(who, models, query, conversation_id=conversation_id)
    passages = await ctx.db(
        retrieval.retrieve,
        actor_user_id=ctx.user_id,
        knowledge_base_ids=job.knowledge_base_ids,
        conversation_id=conversation_id,
        query_text=query,
        query_vectors=vectors,
        limit=LIMIT,
    )
    if passages:
        return Found(Grounding.PASSAGES, tuple(passages), vectors=vectors)
    near = await ctx.db(
        nearest,
        actor_user_id=ctx.user_id,
        knowledge_base_ids=job.knowledge_base_ids,
        query_text=query,
        query_vectors=vectors,
    )
    return Found(Grounding.NOTHING_FOUND, nearest=near, vectors=vectors)


def _joined(names: Sequence[str], most: int = 3) -> str:
    if not names:
        return "the documents"
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
