"""The language that pictures of text are read in: a document's own choice, else its collection's.

Changing it reads nothing anew: it counts from the next reading on. Each in the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.audit.services import record
from apps.knowledge.language import UNKNOWN
from apps.knowledge.models import Document, KnowledgeBase
from apps.knowledge.parsing.ocr.languages import AUTOMATIC, CHOICES, LANGUAGES
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

_NAMES = dict(CHOICES)


def known_language(code: str) -> str:
    """The code, AUTOMATIC, or empty for the collection's; raises ProblemError 400."""
    if code and code not in _NAMES:
        message = "Choose “auto” or the code of a language that is offered."
        raise invalid([{"field": "scan_language", "message": message}])
    return code


def document_language_set(*, document: Document, scan_language: str) -> Document:
    """Have a document that was just added read in this language; raises ProblemError 400."""
    document.scan_language = known_language(scan_language)
    document.save(update_fields=["scan_language"])
    return document


def collection_language_set(
    *, actor: Actor | None, knowledge_base: KnowledgeBase, scan_language: str
) -> KnowledgeBase:
    """What documents without a choice of their own are read in; raises ProblemError 400."""
    before, after = knowledge_base.scan_language, known_language(scan_language) or AUTOMATIC
    if before == after:
        return knowledge_base
    knowledge_base.scan_language = after
    knowledge_base.save(update_fields=["scan_language", "updated_at"])
    record(
        actor=actor,
        action="knowledge_base.updated",
        target_type="knowledge_base",
        target_id=knowledge_base.id,
        before={"scan_language": before},
        after={"scan_language": after},
    )
    return knowledge_base


def language_of(document: Document) -> str:
    """What its pictures of text are read in; needs `knowledge_base` loaded."""
    return document.scan_language or document.knowledge_base.scan_language


def choices_in(knowledge_base: KnowledgeBase) -> list[tuple[str, str]]:
    """What a document of the collection can be read in, with words; the collection's own choice first."""
    code = knowledge_base.scan_language
    return [("", f"As the collection: {_NAMES.get(code, code)}"), *CHOICES]


def read_as_words(document: Document) -> str:
    """The languages that were found in its pictures of text, as "Arabic, English"; empty for none."""
    names = [LANGUAGES[code].name for code in document.read_as if code in LANGUAGES]
    return ", ".join([*names, *(["unknown language"] if UNKNOWN in document.read_as else [])])
