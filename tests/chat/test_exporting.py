"""Chats as files: Markdown of the branch on screen, JSON of the tree, all of them in a zip file."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from apps.audit.models import AuditEvent
from apps.chat.exporting import file_name
from apps.chat.models import Conversation, Message
from apps.tenants.scope import tenant_scope
from tests.llm.conftest import Connected

if TYPE_CHECKING:
    from tests.chat.conftest import Browser

LAMP = "The lamp is blue [7]. It hangs high."


def read(response: Any) -> bytes:
    """The bytes of a streamed answer."""
    assert response.status_code == 200, response.status_code

    async def joined() -> bytes:
        return b"".join([chunk async for chunk in response.streaming_content])

    return asyncio.run(joined())


@pytest.fixture
def chat(bob: Browser, engineering: str) -> str:
    """A question with two answers; the second, which cites, is on screen."""
    made = bob.begin(team_id=engineering)
    bob.call("PATCH", f"/conversations/{made}", {"title": "Lamps: a/b"})
    cited = {
        "type": "citation", "number": 1, "start": 0, "end": 20, "chunk_id": str(uuid4()),
        "document_id": str(uuid4()), "document_title": "House rules", "page": 3, "place": "page 3",
        "heading": [], "quote": "azure light", "verified": True,
    }  # fmt: skip
    with tenant_scope(bob.organisation.id):
        common = {"conversation_id": UUID(made), "author_id": bob.user.id, "state": "done"}
        asked = Message.objects.create(role="user", parts=[{"type": "text", "text": "Which lamp?"}], **common)
        for text, notes in (("No idea.", []), (LAMP, [cited])):
            last = Message.objects.create(
                role="assistant", parent=asked, model_slug="big-model", model_name="Big model",
                parts=[{"type": "text", "text": text}], annotations=notes, **common,
            )  # fmt: skip
        Conversation.objects.filter(id=made).update(current_message_id=last.id)
    return made


def test_markdown_is_the_branch_on_screen_with_numbered_sources(bob: Browser, chat: str) -> None:
    response = bob.call("GET", f"/conversations/{chat}/export")
    assert response.headers["Content-Disposition"] == 'attachment; filename="Lamps a b.md"'
    text = read(response).decode()
    assert text.startswith("# Lamps: a/b\n")
    assert "## You, 20" in text
    assert "## Big model, 20" in text
    assert "The lamp is blue [1]. It hangs high." in text
    assert "1. House rules" in text
    assert "No idea." not in text


def test_a_document_that_may_not_be_read_is_named_and_not_quoted(bob: Browser, chat: str) -> None:
    for form in ("markdown", "json"):
        assert "azure light" not in read(bob.call("GET", f"/conversations/{chat}/export?as={form}")).decode()


def test_json_holds_every_branch(bob: Browser, chat: str) -> None:
    whole = json.loads(read(bob.call("GET", f"/conversations/{chat}/export?as=json")))
    assert whole["conversation"]["title"] == "Lamps: a/b"
    said = [part["text"] for message in whole["messages"] for part in message["parts"]]
    assert said == ["Which lamp?", "No idea.", LAMP]


def test_all_chats_come_in_both_forms_without_deleted_ones(bob: Browser, chat: str, engineering: str) -> None:
    gone = bob.begin(team_id=engineering)
    bob.call("DELETE", f"/conversations/{gone}")
    with zipfile.ZipFile(io.BytesIO(read(bob.call("GET", "/conversations/export")))) as archive:
        assert archive.namelist() == ["markdown/00001 Lamps a b.md", "json/00001 Lamps a b.json"]
        assert json.loads(archive.read("json/00001 Lamps a b.json"))["conversation"]["id"] == chat


def test_exports_are_audited_and_nobody_exports_anothers(
    bob: Browser, chat: str, browse: Any, connected: Connected
) -> None:
    read(bob.call("GET", f"/conversations/{chat}/export"))
    read(bob.call("GET", "/conversations/export"))
    alice = browse(connected.cast.acme, connected.cast.alice)
    assert alice.call("GET", f"/conversations/{chat}/export").status_code == 404
    with zipfile.ZipFile(io.BytesIO(read(alice.call("GET", "/conversations/export")))) as archive:
        assert archive.namelist() == []
    with tenant_scope(bob.organisation.id):
        kept = AuditEvent.objects.filter(action__contains="export", actor_id=bob.user.id)
        assert sorted(kept.values_list("action", flat=True)) == [
            "conversation.all_exported",
            "conversation.export",
        ]


def test_another_form_is_400(bob: Browser, chat: str) -> None:
    assert bob.call("GET", f"/conversations/{chat}/export?as=exe").status_code == 400


@pytest.mark.parametrize(
    ("title", "name"),
    [("", "New chat.md"), ("../../etc", "etc.md"), ("a\u202eb\x00", "a b.md"), ("x" * 300, "x" * 80 + ".md")],
)
def test_a_title_makes_a_safe_name(title: str, name: str) -> None:
    assert file_name(title, "markdown") == name
