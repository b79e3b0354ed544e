"""Answers that experts approve: who may, which questions get them, and when they expire."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.utils.timezone import localdate as today

from tests.knowledge.embedding_host import vectors_of
from tests.knowledge.test_freshness import mailed, remind

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.knowledge.models import Document
    from apps.knowledge.narrowing import Narrowing
    from tests.knowledge.conftest import Library

QUESTIONS = ["How long is parental leave?", "How many weeks of parental leave do I get?"]
LEAVE = "# Leave\n\n## Parental\n\nParental leave is 26 weeks for each parent.\n\n## Sick\n\nCall by nine."
TEXT = "Each parent gets 26 weeks of parental leave."


@pytest.fixture
def leave(library: Library) -> Document:
    """A document in alice's collection that everyone may read; carol is its expert."""
    from apps.knowledge.care.answers import experts_set
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    base = library.base(cast.alice, "tenant", name="Handbook")
    with tenant_scope(cast.acme.id):
        experts_set(actor=library.actor(cast.alice), base=base, user_ids=[cast.carol.id])
    return library.read(library.add(base, "leave.md", LEAVE, cast.alice))


def written(client: Any, document: Document, **fields: Any) -> dict[str, Any]:
    """A new answer, not yet approved."""
    body = {"questions": QUESTIONS, "text": TEXT, "document_ids": [str(document.id)]} | fields
    path = f"/api/v1/knowledge-bases/{document.knowledge_base_id}/verified-answers"
    made = client.post(path, body, "application/json")
    assert made.status_code == 201, made.content
    found: dict[str, Any] = made.json()
    return found


def approve(client: Any, answer: dict[str, Any], *, is_approved: bool = True) -> Any:
    path = f"/api/v1/verified-answers/{answer['id']}/approval"
    return client.put(path, {"is_approved": is_approved}, "application/json")


def given(person: User, document: Document, text: str, narrowing: Narrowing | None = None) -> str | None:
    """The verified answer that the person's question gets."""
    from apps.knowledge.care.answer_models import VerifiedAnswer
    from apps.knowledge.care.answering import answer_for
    from apps.knowledge.care.tasks import embed
    from apps.knowledge.models import KnowledgeBase
    from apps.knowledge.narrowing import WIDE
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        ids = list(VerifiedAnswer.objects.values_list("id", flat=True))
        model_id = KnowledgeBase.objects.get(id=document.knowledge_base_id).embedding_model_id
    for id_ in ids:
        embed(document.tenant_id, id_)
    assert model_id is not None
    with tenant_scope(document.tenant_id):
        found = answer_for(
            user_id=person.id,
            knowledge_base_ids=[document.knowledge_base_id],
            text=text,
            vectors={model_id: vectors_of([text])[0]},
            narrowing=narrowing or WIDE,
        )
    return found.text if found else None


def test_an_approved_answer_wins_where_it_is_asked_as_closely_and_nowhere_else(
    library: Library, leave: Document, signed_in: Any
) -> None:
    cast = library.cast
    carol = signed_in(cast.carol)
    answer = written(carol, leave)
    assert (answer["state"], answer["is_in_force"]) == ("draft", False)
    assert answer["sources"][0]["document_id"] == str(leave.id)
    assert given(cast.bob, leave, QUESTIONS[0]) is None
    approved = approve(carol, answer).json()
    assert (approved["is_in_force"], approved["approved_by"]["name"]) == (True, "Carol Other")
    assert given(cast.bob, leave, QUESTIONS[0]) == TEXT
    assert given(cast.bob, leave, "parental leave: how long?") == TEXT
    for other in (
        "How long is sick leave?",
        "Who approves parental leave?",
        "How long is leave for 3 parents?",
    ):
        assert given(cast.bob, leave, other) is None
    assert approve(carol, answer, is_approved=False).json()["state"] == "draft"
    assert given(cast.bob, leave, QUESTIONS[0]) is None


