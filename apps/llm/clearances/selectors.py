"""What the pages of clearances read: the versions of a model or a connection, and facts that are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apps.guardrails.classes import DataClass
from apps.llm.clearances.rules import Facts, default_for
from apps.llm.endpoints import OWN_VENDORS
from apps.llm.models import AllowedHost
from apps.metering.models import Clearance

if TYPE_CHECKING:
    from uuid import UUID

    from apps.llm.clearances.rules import Cleared
    from apps.llm.models import Connection

MOST_VERSIONS: Final = 50


def facts_of(connection: Connection) -> Facts:
    """What the default rule reads of a connection."""
    allowed = AllowedHost.objects.filter(host=connection.host, port=connection.port)
    return Facts(
        connection.vendor in OWN_VENDORS,
        allowed.exists(),
        connection.hosting,
        connection.region,
        connection.contract_note,
    )


def default_of(connection: Connection) -> Cleared:
    """What the default rule says of a connection."""
    return default_for(facts_of(connection))


def region_found(connection: Connection) -> str:
    """The region that the connection's own settings name; empty where they name none."""
    settings = connection.settings
    return str(settings.get("region") or settings.get("location") or "")


def versions_of(*, model_id: UUID | None = None, connection_id: UUID | None = None) -> list[Clearance]:
    """The newest versions of a model or of a connection's models, newest first; each has its `label`."""
    found = Clearance.objects.order_by("-created_at", "-number")
    if model_id is not None:
        found = found.filter(model_id=model_id)
    if connection_id is not None:
        found = found.filter(connection_id=connection_id)
    versions = list(found[:MOST_VERSIONS])
    for version in versions:
        version.label = DataClass(version.data_class).label  # type: ignore[attr-defined]  # for the template
    return versions
