"""Answers that rest on documents: steps, citations, what was not found, and what may no longer be read."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from django.utils.timezone import localdate

from tests.chat.conftest import Browser
from tests.chat.test_reply import chat_requests, text_of
from tests.llm.conftest import Connected
from tests.llm.host import Answer

if TYPE_CHECKING:
    from apps.knowledge.models import KnowledgeBase

pytestmark = pytest.mark.usefixtures("product")

LEAVE = """# Leave

## Parental leave

Parental leave is 26 weeks for each parent. Requests go to the people team four weeks before the first day.

## Sabbatical

A sabbatical of three months is possible after five years of service, once the manager agrees in writing.
"""
ZEBRA = "Which zebra won the chess tournament in Reykjavik for the manager?"
NOTHING = "I found nothing about this in the documents."
SAID = ("Parental leave is 26 weeks", " for each parent [1].")


@pytest.fixture
def handbook(connected: Connected) -> KnowledgeBase:
    """alice's collection with one document, read, which everyone may read."""
    from apps.accounts.actors import Actor
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.models import Visibility
    from apps.knowledge.services import document_add, knowledge_base_create
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    alice = Actor(cast.alice)
    with tenant_scope(cast.acme.id):
        base = knowledge_base_create(actor=alice, name="Handbook", visibility=Visibility.TENANT)
        document = document_add(
            actor=alice, knowledge_base=base, name="leave.md", stream=io.BytesIO(LEAVE.encode())
        )
    ingest(cast.acme.id, document.id)
    return base


def extractive_granted(connected: Connected) -> None:
    """engineering may also use the model that quotes."""
    from apps.llm.models import Connection, Grant, Model
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        connection = Connection.objects.create(name="Quotes", vendor="extractive")
        model = Model.objects.create(
            connection=connection, slug="quotes", name="Quotes", vendor_model="extractive"
        )
        Grant.objects.create(team=connected.cast.engineering, model=model)


def ask(bob: Browser, chat: str, question: str, **fields: Any) -> Any:
    """The answer to a question."""
    asked = bob.send(chat, question, **fields)
    assert asked.status_code == 202, asked.content
    wanted = asked.json()["answer"]["id"]
    return next(message for message in bob.answered(chat) if message["id"] == wanted)


