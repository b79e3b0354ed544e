"""Who answers for a document, by when somebody looks again, what is overdue, and how owners hear of it."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils.timezone import localdate as today

if TYPE_CHECKING:
    from apps.knowledge.models import Document
    from tests.knowledge.conftest import Library

DAY = dt.timedelta(days=1)


@pytest.fixture
def leave(library: Library) -> Document:
    """bob's document in alice's collection, which everyone may read."""
    base = library.base(library.cast.alice, "tenant", name="Handbook")
    return library.read(
        library.add(base, "leave.md", "# Leave\n\n26 weeks for each parent.", library.cast.bob)
    )


def aged(document: Document, days: int) -> None:
    """Its file came that long ago."""
    from apps.files.models import File
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        row = File.objects.get(id=document.file_id)
        File.objects.filter(id=row.id).update(created_at=row.created_at - dt.timedelta(days=days))


def remind(tenant_id: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The reminders of one pass: (address, title)."""
    from apps.accounts.models import Notification
    from apps.knowledge.care import reminding
    from apps.tenants.scope import tenant_scope

    monkeypatch.setattr(reminding, "for_each_tenant", lambda work: work(tenant_id))
    with tenant_scope(tenant_id):
        Notification.objects.all().delete()
    reminding.remind_owners()
    with tenant_scope(tenant_id):
        return list(Notification.objects.values_list("user__email", "title"))


