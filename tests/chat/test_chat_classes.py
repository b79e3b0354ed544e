"""The class of a chat: kept from what was sent, raised by anyone in it, lowered by a lead with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.chat.test_reply import chat_requests
from tests.chat.test_reply_from_documents import LEAVE, SAID, ask, handbook
from tests.llm.host import Answer
from tests.llm.test_clearances import hosted

if TYPE_CHECKING:
    from apps.knowledge.models import KnowledgeBase
    from tests.chat.conftest import Browser
    from tests.llm.conftest import Connected

__all__ = ["handbook"]

pytestmark = pytest.mark.usefixtures("product")
SECRET = "26 weeks"


def attach(bob: Browser, chat: str, **fields: str) -> Any:
    """A file of the chat, read."""
    from apps.knowledge.ingesting import ingest

    file = SimpleUploadedFile("leave.md", LEAVE.encode(), "text/markdown")
    said = bob.client.post(
        f"/api/v1/conversations/{chat}/files", {"file": file, **fields}, HTTP_HOST=bob.organisation.host
    )
    assert said.status_code == 201, said.content
    ingest(bob.organisation.id, UUID(said.json()["document_id"]))
    return said.json()


def class_of(bob: Browser, chat: str) -> Any:
    return bob.call("GET", f"/conversations/{chat}/data-class").json()


def put_class(bob: Browser, chat: str, data_class: str, reason: str = "") -> Any:
    return bob.call("PUT", f"/conversations/{chat}/data-class", {"data_class": data_class, "reason": reason})


def raise_document(connected: Connected, document_id: str, data_class: int = 3) -> None:
    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        Document.objects.filter(pk=document_id).update(data_class=data_class)


def events(connected: Connected, action: str) -> list[Any]:
    from apps.audit.models import AuditEvent
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return list(AuditEvent.objects.filter(action=action, target_type="conversation"))


def refused(answer: Any) -> str:
    assert answer["state"] == "failed", answer
    assert answer["error"]["kind"] == "clearance", answer["error"]
    return str(answer["error"]["detail"])


def test_a_confidential_attachment_is_never_sent_to_a_hosted_model(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    hosted(connected)
    chat = bob.begin(team_id=engineering)
    file = attach(bob, chat, data_class="confidential")
    assert file["data_class"] == "confidential"
    assert class_of(bob, chat)["data_class"] == "confidential"
    said = refused(ask(bob, chat, "How long is parental leave?", file_ids=[file["id"]]))
    assert "The document “Leave” is confidential. big-model may receive internal text at most" in said
    assert "Your message is saved." in said
    assert connected.host.asked == []
    assert all(SECRET not in str(asked.body) for asked in connected.host.asked)


def test_what_was_sent_stays_with_the_chat_also_when_the_file_is_gone(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    chat = bob.begin(team_id=engineering)
    file = attach(bob, chat, data_class="confidential")
    assert ask(bob, chat, "How long is parental leave?", file_ids=[file["id"]])["state"] == "done"
    hosted(connected)
    assert bob.call("DELETE", f"/files/{file['id']}").status_code == 204
    assert class_of(bob, chat)["data_class"] == "confidential"
    asked = len(connected.host.asked)
    refused(ask(bob, chat, "And a sabbatical?", parent_id=bob.answered(chat)[1]["id"]))
    assert len(connected.host.asked) == asked
    (event,) = events(connected, "data_class.raised")
    assert event.detail["reason"] == "The document “Leave” is confidential."


def test_a_running_chat_is_refused_once_its_document_is_raised(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    hosted(connected)
    connected.host.answers[:] = [Answer(texts=SAID)]
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    first = ask(bob, chat, "How long is parental leave?")
    assert first["state"] == "done"
    assert class_of(bob, chat)["data_class"] == "internal"
    asked = len(chat_requests(connected))
    raise_document(connected, first["annotations"][0]["document_id"])
    assert bob.call("PATCH", f"/conversations/{chat}", {"knowledge_base_ids": []}).status_code == 200
    again = ask(bob, chat, "Say that again, please, in one short sentence.", parent_id=first["id"])
    assert "The document “Leave” is confidential" in refused(again)
    assert len(chat_requests(connected)) == asked


def test_anyone_in_the_chat_raises_it_and_only_a_lead_lowers_it_with_a_reason(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    from apps.accounts.models import Membership, MembershipRole
    from apps.tenants.scope import tenant_scope

    chat = bob.begin(team_id=engineering)
    said = put_class(bob, chat, "confidential").json()
    assert said == {
        "data_class": "confidential",
        "why": "Bob Member raised this chat to confidential.",
        "may_lower": False,
    }
    answer = put_class(bob, chat, "public", "It is nothing")
    assert answer.status_code == 400
    assert "Only a lead of the chat's team or an administrator" in answer.json()["detail"]
    assert class_of(bob, chat)["data_class"] == "confidential"
    assert events(connected, "data_class.lowered") == []
    with tenant_scope(connected.cast.acme.id):
        Membership.objects.filter(user=connected.cast.bob, team=connected.cast.engineering).update(
            role=MembershipRole.LEAD
        )
    assert put_class(bob, chat, "public").status_code == 400
    assert put_class(bob, chat, "public", "Checked: a joke").json()["data_class"] == "public"
    (event,) = events(connected, "data_class.lowered")
    assert (event.before, event.after, event.detail["reason"]) == (
        {"data_class": "confidential"},
        {"data_class": "public"},
        "Checked: a joke",
    )


def test_what_a_lead_let_pass_raises_no_more_until_it_gets_a_higher_class(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    from apps.accounts.models import Membership, MembershipRole
    from apps.tenants.scope import tenant_scope

    hosted(connected)
    chat = bob.begin(team_id=engineering)
    file = attach(bob, chat, data_class="confidential")
    refused(ask(bob, chat, "How long is parental leave?", file_ids=[file["id"]]))
    with tenant_scope(connected.cast.acme.id):
        Membership.objects.filter(user=connected.cast.bob, team=connected.cast.engineering).update(
            role=MembershipRole.LEAD
        )
    assert put_class(bob, chat, "internal", "Published last week").status_code == 200
    assert ask(bob, chat, "How long is parental leave?")["state"] == "done"
    raise_document(connected, file["document_id"], 4)
    refused(ask(bob, chat, "How long is parental leave now?"))


def test_a_colleague_neither_sees_nor_changes_the_class(
    bob: Browser, engineering: str, connected: Connected, browse: Any
) -> None:
    chat = bob.begin(team_id=engineering)
    alice = browse(connected.cast.acme, connected.cast.alice)
    assert alice.call("GET", f"/conversations/{chat}/data-class").status_code == 404
    assert put_class(alice, chat, "restricted").status_code == 404
    assert class_of(bob, chat)["data_class"] is None


def test_the_picker_says_what_each_may_receive(bob: Browser, engineering: str, connected: Connected) -> None:
    hosted(connected)
    (row,) = bob.call("GET", f"/models?team={engineering}").json()["results"]
    assert (row["slug"], row["available"], row["cleared_for"]) == ("big-model", True, "internal")


def test_title_query_and_answer_carry_the_class(
    bob: Browser, engineering: str, connected: Connected, request: pytest.FixtureRequest
) -> None:
    from apps.accounts.selectors import everyone
    from apps.llm.services import model_grants_set
    from apps.metering.models import UsageRecord
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        model_grants_set(actor=None, model=connected.embedding, team_ids=[everyone().pk])
    handbook: KnowledgeBase = request.getfixturevalue("handbook")
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    put_class(bob, chat, "confidential")
    ask(bob, chat, "How long is parental leave?")
    with tenant_scope(connected.cast.acme.id):
        rows = UsageRecord.objects.filter(conversation_id=chat).values_list("purpose", "data_class")
        assert {purpose: data_class for purpose, data_class in rows if purpose != "title"} == {
            "query": 3,
            "reply": 3,
        }
        assert all(data_class == 3 for _, data_class in rows)
