"""The first lock: querysets that hold only the tenant in scope and refuse to move rows between tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from django.db import models

from apps.tenants.errors import CrossTenantError
from apps.tenants.fields import CurrentTenant
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Iterable

M = TypeVar("M", bound=models.Model)
_NAMES = frozenset({"tenant", "tenant_id"})


class TenantQuerySet(models.QuerySet[M]):
    """A queryset of one tenant: no verb of it reads, writes or moves a row of another."""

    def update(self, **values: Any) -> int:
        if _NAMES & values.keys():
            raise CrossTenantError("A row never changes its tenant.")
        return super().update(**values)

    def bulk_update(self, objs: Iterable[M], fields: Iterable[str], batch_size: int | None = None) -> int:
        names = list(fields)
        if _NAMES & set(names):
            raise CrossTenantError("A row never changes its tenant.")
        return super().bulk_update(objs, names, batch_size)

    def bulk_create(self, objs: Iterable[M], *args: Any, **options: Any) -> list[M]:
        rows = list(objs)
        own = current_tenant_id(self.db)
        for row in rows:
            if row.tenant_id != own:  # type: ignore[attr-defined]  # every row here is a TenantModel's
                raise CrossTenantError("bulk_create was given a row of another tenant.")
        if options.get("unique_fields") and not _NAMES & set(options["unique_fields"]):
            raise CrossTenantError("A conflict target begins with the tenant.")
        return super().bulk_create(rows, *args, **options)

    def raw(self, *args: Any, **options: Any) -> NoReturn:
        raise CrossTenantError("raw() passes the manager by: use a cursor in the scope.")


class TenantManager(models.Manager[M]):
    """Filters by the tenant in scope; raises NoTenantScopeError when there is none."""

    def get_queryset(self) -> TenantQuerySet[M]:
        queryset: TenantQuerySet[M] = TenantQuerySet(self.model, using=self._db)
        return queryset.filter(tenant_id=CurrentTenant())

    def raw(self, *args: Any, **options: Any) -> NoReturn:
        raise CrossTenantError("raw() passes the manager by: use a cursor in the scope.")


class AcrossManager(models.Manager[M]):
    """All tenants' rows, for maintenance processes only: goes through the `platform` role's connection."""

    def get_queryset(self) -> models.QuerySet[M]:
        return models.QuerySet(self.model, using="platform")
