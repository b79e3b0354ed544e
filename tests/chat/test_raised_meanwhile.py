"""What is raised while an answer is under way: the next call of it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.chat.test_chat_classes import class_of, put_class, raise_document
from tests.chat.test_reply_from_documents import ask, handbook
from tests.llm.host import Answer, Asked
from tests.llm.routing import Routing, routing_on, said
from tests.llm.test_clearances import hosted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.knowledge.models import KnowledgeBase
    from tests.chat.conftest import Browser
    from tests.llm.conftest import Connected

__all__ = ["handbook"]

pytestmark = pytest.mark.usefixtures("product")
NO = '{"sufficient": false, "reason": "It misses half."}'


@pytest.fixture
def routing(connected: Connected) -> Iterator[Routing]:
    with routing_on(connected) as found:
        yield found


def route_of_two(routing: Routing, meanwhile: Any) -> str:
    """A small model drafts, `meanwhile` happens, a checker would send the question on to a strong one."""

    def drafts(asked: Asked) -> Answer:
        meanwhile()
        return said("Parental leave is 26 weeks [1].")

    checker = routing.model("checker", said(NO))
    definition = {
        "first": routing.model("small", drafts),
        "checker": checker,
        "second": routing.model("strong"),
    }
    routing.route("cascade", definition)
    return "route/auto"


def test_a_document_that_is_raised_between_two_steps_of_a_route(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase, routing: Routing
) -> None:
    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    hosted(connected)
    with tenant_scope(connected.cast.acme.id):
        document = str(Document.objects.get(knowledge_base=handbook).pk)
    route = route_of_two(routing, lambda: raise_document(connected, document))
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    answer = ask(bob, chat, "How long is parental leave?", model=route)
    assert routing.asked == ["small"]
    assert answer["state"] == "done"  # the draft, which was written before
    assert class_of(bob, chat)["data_class"] == "internal"
    assert ask(bob, chat, "Say it again, please.", parent_id=answer["id"])["state"] == "failed"
    assert routing.asked == ["small"]


def test_a_chat_that_its_person_raises_between_two_steps_of_a_route(
    bob: Browser, engineering: str, connected: Connected, routing: Routing
) -> None:
    hosted(connected)
    chat = bob.begin(team_id=engineering)
    route = route_of_two(routing, lambda: put_class(bob, chat, "restricted"))
    answer = ask(bob, chat, "How long is parental leave?", model=route)
    assert routing.asked == ["small"]
    assert answer["state"] == "done"
    assert class_of(bob, chat)["data_class"] == "restricted"


def test_a_file_that_is_raised_while_the_chat_waits_for_its_title(
    bob: Browser, engineering: str, connected: Connected, routing: Routing
) -> None:
    """The title of a chat that became confidential is asked of nobody who may not know it."""
    hosted(connected)
    chat = bob.begin(team_id=engineering)

    def raises(asked: Asked) -> Answer:
        put_class(bob, chat, "confidential")
        return said("Yes.")

    routing.scripts["big-model"] = raises
    titles: list[Asked] = []

    def noted(asked: Asked) -> Answer:
        if "Name the chat" in str(asked.body["messages"][0]):
            titles.append(asked)
        return routing.answer(asked)

    connected.host.answer_for = noted
    assert ask(bob, chat, "What is it about?")["state"] == "done"
    _until_titled(connected, chat)
    assert titles == []


def _until_titled(connected: Connected, chat: str) -> None:
    import time

    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    until = time.monotonic() + 15
    while time.monotonic() < until:
        with tenant_scope(connected.cast.acme.id):
            runs = Run.objects.filter(kind="title", input__conversation_id=chat)
            if any(run.state == "done" for run in runs):
                return
        time.sleep(0.05)
    raise AssertionError("no title was tried")
