"""Whom a budget concerns: who may give more of it, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

from apps.accounts.models import Membership, MembershipRole, Role, User
from apps.accounts.permissions import can
from apps.metering.budgets.models import Reach

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

MANAGE: Final = "costs.manage"
SEE: Final = "costs.read"


class Reaching(Protocol):
    """A budget, or a line of a purse."""

    @property
    def reach(self) -> Any: ...
    @property
    def subject_id(self) -> UUID: ...


def leads_of(team_id: UUID) -> list[User]:
    """The active leads of a team, by name."""
    found = User.objects.filter(
        is_active=True, memberships__team_id=team_id, memberships__role=MembershipRole.LEAD
    )
    return list(found.order_by("name", "id"))


def givers_of(budget: Reaching, asker_id: UUID | None = None) -> list[User]:
    """Who is asked for more of it: the team's other leads; where there are none, the administrators."""
    leads = leads_of(budget.subject_id) if budget.reach == Reach.TEAM else []
    leads = [lead for lead in leads if lead.pk != asker_id]
    if leads:
        return leads
    among = User.objects.filter(is_active=True, role__in=(Role.OWNER, Role.ADMIN))
    return list(among.order_by("name", "id"))


def may_give(actor: Actor, budget: Reaching, asker_id: UUID) -> bool:
    """Whether the actor may answer that person: an administrator, or a lead of its team who is another."""
    if can(actor, MANAGE):
        return True
    return (
        budget.reach == Reach.TEAM
        and actor.user_id != asker_id
        and actor.api_key is None
        and Membership.objects.filter(
            team_id=budget.subject_id, user_id=actor.user_id, role=MembershipRole.LEAD
        ).exists()
    )


def led_teams(user_id: UUID) -> list[UUID]:
    """The teams that a person leads."""
    rows = Membership.objects.filter(user_id=user_id, role=MembershipRole.LEAD)
    return list(rows.values_list("team_id", flat=True))


def whom_to_ask(budget: Reaching, asker_id: UUID | None = None) -> str:
    """Such as “Ask Alice Admin for more.”; at most three names."""
    names = [user.name for user in givers_of(budget, asker_id)[:3]]
    if not names:
        return "Ask an administrator for more."
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return f"Ask {listed} for more."
