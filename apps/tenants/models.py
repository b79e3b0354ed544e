"""The tenant list and the bases of every model: each table is a tenant's or declared GLOBAL with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID, uuid4

from django.db import models
from uuid6 import uuid7

from apps.tenants.constraints import GlobalRead, TenantIndex, TenantUnique
from apps.tenants.errors import CrossTenantError
from apps.tenants.fields import TenantColumn, TenantForeignKey, UUIDField, add_constraint, is_real
from apps.tenants.manager import AcrossManager, TenantManager
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "GlobalModel",
    "Tenant",
    "TenantForeignKey",
    "TenantHost",
    "TenantIndex",
    "TenantModel",
    "TenantState",
    "TenantUnique",
    "new_id",
]


def new_id() -> UUID:
    """A server-made, time-ordered primary key (UUIDv7, RFC 9562)."""
    return UUID(int=uuid7().int)


class TenantModel(models.Model):
    """Base of everything that belongs to exactly one tenant; brings the three locks with its table.

    `database_privileges` on a subclass narrows what the application roles may do (an append-only table:
    "SELECT, INSERT").
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = TenantColumn()

    objects: ClassVar[TenantManager[Self]] = TenantManager()
    across: ClassVar[AcrossManager[Self]] = AcrossManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Write the row in its own tenant; raises CrossTenantError for any other."""
        if (options.get("using") or self._state.db or "default") != "platform":
            own = current_tenant_id()
            if self.tenant_id is None:
                self.tenant_id = own
            if self.tenant_id != own:
                raise CrossTenantError("The row belongs to another tenant.")
        if update_fields is not None:
            update_fields = list(update_fields)
            if "tenant_id" in update_fields:
                raise CrossTenantError("A row never changes its tenant.")
        super().save(*args, update_fields=update_fields, **options)


class GlobalModel(models.Model):
    """Base of a table that finding a tenant needs: no tenant's content, read-only to the application."""

    why_global: ClassVar[str] = ""

    class Meta:
        abstract = True

    @classmethod
    def declare_global(cls) -> None:
        """Give the concrete model its read-only grant; called by `GlobalKey` when the class is made."""
        add_constraint(cls, GlobalRead(name=f"{cls._meta.db_table}_global"))


class GlobalKey(UUIDField):
    """Primary key of a GLOBAL table; brings the read-only grant with it."""

    def __init__(self, **options: Any) -> None:
        defaults: dict[str, Any] = {"primary_key": True, "default": uuid4, "editable": False}
        super().__init__(**defaults | options)

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        super().contribute_to_class(cls, name, private_only)
        if is_real(cls) and issubclass(cls, GlobalModel):
            cls.declare_global()


class TenantState(models.TextChoices):
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"


class Tenant(GlobalModel):
    """A customer [organisation]: only what finds it; its name and settings are rows of its own."""

    why_global = "The tenant list itself: found by host name or API key before any tenant is in scope."

    id = GlobalKey()
    slug = models.SlugField(max_length=40, unique=True)
    state = models.CharField(max_length=16, choices=TenantState, default=TenantState.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.slug


class TenantHost(GlobalModel):
    """A host name that leads to a tenant."""

    why_global = "Names the tenant of a request by its Host header, before any tenant is in scope."

    id = GlobalKey()
    host = models.CharField(max_length=253, unique=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="hosts")

    def __str__(self) -> str:
        return self.host