def mailed(tenant_id: Any, monkeypatch: pytest.MonkeyPatch) -> EmailMultiAlternatives:
    """The one mail of one pass."""
    from django.core import mail

    from apps.accounts import mail as sending

    monkeypatch.setattr("django.conf.settings.EMAIL_HOST", "mail.example")
    monkeypatch.setattr("django.conf.settings.EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr("django.conf.settings.BASE_URL", "http://localhost")
    monkeypatch.setattr(mail, "outbox", [], raising=False)
    with ThreadPoolExecutor(1) as sender:
        monkeypatch.setattr(sending, "_sender", sender)
        remind(tenant_id, monkeypatch)
    [message] = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    return message


def test_the_interval_counts_from_the_file_and_still_right_moves_the_day(
    library: Library, leave: Document, signed_in: Any
) -> None:
    cast = library.cast
    alice, bob, carol = (signed_in(person) for person in (cast.alice, cast.bob, cast.carol))
    path = f"/api/v1/documents/{leave.id}/review"
    nobody = {"owner": {"id": str(cast.bob.id), "name": "Bob Member"}, "review_by": None, "is_stale": False}
    assert bob.get(path).json() == nobody
    interval = f"/api/v1/knowledge-bases/{leave.knowledge_base_id}/review-interval"
    assert alice.put(interval, {"review_days": 7}, "application/json").status_code == 400
    assert carol.put(interval, {"review_days": 90}, "application/json").status_code == 403
    assert alice.put(interval, {"review_days": 90}, "application/json").json() == {"review_days": 90}
    aged(leave, 100)
    assert bob.get(path).json()["review_by"] == str(today() - 10 * DAY)
    assert bob.get(path).json()["is_stale"] is True
    assert [row["id"] for row in bob.get("/api/v1/documents-due").json()["results"]] == [str(leave.id)]
    assert carol.get("/api/v1/documents-due").json()["results"] == []
    assert carol.post(f"{path}/confirm").status_code == 403
    assert bob.post(f"{path}/confirm").json()["review_by"] == str(today() + 90 * DAY)
    assert bob.get("/api/v1/documents-due").json()["results"] == []


def test_a_set_day_holds_until_a_newer_file_comes(library: Library, leave: Document, signed_in: Any) -> None:
    from apps.knowledge.care.freshness import due_of
    from apps.knowledge.care.models import DocumentReview
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    alice = signed_in(cast.alice)
    path = f"/api/v1/documents/{leave.id}/review"
    wanted = {"owner_id": str(cast.carol.id), "review_by": str(today() + 5 * DAY)}
    assert alice.put(path, wanted, "application/json").json()["owner"]["name"] == "Carol Other"
    past = wanted | {"review_by": str(today() - DAY)}
    assert alice.put(path, past, "application/json").status_code == 400
    with tenant_scope(cast.acme.id):
        DocumentReview.objects.update(set_on=today() - DAY)
        assert due_of(leave) == (today() + 5 * DAY, False)
        leave.knowledge_base.review_days = 90
        leave.knowledge_base.save()
        assert due_of(leave) == (today() + 90 * DAY, False)


def test_only_a_reader_can_answer_for_a_document(library: Library, signed_in: Any) -> None:
    cast = library.cast
    base = library.base(cast.alice, name="Closed")
    document = library.read(library.add(base, "a.md", "# Secret\n\nThe ledger lies here.", cast.alice))
    path = f"/api/v1/documents/{document.id}/review"
    wanted = {"owner_id": str(cast.bob.id), "review_by": None}
    assert signed_in(cast.alice).put(path, wanted, "application/json").status_code == 400
    assert signed_in(cast.bob).get(path).status_code == 404


def test_owners_are_reminded_once_for_each_day(
    library: Library, leave: Document, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = library.cast
    alice = signed_in(cast.alice)
    assert remind(cast.acme.id, monkeypatch) == []
    page = f"/knowledge/{leave.knowledge_base_id}/review-interval"
    assert alice.post(page, {"review_days": "90"}).status_code == 302
    aged(leave, 85)
    assert remind(cast.acme.id, monkeypatch) == [("bob@acme.example", "1 document is due for review")]
    assert remind(cast.acme.id, monkeypatch) == []
    aged(leave, 10)
    assert len(remind(cast.acme.id, monkeypatch)) == 1
    listed = signed_in(cast.bob).get("/knowledge/reviews").content.decode()
    assert "Overdue" in listed
    assert "Still right" in listed
    assert (
        signed_in(cast.bob).post(f"/knowledge/documents/{leave.id}/review", {"confirm": ""}).status_code
        == 302
    )
    assert remind(cast.acme.id, monkeypatch) == []


def test_a_reminder_is_mailed_as_text_and_html_with_links_and_to_nobody_who_may_not_read_it(
    library: Library, leave: Document, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.knowledge.access_models import Restriction
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    path = f"/api/v1/knowledge-bases/{leave.knowledge_base_id}/review-interval"
    signed_in(cast.alice).put(path, {"review_days": 90}, "application/json")
    with tenant_scope(cast.acme.id):
        type(leave).objects.filter(id=leave.id).update(title="Leave & <absence>")
    aged(leave, 100)
    message = mailed(cast.acme.id, monkeypatch)
    day = f"{today() - 10 * DAY:%-d %B %Y}"
    assert (message.to, message.subject) == (["bob@acme.example"], "1 document is due for review")
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    html, kind = str(message.alternatives[0][0]), message.alternatives[0][1]
    link = f"http://{cast.acme.host}/knowledge/documents/{leave.id}"
    assert (
        kind,
        f'<a href="{link}" dir="auto">Leave &amp; &lt;absence&gt;</a> (Handbook), overdue since {day}'
        in html,
    ) == (
        "text/html",
        True,
    )
    assert f"- Leave & <absence> (Handbook), overdue since {day}\n" in message.body
    assert f"http://{cast.acme.host}/knowledge/reviews" in message.body
    with tenant_scope(cast.acme.id):
        Restriction.objects.create(
            knowledge_base_id=leave.knowledge_base_id, document=leave, owner=cast.alice
        )
    aged(leave, 10)
    assert mailed(cast.acme.id, monkeypatch).to == ["alice@acme.example"]


def test_the_documents_page_names_owner_and_day_and_takes_both(
    library: Library, leave: Document, signed_in: Any
) -> None:
    cast = library.cast
    alice = signed_in(cast.alice)
    page = f"/knowledge/documents/{leave.id}"
    day = str(today() + DAY)
    wrong = alice.post(f"{page}/review", {"owner": "nobody@acme.example", "review_by": day})
    assert wrong.status_code == 422
    assert alice.post(f"{page}/review", {"owner": "carol@acme.example", "review_by": day}).status_code == 302
    shown = alice.get(page).content.decode()
    assert f"Review by {day}" in shown
    assert "Carol Other answers for it" in shown


@pytest.mark.parametrize(("zone", "passed"), [("Pacific/Kiritimati", True), ("Pacific/Pago_Pago", False)])
def test_a_day_passes_when_it_does_where_the_organisation_is(
    library: Library, leave: Document, signed_in: Any, zone: str, *, passed: bool
) -> None:
    from apps.accounts.models import TenantSettings
    from apps.knowledge.care.days import today as day_there
    from apps.knowledge.care.models import DocumentReview
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    with tenant_scope(cast.acme.id):
        TenantSettings.objects.update(time_zone=zone)
        there = day_there()
        elsewhere = there - DAY if passed else there
        DocumentReview.objects.create(document_id=leave.id, review_by=elsewhere, set_on=there)
    shown = signed_in(cast.bob).get(f"/api/v1/documents/{leave.id}/review").json()
    assert (shown["review_by"], shown["is_stale"]) == (str(elsewhere), passed)
    assert there == dt.datetime.now(ZoneInfo(zone)).date()
