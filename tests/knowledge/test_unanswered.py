"""What documents could not answer: gathered by likeness, told without names to who looks after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from apps.knowledge.care.likeness import are_alike, is_covered, wording_of
from tests.knowledge.embedding_host import vectors_of

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.knowledge.models import KnowledgeBase
    from tests.knowledge.conftest import Library

VPN = "How do I reset my VPN password?"
FORGOT = "I forgot my vpn password, how can I reset it?"


def asked(person: User, text: str, *bases: KnowledgeBase, conversation_id: UUID | None = None) -> UUID:
    """As a chat of the person's notes it; the chat's id."""
    from apps.knowledge.candidates import Reach
    from apps.knowledge.care.unanswered import Asking, question_note
    from apps.knowledge.retrieval import search_open
    from apps.tenants.scope import tenant_scope

    chat = conversation_id or uuid4()
    ids = [base.id for base in bases]
    vector = vectors_of([text])[0]
    with tenant_scope(person.tenant_id):
        models = search_open(Reach(person.id, tuple(ids), None)).models
        asking = Asking(person.id, chat, uuid4(), text, {model.id: vector for model in models})
        question_note(asking=asking, knowledge_base_ids=ids)
    return chat


def listed(client: Any, **filters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/unanswered-questions", filters).json()["results"]
    return found


@pytest.fixture
def shared(library: Library) -> KnowledgeBase:
    """alice's collection that everyone may read, with one document."""
    base = library.base(library.cast.alice, "tenant", name="Handbook")
    library.read(library.add(base, "leave.md", "# Leave\n\nParental leave is 26 weeks for each parent."))
    return base


def test_wordings_that_ask_the_same_are_alike_and_others_are_not() -> None:
    assert are_alike(wording_of(VPN), wording_of(FORGOT), 0.96)
    assert are_alike(wording_of("VPN password reset"), wording_of("Reset VPN password"), None)
    assert not are_alike(wording_of("Allowance in Norway?"), wording_of("Allowance in Sweden?"), 0.87)
    assert not are_alike(
        wording_of("What does section 12 say?"), wording_of("What does section 13 say?"), 0.99
    )
    variants = [("How long is parental leave?", 0.9), ("How many weeks of parental leave do I get?", 0.84)]
    assert is_covered(wording_of("How long is my leave as a parent?"), variants)
    assert not is_covered(wording_of("Who approves parental leave?"), [(text, 0.9) for text, _ in variants])


def test_the_same_question_in_other_words_is_one_row_with_counts(
    library: Library, shared: KnowledgeBase, signed_in: Any
) -> None:
    cast = library.cast
    asked(cast.bob, VPN, shared)
    asked(cast.bob, FORGOT, shared)
    asked(cast.carol, VPN.upper(), shared)
    asked(cast.carol, "What is the travel allowance in Norway?", shared)
    asked(cast.carol, "Thanks", shared)
    rows = listed(signed_in(cast.alice))
    assert [(row["text"], row["times"], row["people"]) for row in rows] == [
        ("What is the travel allowance in Norway?", 1, 1),
        (VPN, 3, 2),
    ]


def test_only_who_looks_after_a_collection_sees_what_was_asked_and_nobody_is_named(
    library: Library, shared: KnowledgeBase, signed_in: Any
) -> None:
    cast = library.cast
    mine = library.base(cast.bob, name="Bob's own")
    asked(cast.bob, VPN, shared, mine)
    assert [row["knowledge_base"]["name"] for row in listed(signed_in(cast.alice))] == ["Handbook"]
    assert [row["knowledge_base"]["name"] for row in listed(signed_in(cast.bob))] == ["Bob's own"]
    assert listed(signed_in(cast.carol)) == []
    assert signed_in(cast.carol).get(f"/knowledge/questions?base={shared.id}").status_code == 404
    page = signed_in(cast.alice).get(f"/knowledge/questions?base={shared.id}")
    csv = signed_in(cast.alice).get("/knowledge/questions/export")
    for text in (page.content.decode(), csv.content.decode()):
        assert "VPN password" in text
        assert "Bob" not in text.replace("Bob&#x27;s own", "")


def test_nobody_asks_in_a_collection_that_they_may_not_read(library: Library, signed_in: Any) -> None:
    cast = library.cast
    closed = library.base(cast.alice, name="Closed")
    asked(cast.bob, VPN, closed)
    assert listed(signed_in(cast.alice)) == []


def test_a_deleted_chat_takes_its_words_with_it(
    library: Library, shared: KnowledgeBase, signed_in: Any
) -> None:
    from apps.knowledge.care.unanswered import questions_forget
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    first = asked(cast.bob, VPN, shared)
    second = asked(cast.carol, FORGOT, shared)
    for chat, left in ((first, [FORGOT]), (second, [])):
        with tenant_scope(cast.acme.id):
            questions_forget(conversation_id=chat)
        assert [row["text"] for row in listed(signed_in(cast.alice))] == left


def test_a_question_is_closed_opened_and_told_to_the_audit_log(
    library: Library, shared: KnowledgeBase, signed_in: Any
) -> None:
    from apps.audit.models import AuditEvent
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    asked(cast.bob, "=1+1 is what in the VPN?", shared)
    alice = signed_in(cast.alice)
    (row,) = listed(alice)
    path = f"/api/v1/unanswered-questions/{row['id']}"
    refused = signed_in(cast.bob).patch(path, {"state": "done"}, "application/json")
    assert refused.status_code == 404
    assert alice.patch(path, {"state": "gone"}, "application/json").status_code == 400
    assert alice.patch(path, {"state": "done"}, "application/json").json()["state"] == "done"
    assert listed(alice, state="open") == []
    assert "'=1+1 is what" in alice.get("/knowledge/questions/export?state=all").content.decode()
    assert alice.post(f"/knowledge/questions/{row['id']}", {"state": "open"}).status_code == 302
    assert [found["state"] for found in listed(alice, state="open")] == ["open"]
    with tenant_scope(cast.acme.id):
        actions = set(AuditEvent.objects.values_list("action", flat=True))
    wanted = {"unanswered_question.closed", "unanswered_question.opened", "unanswered_questions.exported"}
    assert wanted <= actions


def test_each_question_leads_on_as_far_as_its_reader_may_go(
    library: Library, shared: KnowledgeBase, signed_in: Any
) -> None:
    """alice manages knowledge, and does not read what carol shares with her own team."""
    cast = library.cast
    theirs = library.base(cast.carol, "teams", cast.sales, name="Sales")
    asked(cast.bob, VPN, shared)
    asked(cast.carol, VPN, theirs)
    page = signed_in(cast.alice).get("/knowledge/questions").content.decode()
    assert f"/knowledge/{shared.id}/search?query=How%20do%20I%20reset" in page
    assert f"/knowledge/{shared.id}/answers/new" in page
    assert f"/knowledge/{theirs.id}#upload-heading" in page
    assert f"/knowledge/{theirs.id}/search" not in page
    assert f"/knowledge/{theirs.id}/answers/new" not in page
