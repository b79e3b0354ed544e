"""What people say of a document, so that searches can be narrowed to it: its tags and the day it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, F
from django.db.models.functions import Coalesce, Lower

from apps.accounts.models import User
from apps.audit.services import record
from apps.knowledge.models import Document, DocumentState
from apps.knowledge.narrowing import KINDS, clean_tags, kind_of
from apps.knowledge.permissions import readable_documents
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor


def document_label(*, actor: Actor, document: Document, tags: Sequence[str], dated: date | None) -> Document:
    """Say this of the document from the next question on; raises ProblemError 400 for an old version."""
    if document.version_of_id is not None:
        message = "Tags and date belong to the document, not to a version of it."
        raise invalid([{"field": "tags", "message": message}])
    before = {"tags": document.tags, "dated": _day(document.dated)}
    document.tags, document.dated = clean_tags(tags), dated
    document.save(update_fields=["tags", "dated", "updated_at"])
    record(
        actor=actor,
        action="document.labelled",
        target_type="document",
        target_id=document.id,
        before=before,
        after={"tags": document.tags, "dated": _day(document.dated)},
    )
    return document


def facets(actor: Actor, knowledge_base_ids: Collection[UUID]) -> dict[str, list[dict[str, Any]]]:
    """What a search in these collections can be narrowed to, among documents that the person may read.

    Each kind, tag and owner with the number of its documents, the commonest first.
    """
    documents = readable_documents(actor.user_id).filter(
        knowledge_base_id__in=list(knowledge_base_ids), state=DocumentState.READY, version_of=None
    )
    plain = documents.select_related(None).order_by()
    return {"kinds": _kinds(plain), "tags": _tags(plain), "owners": _owners(plain)}


def _kinds(documents: QuerySet[Document]) -> list[dict[str, Any]]:
    counts: dict[str, int] = {}
    for media_type, count in documents.values_list("file__media_type").annotate(count=Count("id")):
        kind = kind_of(media_type)
        counts[kind] = counts.get(kind, 0) + count
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return [{"kind": kind, "label": KINDS[kind], "documents": count} for kind, count in ordered]


def _tags(documents: QuerySet[Document]) -> list[dict[str, Any]]:
    """By the spelling that is used most; capitals make no other tag."""
    counts: dict[str, dict[str, int]] = {}
    for tags in documents.exclude(tags=[]).values_list("tags", flat=True):
        for tag in tags:
            spellings = counts.setdefault(tag.lower(), {})
            spellings[tag] = spellings.get(tag, 0) + 1
    named = [(max(found, key=lambda tag: found[tag]), sum(found.values())) for found in counts.values()]
    return [{"tag": tag, "documents": count} for tag, count in sorted(named, key=lambda it: (-it[1], it[0]))]


def _owners(documents: QuerySet[Document]) -> list[dict[str, Any]]:
    owner = Coalesce(F("reviews__owner_id"), F("uploaded_by_id"), F("knowledge_base__owner_id"))
    counts = dict(documents.annotate(whose=owner).values_list("whose").annotate(count=Count("id")))
    people = User.objects.filter(id__in=[id_ for id_ in counts if id_]).order_by(Lower("name"))
    found = [{"id": user.id, "name": user.name, "documents": counts[user.id]} for user in people]
    return sorted(found, key=lambda row: -row["documents"])


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
