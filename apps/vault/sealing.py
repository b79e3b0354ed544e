"""Sealing of secrets: AES-256-GCM, bound to the tenant and the field that holds it.

A sealed value is `version (1) | length of key id (1) | key id | nonce (12) | ciphertext and tag`. The
tenant and the field are additional authenticated data, so a value copied elsewhere does not open.
"""

from __future__ import annotations

import base64
import binascii
import os
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from apps.vault.errors import VaultError

if TYPE_CHECKING:
    from uuid import UUID

_VERSION: Final = 1
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32


def keys() -> dict[str, bytes]:
    """The configured keys by id, the first of which seals; raises VaultError where one is malformed."""
    found: dict[str, bytes] = {}
    for word in settings.VAULT_KEYS:
        key_id, _, encoded = word.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise VaultError(f"ATRIUM_VAULT_KEYS: key {key_id!r} is not base64.") from error
        if len(key) != _KEY_BYTES or not key_id or not key_id.isascii():
            raise VaultError(f"ATRIUM_VAULT_KEYS: key {key_id!r} must be ID:BASE64 of exactly 32 bytes.")
        found[key_id] = key
    if not found:
        raise VaultError("ATRIUM_VAULT_KEYS is empty: set at least one key as ID:BASE64 of 32 random bytes.")
    return found


def _bound_to(tenant_id: UUID, field: str) -> bytes:
    return f"{tenant_id}|{field}".encode()


def seal(plaintext: str, *, tenant_id: UUID, field: str) -> bytes:
    """The secret sealed under the first key, for exactly this tenant and field."""
    key_id, key = next(iter(keys().items()))
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plaintext.encode(), _bound_to(tenant_id, field))
    return bytes([_VERSION, len(key_id)]) + key_id.encode() + nonce + sealed


def key_id_of(blob: bytes) -> str:
    """Which key sealed the value."""
    if len(blob) < 2 or blob[0] != _VERSION:  # noqa: PLR2004 - version and length
        raise VaultError("The sealed value is malformed.")
    return blob[2 : 2 + blob[1]].decode("ascii", "replace")


def open_sealed(blob: bytes, *, tenant_id: UUID, field: str) -> str:
    """The secret; raises VaultError when its key is gone or the value was changed, moved or cut."""
    key_id = key_id_of(blob)
    key = keys().get(key_id)
    if key is None:
        raise VaultError(f"The key {key_id!r} that sealed this secret is not in ATRIUM_VAULT_KEYS.")
    body = blob[2 + len(key_id) :]
    try:
        opened = AESGCM(key).decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], _bound_to(tenant_id, field))
    except (InvalidTag, ValueError) as error:
        raise VaultError("The sealed secret was changed or belongs elsewhere: enter it again.") from error
    return opened.decode()


def is_current(blob: bytes) -> bool:
    """Whether the value is sealed under the key that seals now."""
    return key_id_of(blob) == next(iter(keys()))


def reseal(blob: bytes, *, tenant_id: UUID, field: str) -> bytes:
    """The same secret sealed under the first key."""
    return seal(open_sealed(blob, tenant_id=tenant_id, field=field), tenant_id=tenant_id, field=field)
