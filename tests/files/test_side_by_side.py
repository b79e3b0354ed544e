"""Quotas where several come at once, and where room is about to be made."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.factories import Cast


def test_two_files_side_by_side_pass_no_quota_together(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection

    from apps.files.models import File
    from apps.files.services import file_save
    from apps.rest.errors import ProblemError
    from apps.tenants.scope import tenant_scope

    monkeypatch.setattr("django.conf.settings.FILES_TENANT_QUOTA_BYTES", 10)
    both = Barrier(2)

    def parts() -> Any:
        yield b"exactly 10"
        both.wait(20)

    def save(_: int) -> str:
        try:
            with tenant_scope(cast.acme.id):
                file_save(owner_id=None, name="a.txt", media_type="text/plain", parts=parts())
        except ProblemError as problem:
            return problem.code
        finally:
            connection.close()
        return "kept"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(save, range(2))) == ["kept", "quota_exceeded"]
    with tenant_scope(cast.acme.id):
        assert File.objects.count() == 1


def test_files_of_a_deleted_chat_fill_no_quota(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.accounts.actors import Actor
    from apps.chat.conversations import conversation_create
    from apps.chat.models import Conversation
    from apps.files.services import file_save
    from apps.knowledge.services import conversation_file_add
    from apps.rest.errors import ProblemError
    from apps.tenants.scope import tenant_scope

    def save() -> None:
        with tenant_scope(cast.acme.id):
            file_save(owner_id=cast.bob.id, name="b.txt", media_type="text/plain", parts=[b"0123456789"])

    with tenant_scope(cast.acme.id):
        chat = conversation_create(actor=Actor(cast.bob))
        conversation_file_add(
            actor=Actor(cast.bob), conversation_id=chat.id, name="a.txt", stream=io.BytesIO(b"0123456789")
        )
    monkeypatch.setattr("django.conf.settings.FILES_USER_QUOTA_BYTES", 15)
    with pytest.raises(ProblemError, match="no room"):
        save()
    with tenant_scope(cast.acme.id):
        from django.utils import timezone

        Conversation.objects.filter(id=chat.id).update(deleted_at=timezone.now())
    save()
    with pytest.raises(ProblemError, match="no room"):
        save()
