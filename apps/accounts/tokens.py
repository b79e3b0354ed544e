"""Random secrets and their hashes. 256 random bits need no slow hash: SHA-256 is enough and quick."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final

_KEY: Final = re.compile(r"atrium_([a-z0-9][a-z0-9-]{0,39})_([a-z0-9]{8})_([A-Za-z0-9_-]{20,100})")
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


def random_token() -> str:
    """256 random bits, safe in URLs and cookies."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class KeyText:
    """The parts of an API key: it names its tenant, since no table outside a tenant could."""

    slug: str
    prefix: str
    secret: str

    def __str__(self) -> str:
        return f"atrium_{self.slug}_{self.prefix}_{self.secret}"

    def __repr__(self) -> str:
        return f"KeyText({self.slug!r}, {self.prefix!r}, …)"


def new_key(slug: str) -> KeyText:
    """A fresh API key of the tenant."""
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return KeyText(slug, prefix, random_token())


def read_key(text: str) -> KeyText | None:
    """The parts of a key, or None for anything else."""
    found = _KEY.fullmatch(text.strip())
    return KeyText(*found.groups()) if found else None
