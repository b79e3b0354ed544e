"""Telling those who look after collections what was asked there in vain."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError

from apps.chat.citing import CITATION
from apps.chat.prompting import Grounding
from apps.knowledge.care.unanswered import Asking, question_note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from apps.chat.loading import Job
    from apps.chat.searching import Found
    from apps.runs.context import RunContext

logger = logging.getLogger(__name__)


async def note_unanswered(
    ctx: RunContext, conversation_id: UUID, job: Job, found: Found, notes: Sequence[dict[str, Any]]
) -> None:
    """Note the question where nothing was found for it, or nothing that was found supports the answer.

    The answer stands also where that fails.
    """
    if not job.knowledge_base_ids or not _is_unanswered(found, notes):
        return
    asking = Asking(
        ctx.user_id, conversation_id, ctx.subject_id or ctx.run_id, job.turns[-1].text, found.vectors
    )
    try:
        await ctx.db(question_note, asking=asking, knowledge_base_ids=job.knowledge_base_ids)
    except DatabaseError as error:
        logger.warning("An unanswered question was not noted: %s", type(error).__name__)


def _is_unanswered(found: Found, notes: Sequence[dict[str, Any]]) -> bool:
    if found.answered is not None:
        return False
    if found.grounding is Grounding.PASSAGES:
        return not any(note["type"] == CITATION and note["verified"] for note in notes)
    return found.grounding is Grounding.NOTHING_FOUND
