"""An expert's answer as a chat gives it: its words, who approved them, and its sources as citations. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.chat.citing import CITATION

if TYPE_CHECKING:
    from apps.knowledge.care.answering import Answered

VERIFIED = "verified"
MOST_QUOTE = 400


def verified_notes(answered: Answered) -> list[dict[str, Any]]:
    """The note that names the approval, then one citation of the whole text for each source."""
    note = {
        "type": VERIFIED,
        "answer_id": str(answered.answer_id),
        "question": answered.question,
        "approved_by": answered.approved_by,
        "approved_at": answered.approved_at.isoformat() if answered.approved_at else None,
    }
    end = len(answered.text)
    return [
        *(
            {
                "type": CITATION,
                "number": number,
                "start": 0,
                "end": end,
                "chunk_id": str(source.chunk_id),
                "document_id": str(source.document_id),
                "document_title": source.title,
                "page": source.page,
                "heading": [],
                "quote": source.quote[:MOST_QUOTE],
                "verified": True,
            }
            for number, source in enumerate(answered.sources, start=1)
        ),
        note,
    ]
