"""Recording what people and keys did. An event is part of the transaction that it describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from apps.audit.models import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Mapping


class AuditActor(Protocol):
    """Who acts, as far as the record needs it: apps.accounts.actors.Actor fits."""

    @property
    def user_id(self) -> UUID | None: ...
    @property
    def name(self) -> str: ...
    @property
    def api_key_id(self) -> UUID | None: ...
    @property
    def ip(self) -> str | None: ...


def record(  # noqa: PLR0913 - the columns of an event
    *,
    actor: AuditActor | None,
    action: str,
    target_type: str = "",
    target_id: object = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Add an event in the caller's scope; `actor` None is the operator or the system itself."""
    return AuditEvent.objects.create(
        actor_id=actor.user_id if actor else None,
        actor_name=(actor.name if actor else "")[:200],
        api_key_id=actor.api_key_id if actor else None,
        ip=actor.ip if actor else None,
        action=action,
        target_type=target_type,
        target_id=str(target_id),
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
        detail=None if detail is None else dict(detail),
    )
