"""Checks: a page asks, a worker calls the host, the page reads the row."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from apps.audit.services import record
from apps.llm.models import CheckKind, CheckState, Connection, ConnectionCheck
from apps.llm.tasks import check_connection
from apps.runs import outbox
from apps.tenants.scope import after_commit, current_tenant_id

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

KEPT: Final = {CheckKind.TEST: timedelta(days=30), CheckKind.LIST: timedelta(days=1)}


def connection_check_start(
    *, actor: Actor | None, connection: Connection, kind: CheckKind
) -> ConnectionCheck:
    """Have a worker test the connection or list its models; the row tells the result.

    Results are kept: tests for 30 days, lists for one, the newest of each kind for ever. If the broker is
    away, the row stays queued and the page says so after a while.
    """
    tenant_id = current_tenant_id()
    _forget_old(connection)
    check: ConnectionCheck = ConnectionCheck.objects.create(
        connection=connection, kind=kind, state=CheckState.QUEUED
    )
    record(
        actor=actor,
        action="connection.tested" if kind == CheckKind.TEST else "connection.models_listed",
        target_type="connection",
        target_id=connection.pk,
        after={"name": connection.name},
    )
    after_commit(lambda: outbox.post(lambda: check_connection.delay(str(tenant_id), str(check.pk))))
    return check


def _forget_old(connection: Connection) -> None:
    now = timezone.now()
    for kind, kept in KEPT.items():
        ended = connection.checks.filter(kind=kind, finished_at__isnull=False)
        newest = ended.order_by("-created_at").values("pk")[:1]
        connection.checks.filter(kind=kind, created_at__lt=now - kept).exclude(pk__in=newest).delete()