def test_only_experts_and_the_owner_approve_and_others_see_nothing(
    library: Library, leave: Document, signed_in: Any
) -> None:
    cast = library.cast
    answer = written(signed_in(cast.alice), leave)
    bob = signed_in(cast.bob)
    path = f"/api/v1/verified-answers/{answer['id']}"
    assert bob.get(path).status_code == 404
    assert approve(bob, answer).status_code == 404
    assert bob.get(f"/api/v1/knowledge-bases/{leave.knowledge_base_id}/verified-answers").status_code == 403
    experts = f"/api/v1/knowledge-bases/{leave.knowledge_base_id}/experts"
    assert bob.put(experts, {"user_ids": [str(cast.bob.id)]}, "application/json").status_code == 403
    assert signed_in(cast.alice).get(experts).json()["people"][0]["name"] == "Carol Other"
    changed = {"questions": QUESTIONS, "text": "27 weeks.", "document_ids": [], "review_by": None}
    assert approve(signed_in(cast.carol), answer).status_code == 200
    kept = signed_in(cast.carol).put(path, changed, "application/json").json()
    assert (kept["state"], kept["approved_by"]) == ("draft", None)


def test_it_expires_with_its_day_and_with_its_source_and_needs_every_source_readable(
    library: Library, leave: Document, signed_in: Any
) -> None:
    from apps.knowledge.access_models import Restriction
    from apps.knowledge.care.answer_models import VerifiedAnswer
    from apps.knowledge.models import Chunk
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    carol = signed_in(cast.carol)
    answer = written(carol, leave, review_by=str(today()))
    approve(carol, answer)
    assert given(cast.bob, leave, QUESTIONS[0]) == TEXT
    with tenant_scope(cast.acme.id):
        VerifiedAnswer.objects.update(review_by=today() - dt.timedelta(days=1))
    assert given(cast.bob, leave, QUESTIONS[0]) is None
    with tenant_scope(cast.acme.id):
        VerifiedAnswer.objects.update(review_by=None)
        closed = Restriction.objects.create(
            knowledge_base_id=leave.knowledge_base_id, document=leave, owner=cast.alice
        )
    assert given(cast.bob, leave, QUESTIONS[0]) is None
    with tenant_scope(cast.acme.id):
        closed.delete()
    assert given(cast.bob, leave, QUESTIONS[0]) == TEXT
    with tenant_scope(cast.acme.id):
        for chunk in Chunk.objects.filter(document=leave):
            chunk.text += " Now 30."
            chunk.save()
    assert given(cast.bob, leave, QUESTIONS[0]) is None
    shown = carol.get(f"/api/v1/verified-answers/{answer['id']}").json()
    assert (shown["has_changed_source"], shown["is_in_force"]) == (True, False)
    approve(carol, answer)
    assert given(cast.bob, leave, QUESTIONS[0]) == TEXT


def test_each_claim_rests_on_the_passage_that_says_it_and_a_silent_document_on_its_nearest(
    library: Library, leave: Document, signed_in: Any
) -> None:
    from apps.knowledge.models import KnowledgeBase, VerifiedSource
    from apps.tenants.scope import tenant_scope

    filler = "\n\n".join(
        f"## Rule {n}\n\nChairs of row {n} are blue and stay where they are." for n in range(60)
    )
    hotel, sick = "## Hotel\n\nThe hotel cap is 190 pounds a night.", "## Sick\n\nCall your lead by nine."
    text = f"# Rules\n\n{hotel}\n\n{filler}\n\n{sick}"
    with tenant_scope(library.cast.acme.id):
        base = KnowledgeBase.objects.get(id=leave.knowledge_base_id)
    rules = library.read(library.add(base, "rules.md", text))
    other = library.read(library.add(base, "other.md", "# Fleet\n\nBicycles are lent to visitors."))
    answer = written(
        signed_in(library.cast.carol),
        leave,
        text="Please call your lead by nine. The hotel cap is 190 pounds a night [2].",
        document_ids=[str(rules.id), str(other.id)],
    )
    with tenant_scope(library.cast.acme.id):
        sources = list(VerifiedSource.objects.order_by("position"))
    assert [source.heading[-1] for source in sources] == ["Sick", "Hotel", "Fleet"]
    assert [source["document_id"] for source in answer["sources"]] == [str(rules.id)] * 2 + [str(other.id)]


