"""Who acts: a signed-in person, or an API key on behalf of its person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.models import ApiKey, User


@dataclass(frozen=True, slots=True)
class Actor:
    """The person of a request with the key or session that let them in."""

    user: User
    api_key: ApiKey | None = None
    session_id: UUID | None = None
    ip: str | None = None

    @property
    def user_id(self) -> UUID:
        return self.user.id

    @property
    def tenant_id(self) -> UUID:
        tenant_id: UUID = self.user.tenant_id
        return tenant_id

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def role(self) -> str:
        return self.user.role

    @property
    def api_key_id(self) -> UUID | None:
        return self.api_key.id if self.api_key else None

    @property
    def team_id(self) -> UUID | None:
        """The team that an API key acts in; a person's requests name theirs."""
        return self.api_key.team_id if self.api_key else None
