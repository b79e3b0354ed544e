"""A tenant's own settings and its first rows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from apps.accounts.models import LinkKind, OneTimeLink, Team, TenantSettings
from apps.audit.services import record

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


def tenant_bootstrap(*, tenant_id: UUID, name: str) -> TenantSettings:
    """Give a new tenant its settings and the team Everyone; doing it again changes nothing."""
    settings, created = TenantSettings.objects.get_or_create(tenant_id=tenant_id, defaults={"name": name})
    Team.objects.get_or_create(
        tenant_id=tenant_id, is_everyone=True, defaults={"name": "Everyone", "slug": "everyone"}
    )
    if created:
        record(
            actor=None,
            action="tenant.created",
            target_type="tenant",
            target_id=tenant_id,
            after={"name": name},
        )
    return settings


def tenant_settings_update(
    *, actor: Actor | None, name: str, language: str, time_zone: str
) -> TenantSettings:
    """Change the organisation's name, language and time zone."""
    settings = TenantSettings.objects.select_for_update().get()
    before = {"name": settings.name, "language": settings.language, "time_zone": settings.time_zone}
    settings.name, settings.language, settings.time_zone = name, language, time_zone
    settings.save(update_fields=["name", "language", "time_zone"])
    record(
        actor=actor,
        action="tenant.settings_changed",
        target_type="tenant",
        target_id=settings.tenant_id,
        before=before,
        after={"name": name, "language": language, "time_zone": time_zone},
    )
    return settings


def setup_finish(*, actor: Actor | None) -> None:
    """Close the set-up for good: its page answers 404 from now on."""
    TenantSettings.objects.filter(setup_done_at=None).update(setup_done_at=timezone.now())
    OneTimeLink.objects.filter(kind=LinkKind.SETUP).delete()
    record(actor=actor, action="tenant.setup_finished", target_type="tenant")
