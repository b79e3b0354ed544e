"""What models are cleared for, wherever they run: one statement, on the event loop or in a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from apps.guardrails.classes import DataClass
from apps.llm.clearances.rules import Cleared, Facts, Settings, cleared_for
from apps.llm.endpoints import OWN_VENDORS
from apps.llm.vendors.base import Modality
from apps.metering.versions import Decided
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from apps.llm.selectors import CallableModel

_PLACES: Final = """
SELECT m.id, m.slug, m.name, c.id, c.name, c.vendor,
       EXISTS (SELECT 1 FROM llm_allowedhost a
               WHERE a.tenant_id = m.tenant_id AND a.host = c.host AND a.port = c.port),
       c.hosting, c.region, c.contract_note, c.cleared_for, m.cleared_for, c.id = m.connection_id
FROM llm_model m
CROSS JOIN LATERAL (
    SELECT m.connection_id UNION
    SELECT d.connection_id FROM llm_deployment d WHERE d.tenant_id = m.tenant_id AND d.model_id = m.id
) p
JOIN llm_connection c ON c.tenant_id = m.tenant_id AND c.id = p.connection_id
WHERE m.tenant_id = %(tenant)s AND {condition}
ORDER BY m.name, m.slug, m.id, c.name
"""
_OPEN: Final = Statement(
    _PLACES.format(
        condition="""m.modality = %(modality)s AND m.is_enabled AND c.is_enabled
  AND EXISTS (SELECT 1 FROM llm_connection o
              WHERE o.tenant_id = m.tenant_id AND o.id = m.connection_id AND o.is_enabled)
  AND EXISTS (SELECT 1 FROM llm_grant g JOIN accounts_team t ON t.tenant_id = g.tenant_id AND t.id = g.team_id
              WHERE g.tenant_id = m.tenant_id AND g.model_id = m.id
                AND (g.team_id = %(team)s OR t.is_everyone))"""
    )
)
_NAMED: Final = Statement(_PLACES.format(condition="m.id = ANY(%(ids)s)"))
_AT: Final = Statement(_PLACES.format(condition="c.id = %(connection)s"))


class Place(NamedTuple):
    """A model at one of its connections, and what it is cleared for there."""

    model_id: UUID
    slug: str
    name: str
    connection_id: UUID
    connection_name: str
    facts: Facts
    settings: Settings

    @property
    def cleared(self) -> Cleared:
        return cleared_for(self.facts, self.settings)


class Open(NamedTuple):
    """A model, and the highest class that one of its connections may receive."""

    id: UUID
    slug: str
    name: str
    data_class: DataClass


def decided_for(model_id: UUID, place: Place | CallableModel) -> Decided:
    """What the ledger keeps of a deployment's clearance where no person has just decided it."""
    return Decided(
        model_id,
        place.slug,
        place.connection_id,
        place.connection_name,
        place.cleared.data_class,
        place.cleared.basis,
        place.cleared.why,
        place.facts.is_own,
        place.facts.region,
        place.facts.contract_note,
    )


def models_open(team_id: UUID | None, modality: Modality = Modality.CHAT) -> dict[UUID, Open]:
    """The models of that kind that the team may use now, by name."""
    values = {"tenant": current_tenant_id(), "team": team_id, "modality": modality.value}
    return _best(_read(execute(_OPEN, values).rows))


def models_cleared(team_id: UUID | None, wanted: DataClass, modality: Modality) -> list[Open]:
    """Those that may receive text of that class."""
    return [model for model in models_open(team_id, modality).values() if model.data_class >= wanted]


def models_named(ids: Collection[UUID]) -> dict[UUID, Open]:
    """These models, whoever may use them, and whether they are on or off."""
    return _best(places_of(ids))


def places_of(ids: Collection[UUID]) -> list[Place]:
    """Each connection of these models."""
    return _read(execute(_NAMED, {"tenant": current_tenant_id(), "ids": list(ids)}).rows) if ids else []


def places_at(connection_id: UUID) -> list[Place]:
    """Every model of the connection, also those that run there besides their own."""
    return _read(execute(_AT, {"tenant": current_tenant_id(), "connection": connection_id}).rows)


def _read(rows: Sequence[Sequence[Any]]) -> list[Place]:
    return [
        Place(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            Facts(row[5] in OWN_VENDORS, *row[6:10]),
            Settings(*row[10:13]),
        )
        for row in rows
    ]


def _best(places: Sequence[Place]) -> dict[UUID, Open]:
    found: dict[UUID, Open] = {}
    for place in places:
        known, here = found.get(place.model_id), place.cleared.data_class
        if known is None or known.data_class < here:
            found[place.model_id] = Open(place.model_id, place.slug, place.name, here)
    return found
