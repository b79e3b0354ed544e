"""What a person says of an answer, and of a passage that it cites; and who reads that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.chat.conftest import Browser
from tests.chat.test_reply_from_documents import LEAVE, SAID, ask, handbook
from tests.llm.conftest import Connected
from tests.llm.host import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.knowledge.models import KnowledgeBase

__all__ = ["handbook"]
pytestmark = pytest.mark.usefixtures("product")
QUESTION = "How long is parental leave?"


@pytest.fixture
def answer(bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase) -> Any:
    """An answer of bob's that cites the handbook."""
    connected.host.answers[:] = [Answer(texts=SAID)]
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    return ask(bob, chat, QUESTION)


def test_an_answer_is_rated_and_the_rating_taken_back(bob: Browser, answer: Any) -> None:
    path = f"/messages/{answer['id']}/rating"
    bad = {"is_good": False, "reasons": ["outdated"], "comment": " It was  30 weeks. "}
    assert bob.call("PUT", path, bad).json() == bad | {"comment": "It was 30 weeks."}
    rating = bob.messages(answer["conversation_id"])[1]["rating"]
    assert (rating["is_good"], rating["reasons"]) == (False, ["outdated"])
    assert bob.call("PUT", path, {"is_good": False, "reasons": ["because"]}).status_code == 400
    assert bob.call("DELETE", path).status_code == 204
    assert bob.messages(answer["conversation_id"])[1]["rating"] is None
    question = bob.messages(answer["conversation_id"])[0]["id"]
    assert bob.call("PUT", f"/messages/{question}/rating", {"is_good": True}).status_code == 400


def test_what_is_said_of_a_passage_is_read_by_who_looks_after_it_and_resolved(
    bob: Browser, answer: Any, connected: Connected, handbook: KnowledgeBase, browse: Callable[..., Browser]
) -> None:
    cast = connected.cast
    chunk = answer["annotations"][0]["chunk_id"]
    path = f"/messages/{answer['id']}/passage-feedback"
    assert bob.call("POST", path, {"chunk_id": str(uuid4()), "kind": "outdated"}).status_code == 404
    assert bob.call("POST", path, {"chunk_id": chunk, "kind": "boring"}).status_code == 400
    for kind in ("wrong_document", "outdated"):
        given = bob.call("POST", path, {"chunk_id": chunk, "kind": kind, "comment": "30 weeks now"})
        assert given.status_code == 201, given.content
    alice, carol = browse(cast.acme, cast.alice), browse(cast.acme, cast.carol)
    (row,) = alice.call("GET", "/passage-feedback?state=open").json()["results"]
    assert (row["kind"], row["question"], row["given_by"]["name"]) == ("outdated", QUESTION, "Bob Member")
    assert row["document_version"] == 1
    assert row["passage"] in LEAVE
    assert carol.call("GET", "/passage-feedback").json()["results"] == []
    one = f"/passage-feedback/{row['id']}"
    assert carol.call("PATCH", one, {"state": "resolved"}).status_code == 404
    page = alice.page(f"/knowledge/feedback?base={handbook.id}").content.decode()
    assert "30 weeks now" in page
    assert f'href="/knowledge/passages/{chunk}"' in page
    assert alice.call("PATCH", one, {"state": "resolved"}).json()["state"] == "resolved"
    assert alice.call("GET", "/passage-feedback?state=open").json()["results"] == []


def test_who_manages_but_may_not_read_sees_no_passage(
    bob: Browser, answer: Any, connected: Connected, handbook: KnowledgeBase, browse: Callable[..., Browser]
) -> None:
    from apps.knowledge.models import KnowledgeBase, KnowledgeBaseTeam, Visibility
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        bases = KnowledgeBase.objects.filter(id=handbook.id)
        bases.update(visibility=Visibility.TEAMS, owner_id=cast.carol.id)
        KnowledgeBaseTeam.objects.create(knowledge_base=handbook, team=cast.sales)
    alice = browse(cast.acme, cast.alice)
    path = f"/messages/{answer['id']}/passage-feedback"
    chunk = {"chunk_id": answer["annotations"][0]["chunk_id"], "kind": "not_said"}
    assert bob.call("POST", path, chunk).status_code == 404
    with tenant_scope(cast.acme.id):
        KnowledgeBaseTeam.objects.create(knowledge_base=handbook, team=cast.engineering)
    assert bob.call("POST", path, chunk).status_code == 201
    with tenant_scope(cast.acme.id):
        KnowledgeBaseTeam.objects.filter(team=cast.engineering).delete()
    (row,) = alice.call("GET", "/passage-feedback").json()["results"]
    assert (row["passage"], row["question"]) == (None, QUESTION)
    assert "You may not read this document" in alice.page("/knowledge/feedback").content.decode()


def test_an_answer_beside_another_is_discarded_and_the_only_one_is_not(bob: Browser, answer: Any) -> None:
    chat, path = answer["conversation_id"], f"/messages/{answer['id']}"
    assert bob.call("DELETE", path).json()["code"] == "answer_needed"
    way = {"client_id": str(uuid4()), "knowledge": False}
    other = bob.call("POST", f"{path}/regenerate", way).json()["answer"]["id"]
    bob.answered(chat)
    assert bob.call("GET", f"/conversations/{chat}").json()["current_message_id"] == other
    assert bob.call("DELETE", f"/messages/{other}").status_code == 204
    assert [message["id"] for message in bob.messages(chat)][1:] == [answer["id"]]
    assert bob.call("GET", f"/conversations/{chat}").json()["current_message_id"] == answer["id"]
    assert bob.call("DELETE", f"/messages/{other}").status_code == 404
