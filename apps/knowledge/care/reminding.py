"""Reminders of what is due: documents to their owners, verified answers to who approved them. In maintenance.

Once for each date of a document and for each approval of an answer; one message for each person.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from apps.accounts.addresses import tenant_url
from apps.accounts.mail import send_after_commit
from apps.accounts.selectors import tenant_settings
from apps.accounts.services.notifications import notification_create
from apps.knowledge.care.answer_models import AnswerState, VerifiedAnswer
from apps.knowledge.care.answering import changed_sources, closed_sources
from apps.knowledge.care.days import today
from apps.knowledge.care.freshness import owner_of, reviews_due
from apps.knowledge.care.models import DocumentReview
from apps.knowledge.models import Document
from apps.knowledge.permissions import readable_by, readable_documents
from apps.tenants.platform import for_each_tenant
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from uuid import UUID

    from apps.accounts.models import User

MOST_A_PASS: Final = 500
SHOWN: Final = 3
MAILED: Final = 20
WITHIN_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Due:
    """What a person is reminded of, as the mail lists it; `path` is the page where it is seen to."""

    title: str
    collection: str
    when: str
    path: str
    link: str


def remind_owners() -> int:
    """One pass over all organisations; how many reminders went out."""
    return for_each_tenant(_remind)


def _remind(tenant_id: UUID) -> int:
    with tenant_scope(tenant_id):
        documents: dict[User, list[Due]] = defaultdict(list)
        answers: dict[User, list[Due]] = defaultdict(list)
        for owner, due in _documents(tenant_id):
            documents[owner].append(due)
        for expert, due in _answers(tenant_id):
            answers[expert].append(due)
        for owner, rows in documents.items():
            _tell_documents(owner, rows)
        for expert, rows in answers.items():
            _tell_answers(expert, rows)
        return len(documents) + len(answers)


def _documents(tenant_id: UUID) -> Iterator[tuple[User, Due]]:
    """Documents that are due and not yet told of, with whom to tell; each is then told of."""
    due = reviews_due(Document.objects.all(), within_days=WITHIN_DAYS)
    reminded = DocumentReview.objects.filter(document_id=OuterRef("pk"), reminded_for=OuterRef("due"))
    for document in due.filter(~Exists(reminded))[:MOST_A_PASS]:
        DocumentReview.objects.update_or_create(
            document_id=document.id, defaults={"reminded_for": document.due}
        )
        asked = (owner_of(document), document.knowledge_base.owner)
        owner = next((person for person in asked if person and _may_read(person, document)), None)
        if owner is not None:
            path = reverse("knowledge-document", args=[document.id])
            when = f"{'overdue since' if document.is_stale else 'review by'} {_words(document.due)}"
            yield (
                owner,
                Due(document.title, document.knowledge_base.name, when, path, tenant_url(tenant_id, path)),
            )


def _may_read(person: User, document: Document) -> bool:
    return person.is_active and readable_documents(person.id).filter(id=document.id).exists()


def _answers(tenant_id: UUID) -> Iterator[tuple[User, Due]]:
    """Approved answers that end or have ended, with whom to tell; each is then told of."""
    now = today()
    ends = Q(review_by__lt=now + timedelta(days=WITHIN_DAYS)) | Q(has_changed=True)
    found = VerifiedAnswer.objects.annotate(has_changed=Exists(changed_sources())).filter(
        ends, state=AnswerState.APPROVED, reminded_at=None
    )
    for answer in found.select_related("knowledge_base__owner", "approved_by")[:MOST_A_PASS]:
        VerifiedAnswer.objects.filter(id=answer.id).update(reminded_at=timezone.now())
        base = answer.knowledge_base
        asked = (answer.approved_by, base.owner)
        expert = next((each for each in asked if each and _may_see(each, answer)), None)
        if expert is not None:
            path = reverse("knowledge-answers", args=[base.id])
            ended = "ended on" if answer.review_by and answer.review_by < now else "ends after"
            when = "its source has changed" if answer.has_changed else f"{ended} {_words(answer.review_by)}"
            title = answer.questions.order_by("position").values_list("text", flat=True)[0]
            yield expert, Due(title, base.name, when, path, tenant_url(tenant_id, path))


def _may_see(person: User, answer: VerifiedAnswer) -> bool:
    may_read = readable_by(person.id).filter(id=answer.knowledge_base_id).exists()
    closed = closed_sources(person.id).filter(document__isnull=False)
    open_to = VerifiedAnswer.objects.filter(~Exists(closed), id=answer.id)
    return person.is_active and may_read and open_to.exists()


def _words(day: date | None) -> str:
    return f"{day:%-d %B %Y}" if day else ""


def _tell_documents(owner: User, rows: Sequence[Due]) -> None:
    count = len(rows)
    title = "1 document is due for review" if count == 1 else f"{count} documents are due for review"
    url = reverse("knowledge-reviews")
    body = f"{_names(rows)}. Say that they are still right, or replace them."
    notification_create(user=owner, kind="document.review", title=title, body=body, url=url)
    _mail(owner, "review", title, url, rows)


def _tell_answers(expert: User, rows: Sequence[Due]) -> None:
    count = len(rows)
    title = "1 verified answer needs you" if count == 1 else f"{count} verified answers need you"
    body = f"{_names(rows)}. Look at them and approve them again."
    url = rows[0].path
    notification_create(user=expert, kind="verified_answer.review", title=title, body=body, url=url)
    _mail(expert, "verified", title, url, rows)


def _names(rows: Sequence[Due]) -> str:
    names = ", ".join(row.title for row in rows[:SHOWN])
    return f"{names} and {len(rows) - SHOWN} more" if len(rows) > SHOWN else names


def _mail(person: User, template: str, subject: str, path: str, rows: Sequence[Due]) -> None:
    context = {
        "user": person,
        "organisation": tenant_settings().name,
        "rows": rows[:MAILED],
        "more": max(0, len(rows) - MAILED),
        "path": path,
    }
    send_after_commit(to=person.email, subject=subject, template=template, context=context)
