"""A person's own default: what their new chats under a team begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.llm.policy.models import OwnDefault
from apps.llm.routes.selectors import is_route, route_by_slug
from apps.llm.selectors import model_by_slug

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.accounts.models import Team
    from apps.llm.models import Model, Route


def own_default_set(*, actor: Actor, team: Team, slug: str | None) -> None:
    """Begin the person's own new chats under this team with a model or `route/SLUG`; None: as the team does.

    Raises ModelNotFoundError for what the team may not use, whatever the reason.
    """
    mine = OwnDefault.objects.filter(user_id=actor.user_id, team=team)
    if not slug:
        mine.delete()
        return
    route = route_by_slug(team.pk, slug) if is_route(slug) else None
    model = None if route is not None else model_by_slug(team.pk, slug)
    chosen = {"model": model, "route": route}
    OwnDefault.objects.update_or_create(user_id=actor.user_id, team=team, defaults=chosen)


def own_default(user_id: UUID, team_id: UUID) -> Model | Route | None:
    """What the person chose, whether or not the team may use it now; one statement."""
    row = OwnDefault.objects.filter(user_id=user_id, team_id=team_id).select_related("model", "route").first()
    return row.chosen if row else None
