"""One model that a team may use, with its connection, in one plain statement.

For the reads that stand before a first token (choosing the model of a message or of a call): the same query
took the ORM 2 ms to build.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db import connection
from django.db.models import Model as AnyModel

from apps.llm.models import Connection, Model
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import DEFAULT, current_tenant_id, execute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

Row = TypeVar("Row", bound=AnyModel)

BY_SLUG: Final = "m.slug = %(slug)s AND (%(modality)s::text IS NULL OR m.modality = %(modality)s)"
BY_VENDOR: Final = "c.vendor = %(vendor)s AND m.modality = %(modality)s"


def _columns(kind: type[AnyModel], alias: str) -> str:
    return ", ".join(f"{alias}.{field.column}" for field in kind._meta.concrete_fields)


_SELECT: Final = """
SELECT {model}, {connection}
FROM llm_model m JOIN llm_connection c ON c.tenant_id = m.tenant_id AND c.id = m.connection_id
WHERE m.tenant_id = %(tenant)s AND m.is_enabled AND c.is_enabled AND {{condition}}
  AND EXISTS (SELECT 1 FROM llm_grant g JOIN accounts_team t ON t.tenant_id = g.tenant_id AND t.id = g.team_id
              WHERE g.tenant_id = m.tenant_id AND g.model_id = m.id
                AND (g.team_id = %(team)s OR t.is_everyone))
ORDER BY m.name, m.slug LIMIT 1
""".format(model=_columns(Model, "m"), connection=_columns(Connection, "c"))  # noqa: S608 - column names of our own tables
_STATEMENTS: Final = {
    condition: Statement(_SELECT.format(condition=condition)) for condition in (BY_SLUG, BY_VENDOR)
}


def granted_model(condition: str, team_id: UUID | None, values: Mapping[str, Any]) -> Model | None:
    """The first model that fits BY_SLUG or BY_VENDOR and that the team may use; None without one."""
    row = execute(_STATEMENTS[condition], {"tenant": current_tenant_id(), "team": team_id, **values}).row
    if row is None:
        return None
    width = len(Model._meta.concrete_fields)
    model = _built(Model, row[:width])
    model.connection = _built(Connection, row[width:])
    return model


def _built(kind: type[Row], values: Sequence[Any]) -> Row:
    """The row as the ORM would have built it."""
    fields = kind._meta.concrete_fields
    read = [
        field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
        for field, value in zip(fields, values, strict=True)
    ]
    return kind.from_db(DEFAULT, [field.attname for field in fields], read)
