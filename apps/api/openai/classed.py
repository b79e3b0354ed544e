"""The data class of a /v1 call: what its client states, and that of the documents that it names.

A file part may name a document of the organisation, also by its file's id: the person of the key must be able
to read it, its text takes the part's place, and its class counts for the call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from apps.api.openai.stated import document_of, documents_named, parts_of, stated_class
from apps.knowledge.classing import classed_sources
from apps.knowledge.selectors import document_text, named_documents
from apps.llm.clearances.gate import Sent
from apps.runs.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

MOST_DOCUMENTS: Final = 20


@dataclass(frozen=True, slots=True)
class Classed:
    """A body whose documents stand in it as text, and the class of all of it."""

    body: Mapping[str, Any]
    sent: Sent


def class_sent(body: Mapping[str, Any], user_id: UUID) -> Classed:
    """What goes to a model; in a scope. Raises RunError where a document is not there for the person."""
    stated = stated_class(body)
    sent = Sent(stated, f"The call states that it is {stated.slug}." if stated else "")
    wanted = list(dict.fromkeys(documents_named(body)))
    if not wanted:
        return Classed(body, sent)
    found = named_documents(user_id=user_id, ids=wanted)
    if len(wanted) > MOST_DOCUMENTS or len(found) < len(wanted):
        raise RunError("document_not_found", "A document of this call is not there", retryable=False)
    texts: dict[UUID, str] = {}
    for source in classed_sources(found.values(), None):
        texts[source.document_id] = f"{source.title}\n\n{document_text(source.document_id)}\n\n"
        if source.data_class > (sent.data_class or 0):
            why = f"The document “{source.title[:200]}” is {source.data_class.slug}."
            sent = Sent(source.data_class, why)
    return Classed(_with(body, {given: texts[document_id] for given, document_id in found.items()}), sent)


def _with(body: Mapping[str, Any], texts: Mapping[UUID, str]) -> dict[str, Any]:
    def told(part: Any) -> Any:
        found = document_of(part)
        return part if found is None else {"type": "text", "text": texts[found]}

    messages = [
        {**message, "content": [told(part) for part in parts_of(message)]} if parts_of(message) else message
        for message in body["messages"]
    ]
    return {**body, "messages": messages}
