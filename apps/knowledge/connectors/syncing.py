"""One sync of a source: list what changed, take it in as uploads are taken in, delete what is gone there.

Scopes are short and never open while the source is spoken to. Each step can be killed and done again: an item
is compared by its version, and the cursor moves on last.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings

from apps.knowledge.connectors import outcomes
from apps.knowledge.connectors.base import ConnectorError, ItemGoneError, Opening
from apps.knowledge.connectors.claiming import LostSourceError, claim, lease, locked
from apps.knowledge.connectors.models import AllowedFolder, SourceItem
from apps.knowledge.connectors.registry import KINDS
from apps.knowledge.connectors.secrets import opened_secret
from apps.llm.models import AllowedHost
from apps.rest.errors import ProblemError
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from apps.knowledge.connectors.base import Changes, Connector, Item, Permissions
    from apps.knowledge.connectors.models import Source

_IN_MEMORY: Final = 1024 * 1024
_STOPS: Final = {HTTPStatus.CONFLICT}
FAULT: Final = (
    "Something on our side went wrong while this source was read. Its documents are kept. Try again in a "
    "moment; if it fails again, tell the operator."
)
EMPTY: Final = (
    "The source shows no file at all any more, as one that is not mounted or was moved does. Nothing was "
    "deleted here. Once its files are there again, choose Retry; if it is meant to be empty, remove the "
    "source with its documents."
)
TOO_SLOW: Final = "The source took too long. What was read so far is kept; the next sync goes on from there."

logger = logging.getLogger(__name__)


@dataclass
class Tally:
    """What a sync did, counted in items."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    failed: int = 0
    notes: list[str] = field(default_factory=list)


def sync(tenant_id: UUID, source_id: UUID) -> bool:
    """Follow the source once; False when there was nothing to do: not due, paused, taken or gone."""
    with tenant_scope(tenant_id):
        source = claim(source_id)
    if source is None:
        return False
    try:
        with lease(source):
            _Sync(source).run()
    except LostSourceError:
        logger.info("A source was removed, paused or taken over while it was read.")
    except ConnectorError as error:
        _fail(source, str(error), retryable=error.retryable)
    except SoftTimeLimitExceeded:
        _fail(source, TOO_SLOW, retryable=True)
    except Exception:
        logger.exception("A source could not be read.")
        _fail(source, FAULT, retryable=True)
    return True


def _fail(source: Source, message: str, *, retryable: bool) -> None:
    with tenant_scope(source.tenant_id):
        outcomes.source_fail(source, message, retryable=retryable)


class _Sync:
    """One claimed sync."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tally = Tally()
        self._gone: dict[str, SourceItem] = {}

    def run(self) -> None:
        """To its end, or to ConnectorError where the source as a whole could not be read."""
        with self._opened() as connector:
            changes = connector.changes(self._source.cursor)
            with tenant_scope(self._source.tenant_id):
                known = outcomes.items_of(self._source)
            self._gone = _gone(changes, known)
            for item in changes.items:
                self._one(connector, item, known.get(item.key))
        self._drop(changes)
        with tenant_scope(self._source.tenant_id):
            outcomes.source_finish(self._source, changes, self._tally)

    def _opened(self) -> Connector:
        source = self._source
        kind = KINDS[source.kind]
        with tenant_scope(source.tenant_id):
            hosts = AllowedHost.objects.values_list("host", "port")
            opening = Opening(
                source.settings,
                opened_secret(source, kind),
                frozenset((host, port) for host, port in hosts),
                tuple(AllowedFolder.objects.values_list("path", flat=True)),
                settings.MAX_UPLOAD_BYTES,
            )
        return kind.open(opening)

    def _one(self, connector: Connector, item: Item, known: SourceItem | None) -> None:
        """Take one item in if its version is new; what is wrong with it alone is noted at it."""
        if known is not None and known.version == item.version:
            self._unchanged(connector, item, known)
            return
        try:
            readers = connector.permissions(item)
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
                connector.fetch(item, file)
                if known is None and self._moved(item, file, readers):
                    return
                file.seek(0)
                with tenant_scope(self._source.tenant_id):
                    outcomes.item_take(self._source, item, file, readers)
        except ItemGoneError:
            return
        except ConnectorError as error:
            self._refused(item, str(error), again=error.retryable)
        except ProblemError as problem:
            if problem.status in _STOPS:
                raise ConnectorError(f"{problem.title}. {problem.detail}", retryable=True) from problem
            self._refused(item, f"{problem.title}. {problem.detail}", again=False)
        else:
            self._tally.added += known is None or known.document_id is None
            self._tally.changed += known is not None and known.document_id is not None

    def _moved(
        self, item: Item, file: tempfile.SpooledTemporaryFile[bytes], readers: Permissions | None
    ) -> bool:
        """Whether it is one that is gone elsewhere, byte for byte: then its document moves along."""
        if not self._gone:
            return False
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        for key, row in self._gone.items():
            if row.document is not None and row.document.file.sha256 == digest:
                with tenant_scope(self._source.tenant_id):
                    outcomes.item_move(self._source, key, item, readers)
                del self._gone[key]
                self._tally.changed += 1
                return True
        return False

    def _unchanged(self, connector: Connector, item: Item, known: SourceItem) -> None:
        """Its bytes are here; who may read it may have changed in a source that tells."""
        if not KINDS[self._source.kind].mirrors or known.document is None:
            return
        readers = connector.permissions(item)
        with tenant_scope(self._source.tenant_id):
            locked(self._source)
            outcomes.readers_mirror(known.document, readers)

    def _refused(self, item: Item, why: str, *, again: bool) -> None:
        self._tally.failed += again
        with tenant_scope(self._source.tenant_id):
            outcomes.item_refuse(self._source, item, why, again=again)

    def _drop(self, changes: Changes) -> None:
        """Delete what is gone from the source, with its documents."""
        for key in sorted(self._gone):
            with tenant_scope(self._source.tenant_id):
                outcomes.item_drop(self._source, key)
            self._tally.removed += 1
        self._tally.failed += len(changes.unsure)


def _gone(changes: Changes, known: dict[str, SourceItem]) -> dict[str, SourceItem]:
    """What is no more in the source; raises ConnectorError where that would be all that had documents."""
    keys = {key for key in changes.removed if key in known}
    if changes.is_whole:
        keys |= known.keys() - {item.key for item in changes.items} - changes.unsure.keys()
    if changes.is_whole and not changes.items and any(known[key].document for key in keys):
        raise ConnectorError(EMPTY, retryable=True)
    return {key: known[key] for key in sorted(keys)}