def test_an_answer_cites_the_passage_that_it_was_given(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    connected.host.answers[:] = [Answer(texts=SAID)]
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    answer = ask(bob, chat, "How long is parental leave?")
    asked = chat_requests(connected)[0].body["messages"]
    assert "Parental leave is 26 weeks for each parent." in asked[-1]["content"]
    assert "[1]" in asked[0]["content"]
    assert [(step["kind"], step["label"], step["state"]) for step in answer["steps"]] == [
        ("search", "Searched Handbook", "done")
    ]
    (citation,) = answer["annotations"]
    text = text_of(answer)
    assert (citation["type"], citation["number"], citation["verified"]) == ("citation", 1, True)
    assert "26 weeks" in text[citation["start"] : citation["end"]]
    assert "26 weeks for each parent" in citation["quote"]
    assert citation["heading"][-1] == "Parental leave"
    assert UUID(citation["document_id"]).version == 7


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (ZEBRA, f"{NOTHING} What comes nearest does not mention: zebra, chess, tournament, Reykjavik."),
        ("Welches Zebra gewann Schach in Reykjavik?", "Dazu habe ich in den Dokumenten nichts gefunden."),
    ],
)
def test_when_nothing_is_found_the_answer_says_what_is_missing_and_asks_no_model(
    question: str, said: str, bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    connected.host.answers[:] = [Answer(texts=("A title",))]
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    answer = ask(bob, chat, question)
    assert (text_of(answer), answer["state"], answer["usage"]) == (said, "done", None)
    no_source, *near = answer["annotations"]
    assert no_source == {"type": "no_source"}
    assert [document["document_title"] for note in near for document in note["documents"]] == (
        ["Leave"] if question == ZEBRA else []
    )
    asked = [str(request.body["messages"][-1]) for request in chat_requests(connected)]
    assert [words for words in asked if "Title for" not in words] == []


def test_the_nearest_documents_are_shown_only_while_they_may_be_read(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    from apps.knowledge.models import KnowledgeBase, Visibility
    from apps.tenants.scope import tenant_scope

    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    answer = ask(bob, chat, ZEBRA)
    with tenant_scope(connected.cast.acme.id):
        KnowledgeBase.objects.filter(id=handbook.id).update(visibility=Visibility.PRIVATE)
    later = next(message for message in bob.messages(chat) if message["id"] == answer["id"])
    assert later["annotations"][1]["documents"] == []


def test_after_an_exchange_the_model_goes_on_from_what_was_said(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    connected.host.answers[:] = [
        Answer(texts=SAID),
        Answer(texts=("Title",)),
        Answer(texts=("Perhaps yes.",)),
    ]
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    first = ask(bob, chat, "How long is parental leave?")
    answer = ask(bob, chat, ZEBRA, parent_id=first["id"])
    assert text_of(answer) == f"{NOTHING}\n\nPerhaps yes."
    system = chat_requests(connected)[-1].body["messages"][0]["content"]
    assert "nothing usable was found" in system
    assert NOTHING in system


def test_the_same_question_is_answered_without_the_documents_beside(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    connected.host.answers[:] = [
        Answer(texts=SAID),
        Answer(texts=("Title",)),
        Answer(texts=("About a year.",)),
    ]
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    first = ask(bob, chat, "How long is parental leave?")
    again = bob.call(
        "POST", f"/messages/{first['id']}/regenerate", {"client_id": str(uuid4()), "knowledge": False}
    ).json()["answer"]["id"]
    answer = next(message for message in bob.answered(chat) if message["id"] == again)
    assert (text_of(answer), answer["annotations"]) == ("About a year.", [{"type": "without_knowledge"}])
    assert answer["steps"] == []
    assert answer["usage"]["output_tokens"] > 0
    assert "26 weeks" not in json.dumps(chat_requests(connected)[-1].body)


def test_a_model_that_cannot_be_reached_is_replaced_by_quotes_and_named(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    extractive_granted(connected)
    connected.host.answers[:] = [
        Answer(status=401, error={"error": {"message": "no", "code": "invalid_api_key"}})
    ]
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    answer = ask(bob, chat, "How long is parental leave?")
    assert (answer["state"], answer["model"]["slug"]) == ("done", "quotes")
    assert "26 weeks" in text_of(answer)
    assert [step["kind"] for step in answer["steps"]] == ["search", "fallback"]
    notes = {note["type"] for note in answer["annotations"]}
    assert notes == {"citation", "fallback"}
    fallback = next(note for note in answer["annotations"] if note["type"] == "fallback")
    assert (fallback["model"]["slug"], fallback["reason"]) == ("big-model", "authentication")


def test_without_passages_a_failing_model_fails(bob: Browser, engineering: str, connected: Connected) -> None:
    extractive_granted(connected)
    connected.host.answers[:] = [
        Answer(status=401, error={"error": {"message": "no", "code": "invalid_api_key"}})
    ]
    answer = ask(bob, bob.begin(team_id=engineering), "Hello?")
    assert (answer["state"], answer["error"]["kind"]) == ("failed", "authentication")


def test_the_quoting_model_answers_alone(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    extractive_granted(connected)
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)], model="quotes")
    answer = ask(bob, chat, "How long is parental leave?")
    assert "26 weeks" in text_of(answer)
    assert [note["verified"] for note in answer["annotations"]]
    assert connected.host.asked == []
    nothing = ask(bob, chat, "Which zebra won the chess tournament in Reykjavik?")
    assert {"type": "no_source"} in nothing["annotations"]


def test_what_became_unreadable_leaves_later_prompts(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    from apps.knowledge.models import KnowledgeBase, Visibility
    from apps.tenants.scope import tenant_scope

    connected.host.answers[:] = [Answer(texts=SAID)]
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    first = ask(bob, chat, "How long is parental leave?")
    with tenant_scope(connected.cast.acme.id):
        KnowledgeBase.objects.filter(id=handbook.id).update(visibility=Visibility.PRIVATE)
    ask(bob, chat, "Say that again, please, in one short sentence.", parent_id=first["id"])
    asked = json.dumps(chat_requests(connected)[-1].body)
    assert "26 weeks" not in asked
    assert "may no longer read" in asked


def test_a_file_of_the_chat_is_read_and_searched(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    from apps.accounts.actors import Actor
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.services import conversation_file_add
    from apps.tenants.scope import tenant_scope

    chat = bob.begin(team_id=engineering)
    with tenant_scope(connected.cast.acme.id):
        document = conversation_file_add(
            actor=Actor(connected.cast.bob),
            conversation_id=UUID(chat),
            name="leave.md",
            stream=io.BytesIO(LEAVE.encode()),
        )
    ingest(connected.cast.acme.id, document.id)
    connected.host.answers[:] = [Answer(texts=SAID)]
    answer = ask(bob, chat, "How long is parental leave?", file_ids=[str(document.file_id)])
    assert [step["label"] for step in answer["steps"]] == ["Searched leave.md"]
    assert answer["annotations"][0]["verified"] is True
    unnamed = ask(bob, chat, "How long is parental leave?")
    assert [step["kind"] for step in unnamed["steps"]] == ["search"]
    question = bob.messages(chat)[0]
    assert [part["type"] for part in question["parts"]] == ["file", "text"]
    assert question["parts"][0]["file"]["state"] == "ready"
    assert bob.call("GET", f"/conversations/{chat}").json()["files"][0]["name"] == "leave.md"


def test_a_foreign_collection_is_404(bob: Browser, engineering: str, connected: Connected) -> None:
    from apps.accounts.actors import Actor
    from apps.knowledge.services import knowledge_base_create
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        private = knowledge_base_create(actor=Actor(cast.alice), name="Private")
    with tenant_scope(cast.globex.id):
        foreign = knowledge_base_create(actor=Actor(cast.mallory), name="Foreign")
    chat = bob.begin(team_id=engineering)
    for base in (private, foreign):
        wanted = {"knowledge_base_ids": [str(base.id)]}
        assert bob.call("POST", "/conversations", wanted).status_code == 404
        assert bob.call("PATCH", f"/conversations/{chat}", wanted).status_code == 404
    assert bob.call("GET", f"/conversations/{chat}").json()["knowledge_bases"] == []


def test_what_the_documents_did_not_answer_is_noted_and_what_they_did_is_not(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    from apps.knowledge.models import UnansweredQuestion
    from apps.tenants.scope import tenant_scope

    connected.host.answers[:] = [Answer(texts=SAID), Answer(texts=("The documents do not say.",))]
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    first = ask(bob, chat, "How long is parental leave?")
    assert [note["type"] for note in first["annotations"]] == ["citation"]
    connected.host.answers[:] = [Answer(texts=("The documents do not say.",))]
    ask(bob, chat, "Is parental leave paid in full?", parent_id=first["id"])
    other = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    ask(bob, other, ZEBRA)
    with tenant_scope(connected.cast.acme.id):
        noted = set(UnansweredQuestion.objects.values_list("text", flat=True))
    assert noted == {"Is parental leave paid in full?", ZEBRA}
    bob.call("DELETE", f"/conversations/{other}")
    bob.erase(other)
    with tenant_scope(connected.cast.acme.id):
        assert UnansweredQuestion.objects.count() == 1


def test_a_citation_says_that_its_document_is_overdue_until_somebody_says_that_it_is_right(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    import datetime as dt

    from apps.accounts.actors import Actor
    from apps.knowledge.care.freshness import review_confirm
    from apps.knowledge.care.models import DocumentReview
    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    overdue = localdate() - dt.timedelta(days=1)
    with tenant_scope(connected.cast.acme.id):
        document = Document.objects.get(knowledge_base=handbook)
        DocumentReview.objects.create(document=document, review_by=overdue, set_on=localdate())
    connected.host.answers[:] = [Answer(texts=SAID)]
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    (citation,) = ask(bob, chat, "How long is parental leave?")["annotations"]
    assert (citation["review_by"], citation["is_stale"]) == (str(overdue), True)
    chunk = bob.call("GET", f"/chunks/{citation['chunk_id']}").json()
    assert (chunk["review"]["is_stale"], chunk["review"]["owner"]["name"]) == (True, "Alice Admin")
    with tenant_scope(connected.cast.acme.id):
        review_confirm(actor=Actor(connected.cast.alice), document=document)
    assert bob.messages(chat)[1]["annotations"][0]["is_stale"] is False
