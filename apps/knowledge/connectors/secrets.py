"""A source's secret: sealed for the tenant and this field, and for the one address it was entered for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apps.knowledge.connectors.base import ConnectorError
from apps.vault import open_sealed
from apps.vault.errors import VaultError

if TYPE_CHECKING:
    from apps.knowledge.connectors.base import Kind
    from apps.knowledge.connectors.models import Source

SECRET_FIELD: Final = "knowledge.source.sealed_secret"  # noqa: S105 - the name of a column


def opened_secret(source: Source, kind: Kind) -> str:
    """The secret for the moment of a sync, empty where there is none; raises ConnectorError."""
    if not source.has_secret:
        return ""
    if source.secret_origin != kind.origin(source.settings):
        raise ConnectorError(
            "The stored secret belongs to another address, so nothing was sent. Enter it again.",
            retryable=False,
        )
    try:
        return open_sealed(bytes(source.sealed_secret), tenant_id=source.tenant_id, field=SECRET_FIELD)
    except VaultError as error:
        raise ConnectorError(
            "The stored secret can not be opened, so nothing was sent. Enter it again.", retryable=False
        ) from error
