"""Searches before answers: follow-ups in other words, passages in an order that a model gives."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.chat.conftest import Browser
from tests.chat.test_reply import chat_requests, text_of
from tests.chat.test_reply_from_documents import SAID, ask, handbook
from tests.llm.conftest import Connected, ledger
from tests.llm.host import Answer, Asked
from tests.llm.test_gateway_pieces import offer

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.knowledge.models import KnowledgeBase

__all__ = ["handbook"]

pytestmark = pytest.mark.usefixtures("product")
ALONE = "How long is parental leave for a parent?"


def _steps(answer: Any) -> list[tuple[str, str, str]]:
    return [(step["kind"], step["label"], step["state"]) for step in answer["steps"]]


def _asked_twice(bob: Browser, engineering: str, handbook: KnowledgeBase) -> Any:
    """The answer to "and for a parent?" after another question."""
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    first = ask(bob, chat, "How long is parental leave?")
    return ask(bob, chat, "and for a parent?", parent_id=first["id"])


def _is_rewriting(asked: Asked) -> bool:
    return "understood without the rest" in asked.body["messages"][0]["content"]


def _rewriting(answer: Answer) -> Callable[[Asked], Answer]:
    """The host gives this answer where it is asked for other words."""
    return lambda asked: answer if _is_rewriting(asked) else Answer(texts=SAID)


def test_a_follow_up_is_searched_for_in_other_words(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    connected.host.answer_for = _rewriting(Answer(texts=(ALONE,)))
    answer = _asked_twice(bob, engineering, handbook)
    assert _steps(answer)[:2] == [
        ("rewrite", f"Understood as “{ALONE}”", "done"),
        ("search", "Searched Handbook", "done"),
    ]
    order = next(asked.body["messages"] for asked in chat_requests(connected) if _is_rewriting(asked))
    assert order[1]["content"].endswith("Last question: and for a parent?")
    assert "rewrite" in {row.purpose for row in ledger(connected)}
    assert "26 weeks" in text_of(answer)


@pytest.mark.parametrize("said", ["I can not help with that, dear customer.", ""])
def test_without_usable_words_the_question_before_leads(
    said: str, bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    busy = Answer(status=503, error={"error": {"message": "busy"}})
    connected.host.answer_for = _rewriting(Answer(texts=(said,)) if said else busy)
    answer = _asked_twice(bob, engineering, handbook)
    assert _steps(answer)[0] == ("rewrite", "Searched with the question before it", "done")
    assert answer["steps"][0]["data"]["query"] == "How long is parental leave?\nand for a parent?"
    assert "26 weeks" in text_of(answer)


def _reranked(connected: Connected, handbook: KnowledgeBase, *, granted: bool = True) -> None:
    """The collection wants its passages in a model's order."""
    from apps.knowledge.models import Tuning
    from apps.tenants.scope import tenant_scope

    model = offer(connected, "bge-reranker", granted=granted)
    with tenant_scope(connected.cast.acme.id):
        Tuning.objects.create(knowledge_base=handbook, reranker_id=model.id)


def _backwards(asked: Asked) -> Answer:
    """The host scores the last document best."""
    if not asked.path.endswith("/rerank"):
        return Answer(texts=SAID)
    count = len(asked.body["documents"])
    return Answer(whole={"results": [{"index": at, "relevance_score": at} for at in range(count)]})


def test_passages_come_in_the_order_of_the_model(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    _reranked(connected, handbook)
    connected.host.answer_for = _backwards
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    answer = ask(bob, chat, "How long is leave, parental or sabbatical?")
    assert _steps(answer) == [
        ("search", "Searched Handbook", "done"),
        ("rerank", "Put passages in order", "done"),
    ]
    asked = chat_requests(connected)[-1].body["messages"][-1]["content"]
    assert asked.index("sabbatical of three months") < asked.index("26 weeks")
    assert ("rerank_passages", 1) in {(row.purpose, row.units) for row in ledger(connected)}


def test_when_the_model_fails_the_order_of_the_search_serves_and_the_answer_says_so(
    bob: Browser,
    engineering: str,
    connected: Connected,
    handbook: KnowledgeBase,
) -> None:
    def broken(asked: Asked) -> Answer:
        if asked.path.endswith("/rerank"):
            return Answer(status=400, error={"error": {"message": "no"}})
        return Answer(texts=SAID)

    _reranked(connected, handbook)
    connected.host.answer_for = broken
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    answer = ask(bob, chat, "How long is leave, parental or sabbatical?")
    label = "Passages stay in the order of the search: the model that orders passages did not answer"
    assert ("rerank", label, "failed") in _steps(answer)
    assert "26 weeks" in text_of(answer)


def test_a_team_without_the_grant_gets_the_order_of_the_search(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    _reranked(connected, handbook, granted=False)
    connected.host.answer_for = _backwards
    began = time.monotonic()
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    answer = ask(bob, chat, "How long is leave, parental or sabbatical?")
    assert "your team may not use it" in _steps(answer)[-1][1]
    assert not any(asked.path.endswith("/rerank") for asked in connected.host.asked)
    assert time.monotonic() - began < 20
