"""The class of what an answer rests on: in citations, in its run, and still there when it is built upon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chat.test_reply_from_documents import SAID, ask, handbook
from tests.llm.host import Answer

if TYPE_CHECKING:
    from apps.knowledge.models import KnowledgeBase
    from tests.chat.conftest import Browser
    from tests.llm.conftest import Connected

__all__ = ["handbook"]

pytestmark = pytest.mark.usefixtures("product")


def _classes_of_runs(connected: Connected) -> list[str | None]:
    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        runs = Run.objects.filter(kind="reply").order_by("created_at", "id")
        return [run.result["data_class"] for run in runs]


def test_class_of_passages_goes_with_the_answer_and_with_what_is_said_from_it(
    bob: Browser, engineering: str, connected: Connected, handbook: KnowledgeBase
) -> None:
    from apps.accounts.actors import Actor
    from apps.guardrails.classes import DataClass
    from apps.knowledge.classing import base_class_set
    from apps.tenants.scope import tenant_scope

    connected.host.answers[:] = [Answer(texts=SAID)]
    with tenant_scope(connected.cast.acme.id):
        alice = Actor(connected.cast.alice)
        base_class_set(actor=alice, knowledge_base=handbook, wanted=DataClass.CONFIDENTIAL)
    chat = bob.begin(team_id=engineering, knowledge_base_ids=[str(handbook.id)])
    first = ask(bob, chat, "How long is parental leave?")
    assert first["annotations"][0]["data_class"] == "confidential"
    changed = bob.call("PATCH", f"/conversations/{chat}", {"knowledge_base_ids": []})
    assert changed.status_code == 200, changed.content
    ask(bob, chat, "Say that again, please, in one short sentence.", parent_id=first["id"])
    plain = bob.begin(team_id=engineering)
    ask(bob, plain, "Tell me something about tea.")
    assert _classes_of_runs(connected) == ["confidential", "confidential", None]
