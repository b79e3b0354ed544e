"""What the database itself holds for each table, as constraints that plain `makemigrations` creates.

`RowSecurity` brings UNIQUE (tenant_id, id), the row-security policy and the grants; `SameTenantKey` the
composite foreign key, `CopiedKey` one over further columns; `GlobalRead` the read-only grant of a table
without tenant. The policy has no TO list: with one, the owner would silently see nothing and validate new
keys against zero rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import BaseConstraint, Index, Q, UniqueConstraint

from apps.tenants import roles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.models import Model

PRIVILEGES: Final = "SELECT, INSERT, UPDATE, DELETE"
"""What the application may do with a tenant's table; `database_privileges` on a model narrows it."""

_TENANT = "(SELECT current_setting('app.tenant_id')::uuid)"


class _DatabaseOnly(BaseConstraint):
    """A constraint that only the database checks: validating it in Python has nothing to do."""

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = "default") -> None:
        return

    def __eq__(self, other: object) -> bool:
        if type(other) is type(self):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), self.name))

    def statements(self, table: str) -> list[str]:
        raise NotImplementedError

    def _quoted(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> str:
        return schema_editor.quote_name(model._meta.db_table)

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        schema_editor.deferred_sql.extend(self.statements(self._quoted(model, schema_editor)))
        return None

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        return "; ".join(self.statements(self._quoted(model, schema_editor)))


class RowSecurity(_DatabaseOnly):
    """Forced row security by `tenant_id`, UNIQUE (tenant_id, id) and the application's grants."""

    def __init__(self, *, name: str, privileges: str = PRIVILEGES) -> None:
        super().__init__(name=name)
        self.privileges = privileges

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, options = super().deconstruct()
        return path, args, options | {"privileges": self.privileges}

    def statements(self, table: str) -> list[str]:
        """SQL that isolates the table; the names are the application's own, never input."""
        application = ", ".join(roles.APPLICATION)
        return [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            (
                f"CREATE POLICY tenant_isolation ON {table} FOR ALL "
                f"USING (tenant_id = {_TENANT}) WITH CHECK (tenant_id = {_TENANT})"
            ),
            f"GRANT {self.privileges} ON {table} TO {application}",
            f"GRANT {PRIVILEGES} ON {table} TO {roles.PLATFORM}",
        ]

    def _unique(self, schema_editor: Any) -> str:
        return f"CONSTRAINT {schema_editor.quote_name(self.name)} UNIQUE (tenant_id, id)"

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        super().constraint_sql(model, schema_editor)
        return self._unique(schema_editor)

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        table = self._quoted(model, schema_editor)
        unique = f"ALTER TABLE {table} ADD {self._unique(schema_editor)}"
        return "; ".join([unique, *self.statements(table)])

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        table = self._quoted(model, schema_editor)
        application = ", ".join(roles.APPLICATION)
        return (
            f"ALTER TABLE {table} DROP CONSTRAINT {schema_editor.quote_name(self.name)} CASCADE; "
            f"DROP POLICY tenant_isolation ON {table}; REVOKE ALL ON {table} FROM {application}"
        )


class _Key(_DatabaseOnly):
    """A foreign key: added once both tables are there."""

    def _add(self, model: type[Model], schema_editor: Any) -> str:
        raise NotImplementedError

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        schema_editor.deferred_sql.append(self._add(model, schema_editor))
        return None

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        self.constraint_sql(model, schema_editor)

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        table = self._quoted(model, schema_editor)
        return f"ALTER TABLE {table} DROP CONSTRAINT {schema_editor.quote_name(self.name)}"


class SameTenantKey(_Key):
    """FOREIGN KEY (tenant_id, x_id) → (tenant_id, id): a row can only point inside its own tenant."""

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, options = super().deconstruct()
        return path, args, options | {"field": self.field}

    def _add(self, model: type[Model], schema_editor: Any) -> str:
        field = model._meta.get_field(self.field)
        parent = field.related_model._meta.db_table  # type: ignore[union-attr]
        quote = schema_editor.quote_name
        return (
            f"ALTER TABLE {self._quoted(model, schema_editor)} ADD CONSTRAINT {quote(self.name)} "
            f"FOREIGN KEY (tenant_id, {quote(field.column)}) REFERENCES {quote(parent)} (tenant_id, id) "  # type: ignore[union-attr]  # a concrete field
            "DEFERRABLE INITIALLY DEFERRED"
        )


class CopiedKey(_Key):
    """FOREIGN KEY (tenant_id, fields) → (tenant_id, to_fields): the row copies what the other row says.

    `to` is the label of the other model, which has a unique constraint of exactly those fields. Checked with
    the statement, for rows all of whose `fields` are set.
    """

    def __init__(self, *, fields: Sequence[str], to: str, to_fields: Sequence[str], name: str) -> None:
        super().__init__(name=name)
        self.fields = tuple(fields)
        self.to = to
        self.to_fields = tuple(to_fields)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, options = super().deconstruct()
        return path, args, options | {"fields": self.fields, "to": self.to, "to_fields": self.to_fields}

    def _add(self, model: type[Model], schema_editor: Any) -> str:
        parent = model._meta.apps.get_model(self.to)

        def columns(owner: type[Model], names: Sequence[str]) -> str:
            found = (owner._meta.get_field(name).column for name in names)  # type: ignore[union-attr]  # concrete fields
            return ", ".join(["tenant_id", *(schema_editor.quote_name(column) for column in found)])

        return (
            f"ALTER TABLE {self._quoted(model, schema_editor)} "
            f"ADD CONSTRAINT {schema_editor.quote_name(self.name)} "
            f"FOREIGN KEY ({columns(model, self.fields)}) "
            f"REFERENCES {self._quoted(parent, schema_editor)} ({columns(parent, self.to_fields)})"
        )


class GlobalRead(_DatabaseOnly):
    """A table without tenant: the application may read it, only the platform role writes."""

    def statements(self, table: str) -> list[str]:
        """SQL of the grants; the names are the application's own, never input."""
        return [
            f"GRANT SELECT ON {table} TO {', '.join(roles.APPLICATION)}",
            f"GRANT {PRIVILEGES} ON {table} TO {roles.PLATFORM}",
        ]

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        table = self._quoted(model, schema_editor)
        return f"REVOKE ALL ON {table} FROM {', '.join((*roles.APPLICATION, roles.PLATFORM))}"


class TenantUnique(UniqueConstraint):
    """UNIQUE that begins with the tenant, so that no other tenant's value can ever be felt.

    Forms and serializers do not check it by themselves (the tenant is no field of theirs): services do.
    """

    def __init__(
        self, *, fields: Sequence[str], name: str, condition: Q | None = None, **options: Any
    ) -> None:
        names = [field for field in fields if field != "tenant_id"]
        super().__init__(fields=["tenant_id", *names], name=name, condition=condition, **options)


class TenantIndex(Index):
    """Index that begins with the tenant, as every query does."""

    def __init__(self, *, fields: Sequence[str], name: str, **options: Any) -> None:
        names = [field for field in fields if field != "tenant_id"]
        super().__init__(fields=["tenant_id", *names], name=name, **options)
