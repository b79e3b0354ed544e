"""From an answer and the passages it was given to the citations that clients show. Pure, but not quick:
a long answer takes half a second, so it runs on a thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.knowledge import citations
from apps.knowledge.support import MAX_QUOTE

CITATION = "citation"
UNSUPPORTED = "unsupported"
NEAREST = "nearest"

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.knowledge.nearest import Nearest
    from apps.knowledge.retrieval import Passage


def cited_in(answer: str, passages: Sequence[Passage]) -> list[dict[str, Any]]:
    """The citations in the order of the text, then what no passage supports; places are code points."""
    given = {passage.number: passage for passage in passages}
    checked = citations.cite(
        answer,
        [
            citations.Passage(
                passage.number, str(passage.chunk_id), passage.title, passage.place.page, passage.text
            )
            for passage in passages
        ],
    )
    bare = citations.unsupported(answer, checked)
    return [
        *(_output(citation, given[citation.number]) for citation in checked),
        *({"type": UNSUPPORTED, "start": claim.start, "end": claim.end} for claim in bare),
    ]


def nearest_note(near: Nearest) -> dict[str, Any]:
    """What clients show where nothing was usable: documents to look into, and words that they do not say."""
    return {
        "type": NEAREST,
        "missing": list(near.missing),
        "documents": [
            {
                "document_id": str(chunk.document_id),
                "document_title": chunk.title,
                "chunk_id": str(chunk.chunk_id),
                "page": chunk.place.page,
                "place": chunk.place.label,
            }
            for chunk in near.chunks
        ],
    }


def whole_citation(answer: str, passage: Passage) -> dict[str, Any]:
    """That all of the answer rests on the passage, whose beginning is quoted."""
    quote = passage.text[:MAX_QUOTE]
    if len(passage.text) > MAX_QUOTE:
        quote = quote.rsplit(maxsplit=1)[0]
    chunk_id = str(passage.chunk_id)
    whole = citations.Citation(
        0, len(answer), passage.number, chunk_id, quote, verified=True, quote_start=0, quote_end=len(quote)
    )
    return _output(whole, passage)


def _output(citation: citations.Citation, passage: Passage) -> dict[str, Any]:
    return {
        "type": CITATION,
        "number": citation.number,
        "start": citation.start,
        "end": citation.end,
        "chunk_id": str(passage.chunk_id),
        "document_id": str(passage.document_id),
        "document_title": passage.title,
        "page": passage.place.page,
        "place": passage.place.label,
        "heading": list(passage.heading),
        "quote": citation.quote,
        "verified": citation.verified,
        "data_class": passage.data_class.slug,
    }
