"""One row of any model, made from its fields, in the tenant in scope: for the proofs."""

from __future__ import annotations

import datetime as dt
import secrets
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.apps import apps
from django.db import models

from apps.tenants.models import TenantModel
from apps.tenants.platform import PLATFORM, platform_scope

if TYPE_CHECKING:
    from collections.abc import Callable

SPECIAL: dict[str, Callable[[], Any]] = {
    "chat.Conversation.deleted_at": lambda: None,
    "knowledge.ChunkVector.embedding": lambda: [1.0] + [0.0] * 383,
    "knowledge.ChunkVector.shelf": lambda: UUID(int=0),
    "knowledge.ChunkTerms.terms": lambda: {7: 1.0},
    "knowledge.Posting.places": lambda: [1],
    "knowledge.Document.state": lambda: "ready",
    "knowledge.Source.kind": lambda: "website",
    "knowledge.Source.sealed_secret": lambda: b"",
    "knowledge.Source.is_paused": lambda: True,
    "metering.RateLimit.of": lambda: "model",
    "guardrails.ConversationValues.sealed": lambda: b"",
    "guardrails.RuleHit.outcome": lambda: "masked",
    "guardrails.RuleHit.kinds": lambda: {"email": 1},
    "runs.Run.state": lambda: "done",
    "llm.Connection.sealed_key": lambda: b"",
    "metering.BudgetCounter.ends_at": lambda: dt.datetime.now(dt.UTC) + dt.timedelta(days=1),
    "metering.UsageRecord.data_class": lambda: None,
    "metering.UsageRecord.clearance_id": lambda: None,
    "metering.UsageRecord.clearance_class": lambda: None,
    "llm.Route.definition": lambda: {
        "members": [f"model:{uuid4()}", f"model:{uuid4()}"],
        "on": ["connection"],
        "first_token_s": None,
    },
}
"""Values of fields whose type alone does not say what is valid, or that a worker would take up."""

ONE_PER_TENANT = {"accounts.TenantSettings"}
"""Models of which every tenant has exactly one row from its beginning."""


def tenant_models() -> list[type[TenantModel]]:
    """Every tenant model, parents before children where keys say so."""
    found = [model for model in apps.get_models() if issubclass(model, TenantModel)]
    return sorted(found, key=lambda model: model._meta.label)


def rows_make(token: str = "row") -> dict[str, Any]:
    """One row of every model in the tenant in scope, by label.

    All have one id, save those that the tenant has had before: one address then asks for each of them.
    """
    made: dict[str, Any] = {}
    key = uuid4()
    for model in tenant_models():
        if model._meta.label not in made:
            made[model._meta.label] = row_make(model, token, made, key)
    return made


def row_make(
    model: type[TenantModel],
    token: str = "row",
    made: dict[str, Any] | None = None,
    key: UUID | None = None,
) -> Any:
    """Save a row with `token` in its free text, and the rows it needs; must run inside a tenant scope.

    All that is saved has the id `key`, where it is given.
    """
    made = {} if made is None else made
    if model._meta.label in ONE_PER_TENANT:
        return model.objects.get()
    values = {
        field.name: _value(field, token, made, key)
        for field in model._meta.local_fields
        if not field.primary_key and field.name != "tenant_id" and not _is_optional_key(field)
    }
    if key is not None:
        values["pk"] = key
    row = model(**values)
    if "INSERT" in getattr(model, "database_privileges", "INSERT"):
        row.save(force_insert=True)
    else:
        with platform_scope():
            row.save(force_insert=True, using=PLATFORM)
    made.setdefault(model._meta.label, row)
    return row


def _is_optional_key(field: Any) -> bool:
    return bool(field.null) and isinstance(field, models.ForeignKey)


def _value(field: Any, token: str, made: dict[str, Any], key: UUID | None) -> Any:
    label = f"{field.model._meta.label}.{field.name}"
    if label in SPECIAL:
        return SPECIAL[label]()
    if isinstance(field, models.ForeignKey):
        parent: Any = field.related_model
        known = made.get(parent._meta.label)
        return known if known is not None else row_make(parent, token, made, key)
    if field.choices:
        return next(key for key, _ in field.flatchoices if key != "")
    return _plain(field, token)


def _plain(field: Any, token: str) -> Any:
    if isinstance(field, models.CharField | models.TextField):
        text = f"{token}-{secrets.token_hex(6)}"
        return text[-field.max_length :] if field.max_length else text
    by_type: list[tuple[Any, Any]] = [
        (models.BooleanField, False),
        (models.UUIDField, uuid4()),
        (models.DecimalField, Decimal(1)),
        (models.FloatField, 1.0),
        (models.DateTimeField, dt.datetime.now(dt.UTC)),
        (models.DateField, dt.datetime.now(dt.UTC).date()),
        (models.DurationField, dt.timedelta(seconds=1)),
        (models.BinaryField, token.encode()),
        (models.GenericIPAddressField, "192.0.2.1"),
        (models.IntegerField, 1),
    ]
    for kind, value in by_type:
        if isinstance(field, kind):
            return value
    if isinstance(field, models.JSONField):
        default = field.get_default()
        return default if isinstance(default, list) else {"note": token}
    return field.get_default()
