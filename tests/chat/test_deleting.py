"""Deleting a chat: gone at once, taken back for a while, then erased."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import uuid4

from django.utils import timezone

from tests.chat.conftest import Browser
from tests.llm.conftest import Connected

if TYPE_CHECKING:
    from collections.abc import Callable


def delete(bob: Browser, chat: str, ago: dt.timedelta = dt.timedelta()) -> None:
    """Delete it, so long ago."""
    from apps.chat.models import Conversation
    from apps.tenants.scope import tenant_scope

    assert bob.call("DELETE", f"/conversations/{chat}").status_code == 204
    with tenant_scope(bob.organisation.id):
        Conversation.objects.filter(id=chat).update(deleted_at=timezone.now() - ago)


def events(bob: Browser) -> list[str]:
    from apps.audit.models import AuditEvent
    from apps.tenants.scope import tenant_scope

    with tenant_scope(bob.organisation.id):
        found = AuditEvent.objects.filter(target_type="conversation").order_by("id")
        return list(found.values_list("action", flat=True))


def test_a_deleted_chat_is_nowhere_and_comes_back_as_it_was(bob: Browser) -> None:
    chat, other = bob.begin(), bob.begin()
    bob.call("PATCH", f"/conversations/{chat}", {"title": "Leave rules", "is_pinned": True})
    before = bob.call("GET", f"/conversations/{chat}").json()
    delete(bob, chat)
    listed = bob.call("GET", "/conversations").json()["results"]
    assert [row["id"] for row in listed] == [other]
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"is_pinned": False}),
        ("DELETE", "", None),
        ("GET", "/messages", None),
        ("POST", "/messages", {"client_id": str(uuid4()), "text": "Hello?"}),
        ("GET", "/data-class", None),
    ):
        assert bob.call(method, f"/conversations/{chat}{path}", body).status_code == 404, (method, path)
    restored = bob.call("POST", f"/conversations/{chat}/restore")
    assert (restored.status_code, restored.json()) == (200, before)
    assert bob.call("POST", f"/conversations/{chat}/restore").json() == before
    assert events(bob)[-2:] == ["conversation.delete", "conversation.restore"]


def test_only_its_person_restores_it(
    bob: Browser, connected: Connected, browse: Callable[..., Browser]
) -> None:
    chat = bob.begin()
    delete(bob, chat)
    cast = connected.cast
    for organisation, user in ((cast.acme, cast.alice), (cast.globex, cast.mallory)):
        assert browse(organisation, user).call("POST", f"/conversations/{chat}/restore").status_code == 404
    assert bob.call("GET", f"/conversations/{chat}").status_code == 404


def test_maintenance_erases_what_can_not_be_taken_back_any_more(bob: Browser) -> None:
    from apps.chat.deleting import ERASED_AFTER, erase_deleted
    from apps.chat.models import Conversation
    from apps.tenants.scope import tenant_scope

    old, new, kept = bob.begin(), bob.begin(), bob.begin()
    delete(bob, old, ERASED_AFTER + dt.timedelta(seconds=1))
    delete(bob, new)
    assert erase_deleted() >= 1
    with tenant_scope(bob.organisation.id):
        left = {str(id_) for id_ in Conversation.objects.values_list("id", flat=True)}
    assert left == {new, kept}
    assert bob.call("POST", f"/conversations/{old}/restore").status_code == 404
    assert bob.call("POST", f"/conversations/{new}/restore").status_code == 200
    assert events(bob).count("conversation.erase") == 1
