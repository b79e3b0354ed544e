"""Reminders that documents are due: once for each date, one message for each owner. Maintenance process."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef

from apps.accounts.mail import send_after_commit
from apps.accounts.selectors import tenant_settings
from apps.accounts.services.notifications import notification_create
from apps.knowledge.care.freshness import owner_of, reviews_due
from apps.knowledge.care.models import DocumentReview
from apps.knowledge.models import Document
from apps.tenants.platform import tenant_ids
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.models import User

MOST_A_PASS: Final = 500
SHOWN: Final = 3
WITHIN_DAYS: Final = 7
REVIEWS: Final = "/knowledge/reviews"


def remind_owners() -> int:
    """One pass over all organisations; how many people were reminded."""
    return sum(_remind(tenant_id) for tenant_id in tenant_ids())


def _remind(tenant_id: UUID) -> int:
    with tenant_scope(tenant_id):
        by_owner: dict[User, list[Document]] = defaultdict(list)
        for document in _unreminded():
            owner = owner_of(document)
            if owner is not None:
                by_owner[owner].append(document)
            due = document.due  # type: ignore[attr-defined]  # as reviews_due annotates it
            DocumentReview.objects.update_or_create(document_id=document.id, defaults={"reminded_for": due})
        for owner, documents in by_owner.items():
            _tell(owner, documents)
        return len(by_owner)


def _unreminded() -> list[Document]:
    due = reviews_due(Document.objects.all(), within_days=WITHIN_DAYS)
    reminded = DocumentReview.objects.filter(document_id=OuterRef("pk"), reminded_for=OuterRef("due"))
    return list(due.filter(~Exists(reminded))[:MOST_A_PASS])


def _tell(owner: User, documents: list[Document]) -> None:
    count = len(documents)
    title = "1 document is due for review" if count == 1 else f"{count} documents are due for review"
    names = ", ".join(document.title for document in documents[:SHOWN])
    more = f" and {count - SHOWN} more" if count > SHOWN else ""
    body = f"{names}{more}. Say that they are still right, or replace them."
    notification_create(user=owner, kind="document.review", title=title, body=body, url=REVIEWS)
    send_after_commit(
        to=owner.email,
        subject=title,
        template="review",
        context={
            "user": owner,
            "organisation": tenant_settings().name,
            "documents": documents,
            "path": REVIEWS,
        },
    )
