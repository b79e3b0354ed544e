"""Teams and their members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.text import slugify

from apps.accounts.models import ApiKey, Membership, MembershipRole, Team, User
from apps.audit.services import record
from apps.rest.errors import ProblemError, invalid

if TYPE_CHECKING:
    from apps.accounts.actors import Actor


def team_create(*, actor: Actor | None, name: str, slug: str = "") -> Team:
    """Make a team, in any script. Raises 400 when the name is empty or taken."""
    slug = slugify(slug or name, allow_unicode=True)[:80]
    if not slug:
        raise invalid([{"field": "name", "message": "Enter a name with letters or digits."}])
    if Team.objects.filter(slug=slug).exists():
        raise invalid([{"field": "name", "message": "A team with this name is already here."}])
    team = Team.objects.create(name=name.strip()[:80], slug=slug)
    record(
        actor=actor, action="team.created", target_type="team", target_id=team.id, after={"name": team.name}
    )
    return team


def team_update(*, actor: Actor, team: Team, name: str) -> Team:
    """Rename a team; its slug stays, so that scripts go on working."""
    if not name.strip():
        raise invalid([{"field": "name", "message": "Enter a name."}])
    before, team.name = team.name, name.strip()[:80]
    team.save(update_fields=["name"])
    record(
        actor=actor,
        action="team.renamed",
        target_type="team",
        target_id=team.id,
        before={"name": before},
        after={"name": team.name},
    )
    return team


def membership_add(
    *, actor: Actor | None, team: Team, user: User, role: str = MembershipRole.MEMBER
) -> Membership:
    """Put a person into a team, or change their role in it."""
    if team.is_everyone:
        raise ProblemError(
            409, "everyone", "Everybody is already in this team", "Nothing was changed. Choose another team."
        )
    membership, _ = Membership.objects.update_or_create(team=team, user=user, defaults={"role": role})
    record(
        actor=actor,
        action="membership.added",
        target_type="team",
        target_id=team.id,
        after={"user": str(user.id), "role": role},
    )
    return membership


def membership_remove(*, actor: Actor | None, team: Team, user: User) -> None:
    """Take a person out of a team: their keys of the team end now; what they wrote there stays."""
    removed, _ = Membership.objects.filter(team=team, user=user).delete()
    if removed:
        ApiKey.objects.filter(team=team, user=user, revoked_at=None).update(revoked_at=timezone.now())
        record(
            actor=actor,
            action="membership.removed",
            target_type="team",
            target_id=team.id,
            before={"user": str(user.id)},
        )
