"""The tenant column and the tenant foreign key: they bring policy, grants and composite keys with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.expressions import Col, Expression
from django.db.models.lookups import Exact

from apps.tenants.constraints import PRIVILEGES, RowSecurity, SameTenantKey
from apps.tenants.errors import NoTenantScopeError
from apps.tenants.scope import tenant_id_or_none

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

    UUIDField = models.UUIDField[Any, Any]
else:
    UUIDField = models.UUIDField


class CurrentTenant(Expression):
    """The tenant in scope, read when SQL is compiled, so that lazy querysets never carry a stale one."""

    output_field = models.UUIDField()

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:  # type: ignore[override]  # django-stubs narrows the return type
        tenant_id = getattr(connection, "tenant_id", None)
        if tenant_id is None:
            raise NoTenantScopeError(
                "A tenant's rows were asked for without a tenant scope: open tenant_scope() at the edge."
            )
        return "%s", [tenant_id]


def add_constraint(model: type[models.Model], constraint: models.BaseConstraint) -> None:
    """Give a concrete model a constraint that `makemigrations` sees as if its Meta had named it."""
    options = model._meta
    options.constraints = [*options.constraints, constraint]
    options.original_attrs["constraints"] = options.constraints


def is_real(model: type[models.Model]) -> bool:
    """Whether it has a table of the application: not abstract, not a migration's historic copy."""
    return not model._meta.abstract and model.__module__ != "__fake__"


class TenantColumn(UUIDField):
    """`tenant_id uuid NOT NULL`: filled from the scope, fixed for ever, guarded by row security."""

    def __init__(self, **options: Any) -> None:
        defaults: dict[str, Any] = {"default": tenant_id_or_none, "editable": False}
        super().__init__(**defaults | options)

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        super().contribute_to_class(cls, name, private_only)
        if is_real(cls):
            cls._meta.base_manager_name = "objects"
            table = cls._meta.db_table
            privileges = getattr(cls, "database_privileges", PRIVILEGES)
            add_constraint(cls, RowSecurity(name=f"{table}_tenant", privileges=privileges))


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A foreign key checked together with the tenant: (tenant_id, x_id) → (tenant_id, id)."""

    def __init__(self, to: Any, on_delete: Any, **options: Any) -> None:
        fixed: dict[str, Any] = {"related_name": "+"} | options | {"db_constraint": False}
        super().__init__(to, on_delete, **fixed)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, options = super().deconstruct()
        options.pop("db_constraint", None)
        return name, path, list(args), options

    def contribute_to_class(
        self,
        cls: type[models.Model],
        name: str,
        private_only: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        **options: Any,
    ) -> None:
        super().contribute_to_class(cls, name, private_only, **options)
        if is_real(cls):
            table = cls._meta.db_table
            add_constraint(cls, SameTenantKey(field=name, name=f"{table}_{name}_key"[:63]))

    def get_extra_restriction(self, alias: str | None, related_alias: str | None) -> Any:
        remote: Any = self.remote_field.model._meta.get_field("tenant_id")
        local: Any = self.model._meta.get_field("tenant_id")
        if alias is None or related_alias is None:
            return None
        return Exact(Col(alias, remote), Col(related_alias, local))
