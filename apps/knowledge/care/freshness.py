"""Whether a document is still right: who answers for it, by when somebody looks again, and what says so.

A date that was set counts until a newer file takes the document's place; from then on, and where none was
set, the collection's interval counts from the file's day. Without either a document is never stale.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import Case, DateField, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.audit.services import record
from apps.knowledge.care.days import day_of, days_after, today
from apps.knowledge.care.models import DocumentReview
from apps.knowledge.models import Document, DocumentState, KnowledgeBase
from apps.knowledge.permissions import may_change, readable_documents
from apps.rest.errors import forbidden, invalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.accounts.models import User

INTERVALS: Final = {90: "3 months", 180: "6 months", 365: "1 year", 730: "2 years"}
"""How often a collection's documents are looked at again, in days."""
ASSUMED_DAYS: Final = 180
LATEST_YEARS: Final = 20


class Due(NamedTuple):
    """The day by which a document is to be looked at again, and whether it has passed."""

    by: dt.date
    is_stale: bool


def with_review(documents: QuerySet[Document]) -> QuerySet[Any]:
    """The documents with `due`, the day by which each is to be looked at again, or None, and `is_stale`."""
    row = DocumentReview.objects.filter(document_id=OuterRef("pk"))
    day = day_of(F("file__created_at"))
    by_interval = days_after(day, F("knowledge_base__review_days"))
    dated = documents.annotate(
        set_for=Subquery(row.values("review_by")[:1]), set_on=Subquery(row.values("set_on")[:1])
    ).annotate(
        due=Case(
            When(set_for__isnull=False, set_on__gte=day, then=F("set_for")),
            default=Coalesce(by_interval, F("set_for")),
            output_field=DateField(),
        )
    )
    return dated.annotate(is_stale=Case(When(due__lt=day_of(), then=Value(True)), default=Value(False)))  # noqa: FBT003


def due_dates(*, user_id: UUID, document_ids: Sequence[UUID]) -> dict[UUID, Due | None]:
    """Those of the documents that the person may read now, with the day by which each is looked at again."""
    return _dues(readable_documents(user_id).filter(id__in=document_ids))


def due_of(document: Document) -> Due | None:
    """The day by which the document is to be looked at again."""
    return _dues(Document.objects.filter(id=document.id)).get(document.id)


def _dues(documents: QuerySet[Document]) -> dict[UUID, Due | None]:
    found = with_review(documents).values_list("id", "due", "is_stale")
    return {document_id: due and Due(due, is_past) for document_id, due, is_past in found}


def owner_of(document: Document) -> User | None:
    """Who answers for it: whom somebody named, else who brought it, else the collection's owner."""
    named = DocumentReview.objects.filter(document_id=document.id).select_related("owner").first()
    asked = (named.owner if named else None, document.uploaded_by, document.knowledge_base.owner)
    return next((person for person in asked if person is not None and person.is_active), None)


def may_confirm(actor: Actor, document: Document) -> bool:
    """Whether the actor may say that it is still right: its owner, or who may change the collection."""
    owner = owner_of(document)
    return (owner is not None and owner.id == actor.user_id) or may_change(actor, document.knowledge_base)


def review_set(*, actor: Actor, document: Document, owner_id: UUID | None, review_by: dt.date | None) -> None:
    """Name who answers for the document, and the date; raises ProblemError 403, or 400 by field."""
    if not may_confirm(actor, document):
        raise forbidden()
    now = today()
    if review_by is not None and not now <= review_by <= now + dt.timedelta(days=365 * LATEST_YEARS):
        raise invalid([{"field": "review_by", "message": "A day from today on, within twenty years."}])
    if owner_id is not None and not readable_documents(owner_id).filter(id=document.id).exists():
        raise invalid([{"field": "owner_id", "message": "Choose somebody who may read the document."}])
    set_on = None if review_by is None else now
    DocumentReview.objects.update_or_create(
        document_id=document.id, defaults={"owner_id": owner_id, "review_by": review_by, "set_on": set_on}
    )
    _note(actor, "document.review_set", document, {"owner": str(owner_id), "review_by": str(review_by)})


def review_confirm(*, actor: Actor, document: Document) -> dt.date:
    """Say that the document is still right: the date moves by the collection's interval. Raises 403."""
    if not may_confirm(actor, document):
        raise forbidden()
    days = document.knowledge_base.review_days or ASSUMED_DAYS
    now = today()
    moved = now + dt.timedelta(days=days)
    DocumentReview.objects.update_or_create(
        document_id=document.id,
        defaults={
            "review_by": moved,
            "set_on": now,
            "confirmed_by_id": actor.user_id,
            "confirmed_at": timezone.now(),
        },
    )
    _note(actor, "document.confirmed", document, {"review_by": str(moved)})
    return moved


def interval_set(*, actor: Actor, knowledge_base: KnowledgeBase, days: int | None) -> None:
    """How often the collection's documents are looked at again; None: by set dates alone. Raises 400."""
    if days is not None and days not in INTERVALS:
        raise invalid(
            [{"field": "review_days", "message": "One of: " + ", ".join(map(str, INTERVALS)) + "."}]
        )
    before, knowledge_base.review_days = knowledge_base.review_days, days
    knowledge_base.save(update_fields=["review_days", "updated_at"])
    record(
        actor=actor,
        action="knowledge_base.review_interval_set",
        target_type="knowledge_base",
        target_id=knowledge_base.id,
        before={"days": before},
        after={"days": days},
    )


def reviews_due(documents: QuerySet[Document], *, within_days: int) -> QuerySet[Any]:
    """Those of the documents whose date has passed or comes within so many days, the first first."""
    own = documents.filter(version_of=None, state=DocumentState.READY, knowledge_base__conversation_id=None)
    shown = with_review(own.select_related("file", "knowledge_base__owner", "uploaded_by"))
    return shown.filter(due__lt=days_after(day_of(), within_days)).order_by("due", "id")


def documents_for(actor: Actor, bases: QuerySet[KnowledgeBase]) -> QuerySet[Document]:
    """The documents of these collections, and those that the actor may read and answers for."""
    named = Q(reviews__owner_id=actor.user_id) | Q(reviews__owner=None, uploaded_by_id=actor.user_id)
    mine = readable_documents(actor.user_id).filter(named)
    return Document.objects.filter(Q(knowledge_base__in=bases) | Q(id__in=mine.values("id")))


def review_output(document: Document) -> dict[str, Any]:
    """Owner, date and whether it has passed, as clients see them."""
    owner, due = owner_of(document), due_of(document)
    return {
        "owner": {"id": owner.id, "name": owner.name} if owner else None,
        "review_by": due and due.by,
        "is_stale": due is not None and due.is_stale,
    }


def _note(actor: Actor, action: str, document: Document, after: dict[str, Any]) -> None:
    record(actor=actor, action=action, target_type="document", target_id=document.id, after=after)


def review_shown(actor: Actor, document: Document) -> dict[str, Any]:
    """The same for the document's page, with what its form begins with."""
    row = DocumentReview.objects.filter(document_id=document.id).select_related("owner").first()
    return review_output(document) | {
        "may_confirm": document.version_of_id is None and may_confirm(actor, document),
        "named": row.owner.email if row and row.owner else "",
        "set_for": row.review_by if row else None,
    }