def test_it_stays_in_force_where_the_document_is_read_again_and_still_says_the_passage(
    library: Library, leave: Document, signed_in: Any
) -> None:
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.models import Document
    from apps.knowledge.versioning import document_replace
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    carol = signed_in(cast.carol)
    approve(carol, written(carol, leave))
    for text, found in (
        (f"{LEAVE}\n\n## Trade fairs\n\nAsk first.", TEXT),
        (LEAVE.replace("26", "30"), None),
    ):
        with tenant_scope(cast.acme.id):
            stream = io.BytesIO(text.encode())
            document = Document.objects.select_related("knowledge_base").get(id=leave.id)
            made = document_replace(
                actor=library.actor(cast.alice), document=document, name="leave.md", stream=stream
            )
        ingest(made.tenant_id, made.id)
        assert given(cast.bob, leave, QUESTIONS[0]) == found


def test_a_narrowed_search_gets_only_answers_that_rest_on_what_it_looks_at(
    library: Library, leave: Document, signed_in: Any
) -> None:
    from apps.knowledge.models import Document
    from apps.knowledge.narrowing import Narrowing
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    carol = signed_in(cast.carol)
    approve(carol, written(carol, leave))
    with tenant_scope(cast.acme.id):
        Document.objects.filter(id=leave.id).update(tags=["HR"])
    assert given(cast.bob, leave, QUESTIONS[0], Narrowing(tags=("hr",))) == TEXT
    assert given(cast.bob, leave, QUESTIONS[0], Narrowing(tags=("sales",))) is None
    approve(carol, written(carol, leave, document_ids=[]))
    assert given(cast.bob, leave, QUESTIONS[0], Narrowing(kinds=("pdf",))) is None


