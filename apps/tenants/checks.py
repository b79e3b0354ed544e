"""System checks: every model is a tenant's or GLOBAL with a reason, and nothing in it passes the locks by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.checks import Error, register
from django.db import models

from apps.tenants.fields import TenantForeignKey
from apps.tenants.models import GlobalModel, TenantModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.checks import CheckMessage


def _faults_of_field(field: models.Field[Any, Any]) -> Iterator[str]:
    parent = field.related_model
    points_to_tenant_row = isinstance(parent, type) and issubclass(parent, TenantModel)
    if points_to_tenant_row and not isinstance(field, TenantForeignKey):
        yield f"{field.name}: use TenantForeignKey, so that the database checks the tenant too"
    if field.unique and not field.primary_key:
        yield f"{field.name}: unique=True is felt across tenants; use TenantUnique"


def _faults_of_tenant_model(model: type[TenantModel]) -> Iterator[str]:
    options = model._meta
    for field in options.local_fields:
        yield from _faults_of_field(field)
    for field in options.local_many_to_many:
        through: Any = field.remote_field.through
        if not issubclass(through, TenantModel):
            yield f"{field.name}: many-to-many needs a TenantModel as `through`"
    for constraint in options.constraints:
        if (
            isinstance(constraint, models.UniqueConstraint)
            and next(iter(constraint.fields), "") != "tenant_id"
        ):
            yield f"{constraint.name}: every unique constraint begins with tenant_id; use TenantUnique"
    if options.base_manager_name != "objects":
        yield "base_manager_name must be `objects`, or related access passes the tenant filter by"


def _faults(model: type[models.Model]) -> Iterator[str]:
    if issubclass(model, TenantModel):
        yield from _faults_of_tenant_model(model)
    elif issubclass(model, GlobalModel):
        if not model.why_global:
            yield "a GLOBAL model gives its reason in `why_global`"
    else:
        yield "declare it a TenantModel, or a GlobalModel with a reason"


@register()
def every_model_declares_its_tenant(**options: Any) -> list[CheckMessage]:
    """Errors for models that one of the three locks would miss."""
    return [
        Error(f"{model._meta.label}: {fault}.", obj=model, id="tenants.E001")
        for model in apps.get_models()
        for fault in _faults(model)
    ]
