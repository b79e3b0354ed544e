"""Versions of clearances, as apps.metering.clearances keeps them: read and written beside a reservation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from apps.tenants.models import new_id
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute

if TYPE_CHECKING:
    from uuid import UUID

_WRITE: Final = Statement("""
INSERT INTO metering_clearance (
    id, tenant_id, model_id, model_slug, connection_id, connection_name, number, data_class, basis, is_own,
    region, contract_note, why, reason, actor_id, actor_name, created_at
) VALUES (
    %(id)s, %(tenant)s, %(model)s, %(slug)s, %(connection)s, %(name)s, %(number)s, %(data_class)s, %(basis)s,
    %(is_own)s, %(region)s, %(contract)s, %(why)s, %(reason)s, %(actor)s, %(actor_name)s, clock_timestamp()
)
ON CONFLICT (tenant_id, model_id, connection_id, number) DO NOTHING
RETURNING id
""")
_NEWEST: Final = Statement("""
SELECT id, number, data_class FROM metering_clearance
WHERE tenant_id = %s AND model_id = %s AND connection_id = %s ORDER BY number DESC LIMIT 1
""")


class Written(NamedTuple):
    """A version as a reservation refers to it."""

    id: UUID
    data_class: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What a version says, as values; `reason` and actor where a person decided it."""

    model_id: UUID
    model_slug: str
    connection_id: UUID
    connection_name: str
    data_class: int
    basis: str
    why: str
    is_own: bool = False
    region: str = ""
    contract_note: str = ""
    reason: str = ""
    actor_id: UUID | None = None
    actor_name: str = ""


def version_write(decided: Decided) -> Written:
    """The next version of the model at the connection, whichever was the newest before."""
    while True:
        newest = _newest(decided)
        if (written := version_follow(decided, newest[1] if newest else 0)) is not None:
            return written


def version_follow(decided: Decided, number: int) -> Written | None:
    """The version behind that `number` (0: the first); None where another stands there already."""
    values = {
        "id": new_id(), "tenant": current_tenant_id(), "model": decided.model_id, "slug": decided.model_slug,
        "connection": decided.connection_id, "name": decided.connection_name, "number": number + 1,
        "data_class": decided.data_class, "basis": decided.basis, "is_own": decided.is_own,
        "region": decided.region, "contract": decided.contract_note, "why": decided.why[:500],
        "reason": decided.reason, "actor": decided.actor_id, "actor_name": decided.actor_name,
    }  # fmt: skip
    row = execute(_WRITE, values).row
    return None if row is None else Written(row[0], decided.data_class)


def version_newest(decided: Decided) -> Written | None:
    """The version in force of the model at the connection; None before the first."""
    row = _newest(decided)
    return None if row is None else Written(row[0], row[2])


def _newest(decided: Decided) -> tuple[UUID, int, int] | None:
    row = execute(_NEWEST, [current_tenant_id(), decided.model_id, decided.connection_id]).row
    return None if row is None else (row[0], row[1], row[2])
