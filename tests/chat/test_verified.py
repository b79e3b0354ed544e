"""An expert's answer in a chat: given instead of a model's, cited, and the model still to be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.chat.conftest import Browser
from tests.chat.test_reply import chat_requests, text_of
from tests.chat.test_reply_from_documents import SAID, ask, handbook
from tests.llm.conftest import Connected
from tests.llm.host import Answer

if TYPE_CHECKING:
    from apps.knowledge.models import KnowledgeBase

__all__ = ["handbook"]
pytestmark = pytest.mark.usefixtures("product")
SENTENCE = "Parental leave is 26 weeks for each parent."
QUESTION = "How long is parental leave?"
TEXT = "Parental leave is 26 weeks for each parent. Our hearts go out to sleepless families."


def test_a_verified_answer_is_given_with_who_approved_it_and_the_model_can_be_asked(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    from apps.accounts.actors import Actor
    from apps.knowledge.care.answers import Draft, answer_approve, answer_save
    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    alice = Actor(connected.cast.alice)
    with tenant_scope(connected.cast.acme.id):
        document = Document.objects.get(knowledge_base=handbook)
        made = answer_save(actor=alice, base=handbook, draft=Draft((QUESTION,), TEXT, (document.id,)))
        answer_approve(actor=alice, answer=made)
    connected.host.answers[:] = [Answer(texts=("Leave",))]
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    answer = ask(bob, chat, QUESTION)
    assert (text_of(answer), answer["usage"]) == (TEXT, None)
    citation, note = answer["annotations"]
    assert (citation["document_id"], citation["verified"]) == (str(document.id), True)
    assert (citation["quote"], TEXT[citation["start"] : citation["end"]]) == (SENTENCE, SENTENCE)
    assert (citation["heading"][-1], citation["data_class"]) == ("Parental leave", "internal")
    assert (note["type"], note["question"], note["approved_by"]) == ("verified", QUESTION, "Alice Admin")
    connected.host.answers[:] = [Answer(texts=SAID)]
    path = f"/messages/{answer['id']}/regenerate"
    again = bob.call("POST", path, {"client_id": str(uuid4()), "verified": False}).json()["answer"]["id"]
    other = next(message for message in bob.answered(chat) if message["id"] == again)
    assert [found["type"] for found in other["annotations"]] == ["citation"]
    assert "26 weeks" in text_of(other)
    assert "Parental leave is 26 weeks" in str(chat_requests(connected)[-1].body)
