"""Rotation reaches every sealed row of every tenant and can be stopped and resumed (J05)."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from io import StringIO
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

if TYPE_CHECKING:
    from tests.factories import Organisation

RESEAL = "apps.vault.management.commands.vault_rotate.reseal"


def key(key_id: str, byte: bytes) -> str:
    return f"{key_id}:{base64.b64encode(byte * 32).decode()}"


def connections_of(organisation: Organisation, count: int) -> list[UUID]:
    from apps.llm.endpoints import KEY_FIELD
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope
    from apps.vault import seal

    with tenant_scope(organisation.id):
        return [
            Connection.objects.create(
                name=f"Host {number}",
                vendor="openai_compatible",
                base_url="https://models.example/v1",
                sealed_key=seal(f"sk-{number}", tenant_id=organisation.id, field=KEY_FIELD),
            ).pk
            for number in range(count)
        ]


def state(organisation: Organisation, ids: list[UUID]) -> list[tuple[str, str]]:
    """Key id and secret of each connection."""
    from apps.llm.endpoints import KEY_FIELD
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope
    from apps.vault.sealing import key_id_of, open_sealed

    with tenant_scope(organisation.id):
        rows = Connection.objects.in_bulk(ids)
        blobs = [bytes(rows[pk].sealed_key) for pk in ids]
    return [
        (key_id_of(blob), open_sealed(blob, tenant_id=organisation.id, field=KEY_FIELD)) for blob in blobs
    ]


def rotate() -> int:
    """Rotates every tenant's secrets; how many connections were sealed anew.

    Other tests' rows may be sealed under keys of theirs: those are named, and stop nothing.
    """
    from django.core.management import CommandError, call_command

    out = StringIO()
    with suppress(CommandError):
        call_command("vault_rotate", "--json", stdout=out)
    return int(json.loads(out.getvalue())["resealed"]["llm.Connection"])


def test_rotation_stops_half_way_resumes_and_retires_the_old_key(
    acme: Organisation, globex: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    from apps.vault.sealing import reseal

    before = list(settings.VAULT_KEYS)
    of_acme, of_globex = connections_of(acme, 3), connections_of(globex, 2)
    monkeypatch.setattr(settings, "VAULT_KEYS", [key("r2", b"r"), *before])
    calls = 0

    def dies_at_the_third(blob: bytes, *, tenant_id: UUID, field: str) -> bytes:
        nonlocal calls
        calls += tenant_id in {acme.id, globex.id}
        if calls == 3:
            raise KeyboardInterrupt
        return reseal(blob, tenant_id=tenant_id, field=field)

    monkeypatch.setattr(RESEAL, dies_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    half = [key_id for key_id, _ in state(acme, of_acme) + state(globex, of_globex)]
    assert half.count("r2") == 2
    monkeypatch.setattr(RESEAL, reseal)
    assert rotate() >= 3
    assert rotate() == 0
    monkeypatch.setattr(settings, "VAULT_KEYS", [key("r2", b"r")])
    assert state(acme, of_acme) == [("r2", "sk-0"), ("r2", "sk-1"), ("r2", "sk-2")]
    assert state(globex, of_globex) == [("r2", "sk-0"), ("r2", "sk-1")]
    monkeypatch.setattr(settings, "VAULT_KEYS", [*before, key("r2", b"r")])
    assert rotate() >= 5


def test_an_unreadable_secret_is_named_and_stops_no_other(acme: Organisation) -> None:
    from django.core.management import CommandError, call_command
    from django.test import override_settings

    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    broken, whole = connections_of(acme, 2)
    with tenant_scope(acme.id):
        Connection.objects.filter(pk=broken).update(sealed_key=b"nothing that was sealed")
    from django.conf import settings

    with override_settings(VAULT_KEYS=[key("r3", b"3"), *settings.VAULT_KEYS]):
        with pytest.raises(CommandError, match=str(broken)):
            call_command("vault_rotate", "--tenant", acme.slug)
        assert state(acme, [whole]) == [("r3", "sk-1")]
