"""Audit events: written once by the application, sealed into a hash chain by maintenance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from apps.audit.words import action_words, changes, name_in, thing_words
from apps.tenants.models import TenantIndex, TenantModel, TenantUnique

if TYPE_CHECKING:
    from apps.audit.words import Changed


class AuditEvent(TenantModel):
    """Who did what to which thing, with before and after. The application can add and read, never change."""

    database_privileges = "SELECT, INSERT"

    created_at = models.DateTimeField(auto_now_add=True)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200, blank=True)
    api_key_id = models.UUIDField(null=True)
    ip = models.GenericIPAddressField(null=True)
    action = models.CharField(max_length=80)
    target_type = models.CharField(max_length=80, blank=True)
    target_id = models.CharField(max_length=80, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    detail = models.JSONField(null=True)

    class Meta:
        indexes = [
            TenantIndex(fields=["-created_at", "-id"], name="audit_event_newest"),
            TenantIndex(fields=["action", "-created_at"], name="audit_event_action"),
            TenantIndex(fields=["actor_id", "-created_at"], name="audit_event_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target_id}"

    @property
    def what(self) -> str:
        """The action in the words of the pages."""
        return action_words(self.action)

    @property
    def thing(self) -> str:
        """The kind of its thing in the words of the pages."""
        return thing_words(self.target_type)

    @property
    def name(self) -> str:
        """The name that it keeps of its thing, or nothing."""
        return name_in(self)

    @property
    def changes(self) -> list[Changed]:
        """Each value that differs, then what it tells beside."""
        return list(changes(self))


class AuditSeal(TenantModel):
    """A link of the chain: the hash over one event and over the seal before. Written by maintenance only."""

    database_privileges = "SELECT"

    number = models.PositiveBigIntegerField()
    event_id = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            TenantUnique(fields=["number"], name="audit_seal_number"),
            TenantUnique(fields=["event_id"], name="audit_seal_event"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.digest}"
