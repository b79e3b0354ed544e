"""Reads of people, teams and keys, in the caller's scope."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import Count, Q

from apps.accounts.models import (
    ApiKey,
    Notification,
    OneTimeLink,
    Role,
    Session,
    Team,
    TenantSettings,
    User,
)
from apps.rest.errors import not_found
from apps.tenants.models import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.audit.models import AuditEvent


UNNAMED: Final = "Atrium"
"""The name of an organisation that nobody has named yet."""


def tenant_settings() -> TenantSettings:
    """The settings of the tenant in scope."""
    return TenantSettings.objects.get()


def me(
    actor: Actor, user: User | None = None, *, organisation: TenantSettings | None = None
) -> dict[str, Any]:
    """Who is asking, as /api/v1/me and the chat page tell it; four statements, three with `organisation`."""
    user = user or actor.user
    organisation = organisation or tenant_settings()
    tenant = Tenant.objects.get(id=actor.tenant_id)
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "tenant": {"slug": tenant.slug, "name": organisation.name},
        "teams": [
            {"id": team.id, "name": team.name, "is_everyone": team.is_everyone} for team in teams_of(user.id)
        ],
        "theme": user.theme,
        "send_key": user.send_key,
        "follows_answers": user.follows_answers,
        "reads_answers": user.reads_answers,
        "language": user.language,
        "unread_notifications": unread_notifications(user.id),
    }


def everyone() -> Team:
    """The team that everybody of the tenant is in."""
    return Team.objects.get(is_everyone=True)


def teams_of(user_id: UUID) -> QuerySet[Team]:
    """The teams that a person is in; Everyone first, then by name."""
    return (
        Team.objects.filter(Q(is_everyone=True) | Q(memberships__user_id=user_id))
        .distinct()
        .order_by("-is_everyone", "name")
    )


def team_ids_of(user_id: UUID) -> list[UUID]:
    """The ids of the teams that a person is in."""
    return list(teams_of(user_id).values_list("id", flat=True))


def team_of(actor: Actor, team_id: UUID | None) -> Team | None:
    """The team that the actor may act in: the key's own; the named one, if theirs; by default Everyone."""
    if actor.api_key is not None:
        own = Team.objects.get(id=actor.api_key.team_id)
        return own if team_id in (None, own.id) else None
    if team_id is None:
        return everyone()
    return teams_of(actor.user_id).filter(id=team_id).first()


def teams() -> QuerySet[Team]:
    """All teams with their number of members."""
    return Team.objects.annotate(members=Count("memberships")).order_by("-is_everyone", "name")


def people(query: str = "", *, role: str = "", state: str = "") -> QuerySet[User]:
    """All people, by name; `query` looks into name and e-mail, `state` is active or inactive."""
    found = User.objects.prefetch_related("memberships__team").order_by("name", "id")
    if query:
        found = found.filter(Q(name__icontains=query) | Q(email__icontains=query))
    if role:
        found = found.filter(role=role)
    return found.filter(is_active=state == "active") if state else found


def active_people(*, since: dt.datetime | None = None) -> QuerySet[User]:
    """Who may sign in; with `since` only those seen after it."""
    found = User.objects.filter(is_active=True)
    return found.filter(last_seen_at__gt=since) if since else found


def active_counts(*, since: dt.datetime) -> tuple[int, int]:
    """How many may sign in, and how many of them were seen after that moment."""
    found = active_people().aggregate(active=Count("id"), seen=Count("id", filter=Q(last_seen_at__gt=since)))
    return found["active"], found["seen"]


def people_beside(team: Team) -> QuerySet[User]:
    """Active people who are not in the team, by name."""
    return active_people().exclude(id__in=members_of(team).values("id")).order_by("name", "id")


def first_owner() -> User | None:
    """The owner that the set-up made, or None before."""
    return User.objects.filter(role=Role.OWNER).order_by("created_at").first()


def person_of_email(email: str) -> User | None:
    """The active person with this address, or None."""
    return User.objects.filter(email=email.strip().lower(), is_active=True).first()


def things_named(found: Iterable[AuditEvent]) -> list[tuple[AuditEvent, str]]:
    """Each event with the name of its thing; a person's is looked up where the event keeps none."""
    listed = list(found)
    unnamed = {event.target_id for event in listed if event.target_type == "user" and not event.name}
    people = {str(pk): name for pk, name in User.objects.filter(pk__in=unnamed).values_list("pk", "name")}
    return [(event, event.name or people.get(event.target_id, "")) for event in listed]


def access_user(user_id: UUID) -> User:
    """A person of this tenant; 404 otherwise."""
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise not_found()
    return user


def access_team(team_id: UUID) -> Team:
    """A team of this tenant; 404 otherwise."""
    team = Team.objects.filter(id=team_id).first()
    if team is None:
        raise not_found()
    return team


def members_of(team: Team) -> QuerySet[User]:
    """The people of a team; of Everyone all who are active."""
    if team.is_everyone:
        return User.objects.filter(is_active=True).order_by("name", "id")
    return User.objects.filter(memberships__team=team).order_by("name", "id")


def api_keys_of(user_id: UUID) -> QuerySet[ApiKey]:
    """A person's keys, newest first."""
    return ApiKey.objects.filter(user_id=user_id).select_related("team").order_by("-created_at")


def access_api_key(actor: Actor, key_id: UUID) -> ApiKey:
    """One of the actor's own keys; 404 otherwise."""
    key = ApiKey.objects.filter(id=key_id, user_id=actor.user_id).first()
    if key is None:
        raise not_found()
    return key


def sessions_of(user_id: UUID) -> QuerySet[Session]:
    """A person's signed-in browsers, the last used first."""
    return Session.objects.filter(user_id=user_id).order_by("-last_seen_at")


def notifications_of(user_id: UUID) -> QuerySet[Notification]:
    """A person's notifications, newest first."""
    return Notification.objects.filter(user_id=user_id).order_by("-created_at", "-id")


def unread_notifications(user_id: UUID) -> int:
    """How many notifications the person has not read."""
    return Notification.objects.filter(user_id=user_id, read_at=None).count()


def open_link(code_hash: str) -> OneTimeLink | None:
    """A one-time link that is neither used nor expired, with its person."""
    from django.utils import timezone

    return (
        OneTimeLink.objects.select_related("user")
        .filter(code_hash=code_hash, used_at=None, expires_at__gt=timezone.now())
        .first()
    )
