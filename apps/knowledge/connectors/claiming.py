"""Who syncs a source now: a conditional UPDATE, a lease that a thread renews, a fence around each write."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.knowledge.connectors.models import Source, SourceState
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

LEASE: Final = timedelta(seconds=60)
_RENEW_S: Final = 15.0

logger = logging.getLogger(__name__)


class LostSourceError(Exception):
    """The source was removed, paused, changed or taken over: write nothing more."""


def claimable() -> Q:
    """Sources that wait and are due, and those whose worker was lost."""
    waits = Q(state__in=[SourceState.IDLE, SourceState.FAILED], due_at__lte=Now())
    lost = Q(state=SourceState.SYNCING, lease_until__lt=Now())
    return Q(is_paused=False) & (waits | lost)


def claim(source_id: UUID) -> Source | None:
    """Take the source if it is due; None when there is nothing to do. In a scope."""
    taken = Source.objects.filter(claimable(), id=source_id).update(
        state=SourceState.SYNCING, fence=F("fence") + 1, lease_until=Now() + LEASE
    )
    return Source.objects.get(id=source_id) if taken else None


def held(source: Source) -> QuerySet[Source]:
    """The claimed source's row while it is still ours."""
    return Source.objects.filter(id=source.id, fence=source.fence, state=SourceState.SYNCING, is_paused=False)


def locked(source: Source) -> None:
    """Lock the row to the transaction's end; raises LostSourceError. Before every write."""
    if not held(source).select_for_update().exists():
        raise LostSourceError


class Lease:
    """Renews the claim on a thread of its own while the block lasts."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="source lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(_RENEW_S)

    def _renew(self) -> None:
        while not self._ended.wait(_RENEW_S):
            try:
                with tenant_scope(self._source.tenant_id):
                    held(self._source).update(lease_until=Now() + LEASE)
            except (DatabaseError, InterfaceError) as error:
                logger.warning("A source's lease could not be renewed: %s", type(error).__name__)
            finally:
                connection.close()
