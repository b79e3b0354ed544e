"""Secrets are sealed for one tenant and field, under a key that can be replaced (J03)."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest

ACME = UUID("01890000-0000-7000-8000-000000000001")
GLOBEX = UUID("01890000-0000-7000-8000-000000000002")
FIELD = "llm.connection.key"
SECRET = "sk-canary-ÄÖ-0123456789"


def key(key_id: str, byte: bytes) -> str:
    return f"{key_id}:{base64.b64encode(byte * 32).decode()}"


@pytest.fixture
def old_key(monkeypatch: pytest.MonkeyPatch) -> str:
    from django.conf import settings

    monkeypatch.setattr(settings, "VAULT_KEYS", [key("old", b"o")])
    return "old"


def test_a_sealed_secret_opens_for_its_tenant_and_field_and_does_not_show(old_key: str) -> None:
    from apps.vault import open_sealed, seal

    blob = seal(SECRET, tenant_id=ACME, field=FIELD)
    assert open_sealed(blob, tenant_id=ACME, field=FIELD) == SECRET
    assert SECRET.encode() not in blob
    assert blob[:5] == b"\x01\x03old"
    assert seal(SECRET, tenant_id=ACME, field=FIELD) != blob


@pytest.mark.parametrize(("tenant", "field"), [(GLOBEX, FIELD), (ACME, "llm.connection.other")])
def test_a_value_moved_to_another_tenant_or_field_does_not_open(
    old_key: str, tenant: UUID, field: str
) -> None:
    from apps.vault import open_sealed, seal
    from apps.vault.errors import VaultError

    blob = seal(SECRET, tenant_id=ACME, field=FIELD)
    with pytest.raises(VaultError, match="changed or belongs elsewhere"):
        open_sealed(blob, tenant_id=tenant, field=field)


@pytest.mark.parametrize("cut", [0, 1, 4, 10, 20])
def test_a_cut_or_changed_value_raises_without_the_secret(old_key: str, cut: int) -> None:
    from apps.vault import open_sealed, seal
    from apps.vault.errors import VaultError

    blob = seal(SECRET, tenant_id=ACME, field=FIELD)
    changed = blob[:-1] + bytes([blob[-1] ^ 1])
    for broken in (blob[:cut], changed):
        with pytest.raises(VaultError) as raised:
            open_sealed(broken, tenant_id=ACME, field=FIELD)
        assert SECRET not in str(raised.value)


def test_a_new_key_seals_and_the_old_one_still_opens(old_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    from apps.vault import open_sealed, seal
    from apps.vault.sealing import is_current, key_id_of, reseal

    blob = seal(SECRET, tenant_id=ACME, field=FIELD)
    monkeypatch.setattr(settings, "VAULT_KEYS", [key("new", b"n"), key("old", b"o")])
    assert open_sealed(blob, tenant_id=ACME, field=FIELD) == SECRET
    assert not is_current(blob)
    fresh = reseal(blob, tenant_id=ACME, field=FIELD)
    assert key_id_of(fresh) == "new"
    assert is_current(fresh)
    assert open_sealed(fresh, tenant_id=ACME, field=FIELD) == SECRET


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ([], "ATRIUM_VAULT_KEYS is empty"),
        (["k1:c2hvcnQ="], "must be ID:BASE64 of exactly 32 bytes"),
        (["k1:***"], "is not base64"),
        ([":" + base64.b64encode(b"x" * 32).decode()], "must be ID:BASE64"),
    ],
)
def test_a_malformed_key_is_named(keys: list[str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    from apps.vault import seal
    from apps.vault.errors import VaultError

    monkeypatch.setattr(settings, "VAULT_KEYS", keys)
    with pytest.raises(VaultError, match=says):
        seal(SECRET, tenant_id=ACME, field=FIELD)


def test_a_retired_key_is_named_in_the_error(old_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    from apps.vault import open_sealed, seal
    from apps.vault.errors import VaultError

    blob = seal(SECRET, tenant_id=ACME, field=FIELD)
    monkeypatch.setattr(settings, "VAULT_KEYS", [key("new", b"n")])
    with pytest.raises(VaultError, match="The key 'old' that sealed this secret is not in"):
        open_sealed(blob, tenant_id=ACME, field=FIELD)
