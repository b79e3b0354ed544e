"""What administrators are told when a connection goes down and when it is back; both are in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.accounts.models import User
from apps.accounts.permissions import CAPABILITIES
from apps.accounts.services.notifications import notification_create
from apps.audit.services import record
from apps.llm.health.words import reason_in_words, span_in_words
from apps.llm.models import Connection
from apps.llm.permissions import MANAGE

if TYPE_CHECKING:
    from uuid import UUID

    from apps.llm.vendors.base import ErrorKind


def went_down(connection_id: UUID, kind: ErrorKind) -> None:
    """Tell who manages models that the connection does not answer, and why in plain words."""
    connection = Connection.objects.filter(pk=connection_id).first()
    if connection is None:
        return
    reason = reason_in_words(kind.value)
    _record(connection, "connection.went_down", {"reason": kind.value})
    _tell(
        connection,
        kind="provider.down",
        title=f"{connection.name} does not answer",
        body=f"{reason} Its models are not called until it answers again; that is tried by itself. "
        "Other deployments and routes take over where there are some.",
    )


def came_back(connection_id: UUID, *, down_s: float | None) -> None:
    """Tell them that it answers again, and how long it did not."""
    connection = Connection.objects.filter(pk=connection_id).first()
    if connection is None:
        return
    span = span_in_words(down_s)
    _record(connection, "connection.came_back", {"down_s": round(down_s) if down_s is not None else None})
    _tell(
        connection,
        kind="provider.back",
        title=f"{connection.name} answers again",
        body=f"It did not answer for {span}. Nothing needs to be done." if span else "",
    )


def _tell(connection: Connection, *, kind: str, title: str, body: str) -> None:
    roles = [role for role, capabilities in CAPABILITIES.items() if MANAGE in capabilities]
    url = f"/admin/providers/{connection.pk}/health"
    for user in User.objects.filter(is_active=True, role__in=roles):
        notification_create(user=user, kind=kind, title=title, body=body, url=url)


def _record(connection: Connection, action: str, detail: dict[str, object]) -> None:
    record(
        actor=None,
        action=action,
        target_type="connection",
        target_id=connection.pk,
        after={"name": connection.name},
        detail=detail,
    )
