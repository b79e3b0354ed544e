"""An expert's answer as a chat gives it: who approved its words, and the passages it rests on. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.chat.citing import CITATION, cited_in, whole_citation

if TYPE_CHECKING:
    from apps.knowledge.care.answering import Answered

VERIFIED = "verified"


def verified_note(answered: Answered) -> dict[str, Any]:
    """Who approved the answer and when, and the question that it was written for."""
    return {
        "type": VERIFIED,
        "answer_id": str(answered.answer_id),
        "question": answered.question,
        "approved_by": answered.approved_by,
        "approved_at": answered.approved_at.isoformat() if answered.approved_at else None,
    }


def cited_by_expert(answered: Answered) -> list[dict[str, Any]]:
    """The citations of each claim, checked as in any answer; a document that no claim quotes is cited whole.

    No claim is marked as unsupported: the expert stands for it. As slow as `cited_in`.
    """
    found = [note for note in cited_in(answered.text, answered.passages) if note["type"] == CITATION]
    cited = [note for note in found if note["verified"]]
    met = {note["document_id"] for note in cited}
    rest = [passage for passage in answered.passages if str(passage.document_id) not in met]
    return [*cited, *(whole_citation(answered.text, passage) for passage in rest)]