def test_who_approved_it_is_told_once_that_it_ends(
    library: Library, leave: Document, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = library.cast
    carol = signed_in(cast.carol)
    answer = written(carol, leave, review_by=str(today() + dt.timedelta(days=6)))
    assert remind(cast.acme.id, monkeypatch) == []
    approve(carol, answer)
    message = mailed(cast.acme.id, monkeypatch)
    assert (message.to, message.subject) == (["carol@acme.example"], "1 verified answer needs you")
    assert QUESTIONS[0] in message.body
    assert remind(cast.acme.id, monkeypatch) == []
    approve(carol, answer)
    assert remind(cast.acme.id, monkeypatch) == [("carol@acme.example", "1 verified answer needs you")]


def test_the_pages_write_from_an_unanswered_question_and_approve(
    library: Library, leave: Document, signed_in: Any
) -> None:
    from apps.knowledge.models import UnansweredQuestion
    from apps.tenants.scope import tenant_scope
    from tests.knowledge.test_unanswered import asked

    cast = library.cast
    alice = signed_in(cast.alice)
    with tenant_scope(cast.acme.id):
        base = leave.knowledge_base
    asked(cast.bob, QUESTIONS[0], base)
    with tenant_scope(cast.acme.id):
        question = UnansweredQuestion.objects.get()
    new = f"/knowledge/{leave.knowledge_base_id}/answers/new"
    assert QUESTIONS[0] in alice.get(f"{new}?question={question.id}").content.decode()
    form = {"questions": "\r\n".join(QUESTIONS), "text": "", "documents": [str(leave.id)]}
    assert alice.post(new, form).status_code == 422
    made = alice.post(new, form | {"text": TEXT, "question_id": str(question.id)})
    assert made.status_code == 302
    with tenant_scope(cast.acme.id):
        assert UnansweredQuestion.objects.get().state == "done"
    assert TEXT in alice.get(f"/knowledge/{leave.knowledge_base_id}/answers").content.decode()
    found = alice.get(f"/api/v1/knowledge-bases/{leave.knowledge_base_id}/verified-answers").json()["results"]
    decide = f"/knowledge/answers/{found[0]['id']}/decide"
    assert alice.post(decide, {"approve": ""}).status_code == 302
    assert given(cast.bob, leave, QUESTIONS[1]) == TEXT
    assert TEXT in alice.get(f"/knowledge/answers/{found[0]['id']}").content.decode()
    assert alice.post(decide, {"delete": ""}).status_code == 302


def test_an_answer_on_a_closed_document_is_neither_shown_nor_changed_nor_freed_of_it(
    library: Library, leave: Document, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """carol, an expert, may no longer read the document: its words stay with those who may."""
    from apps.accounts.models import Notification
    from apps.knowledge.access_models import Restriction
    from apps.knowledge.models import VerifiedSource
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    carol, alice = signed_in(cast.carol), signed_in(cast.alice)
    answer = written(carol, leave, review_by=str(today()))
    approve(carol, answer)
    with tenant_scope(cast.acme.id):
        Restriction.objects.create(
            knowledge_base_id=leave.knowledge_base_id, document=leave, owner=cast.alice
        )
    listed = f"/api/v1/knowledge-bases/{leave.knowledge_base_id}/verified-answers"
    path = f"/api/v1/verified-answers/{answer['id']}"
    page = f"/knowledge/{leave.knowledge_base_id}/answers"
    freed = {"questions": QUESTIONS, "text": TEXT, "document_ids": []}
    assert [len(person.get(listed).json()["results"]) for person in (alice, carol)] == [1, 0]
    told = carol.get(page).content.decode()
    assert "1 answer rests on documents that you may not read, and is not shown." in told
    assert TEXT not in told
    for refused in (
        carol.get(path),
        carol.put(path, freed, "application/json"),
        carol.delete(path),
        approve(carol, answer),
        carol.post(f"/knowledge/answers/{answer['id']}", freed),
    ):
        assert refused.status_code == 404
    with tenant_scope(cast.acme.id):
        assert VerifiedSource.objects.filter(answer_id=answer["id"], document=leave).exists()
    assert remind(cast.acme.id, monkeypatch) == [("alice@acme.example", "1 verified answer needs you")]
    with tenant_scope(cast.acme.id):
        assert Notification.objects.get().url == page


def test_the_form_keeps_chosen_documents_while_others_are_looked_for(
    library: Library, leave: Document, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.knowledge.models import KnowledgeBase
    from apps.knowledge.views import answers as views
    from apps.tenants.scope import tenant_scope

    monkeypatch.setattr(views, "MOST_OFFERED", 1)
    with tenant_scope(library.cast.acme.id):
        base = KnowledgeBase.objects.get(id=leave.knowledge_base_id)
    for name in ("Zebras", "Bees"):
        library.read(library.add(base, f"{name}.md", f"# {name}\n\nKeep them out.", library.cast.alice))
    alice = signed_in(library.cast.alice)
    path = f"/knowledge/answers/{written(alice, leave)['id']}"

    def offered(body: str) -> list[bool]:
        boxes = re.findall(r'name="documents" value="[^"]+"( checked)?', body)
        return [bool(checked) for checked in boxes]

    assert offered(alice.get(path).content.decode()) == [True, False]
    form = {"questions": QUESTIONS[0], "text": "Half", "documents": [str(leave.id)]}
    looked = alice.post(path, form | {"find": "", "words": "ZEBRAS"}).content.decode()
    assert "Zebras" in looked
    assert "Bees" not in looked
    assert ">Half</textarea>" in looked
    assert offered(looked) == [True, False]
    assert alice.get(path).content.decode().count(TEXT) == 1
    assert alice.post(path, form | {"text": TEXT, "approve": ""}).status_code == 302
    assert given(library.cast.bob, leave, QUESTIONS[0]) == TEXT


def test_the_page_names_experts_by_their_addresses(library: Library, leave: Document, signed_in: Any) -> None:
    cast = library.cast
    alice = signed_in(cast.alice)
    assert signed_in(cast.bob).get(f"/knowledge/{leave.knowledge_base_id}/answers").status_code == 403
    experts = f"/knowledge/{leave.knowledge_base_id}/experts"
    refused = alice.post(experts, {"people": "bob@acme.example\nnobody@acme.example"})
    assert refused.status_code == 422
    assert "bob@acme.example\nnobody@acme.example</textarea>" in refused.content.decode()
    own = library.base(cast.bob, name="Bob's own")
    assert alice.post(f"/knowledge/{own.id}/experts", {"people": "nobody"}).status_code == 403
    assert alice.post(experts, {"people": "bob@acme.example"}).status_code == 302
    assert signed_in(cast.bob).get(f"/knowledge/{leave.knowledge_base_id}/answers").status_code == 200
