"""What a role may do, and what an API key's scopes leave of it. Object rules live in each app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apps.accounts.models import Role
from apps.rest.errors import forbidden

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.accounts.models import User

SCOPES: Final = ("chat", "embeddings", "images", "rerank", "knowledge", "admin")
DEFAULT_SCOPES: Final = ("chat", "embeddings", "images", "rerank", "knowledge")
"""What a new key may use unless somebody says otherwise: everything but to administer."""

_ADMIN: Final = frozenset({
    "admin.see", "models.manage", "people.manage", "teams.manage", "knowledge.manage", "audit.read",
    "settings.manage", "costs.manage", "costs.read", "policies.read", "policies.manage",
})  # fmt: skip
CAPABILITIES: Final[dict[str, frozenset[str]]] = {
    Role.OWNER: _ADMIN | {"owners.manage"},
    Role.ADMIN: _ADMIN,
    Role.AUDITOR: frozenset({"admin.see", "audit.read", "costs.read", "policies.read"}),
    Role.MEMBER: frozenset(),
}


def can(actor: Actor, capability: str) -> bool:
    """Whether the actor's role gives the capability, and its key's scopes do not take it away."""
    if actor.api_key is not None and "admin" not in actor.api_key.scopes:
        return False
    return capability in CAPABILITIES.get(actor.role, frozenset())


def require(actor: Actor, capability: str) -> None:
    """Raise 403 unless `can`."""
    if not can(actor, capability):
        raise forbidden()


def may_manage(actor: Actor, user: User) -> bool:
    """Whether the actor may change this person's account: an owner's only as an owner."""
    return can(actor, "people.manage") and (user.role != Role.OWNER or can(actor, "owners.manage"))


def require_manage(actor: Actor | None, user: User) -> None:
    """Raise 403 unless `may_manage`; the operator (None) may."""
    if actor is not None and not may_manage(actor, user):
        raise forbidden()


def has_scope(actor: Actor, scope: str) -> bool:
    """Whether a key was made for this part of the API; a signed-in person needs no scope."""
    return actor.api_key is None or scope in actor.api_key.scopes or "admin" in actor.api_key.scopes
