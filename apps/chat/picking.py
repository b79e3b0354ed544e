"""Who shall answer: a model or a route that the team may use, and what a run remembers of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.chat.loading import ROUTE
from apps.llm import selectors as models
from apps.llm.errors import ModelNotFoundError
from apps.llm.policy.own import own_default
from apps.llm.routes import selectors as routes
from apps.llm.selectors.picker import ANSWERING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from apps.llm.models import Model, Route


@dataclass(frozen=True, slots=True)
class Picked:
    """A model or a route; `stored` goes into the run's input and comes back by `loading.Chosen`."""

    slug: str
    name: str
    stored: Mapping[str, Any]


def picked(team_id: UUID, slug: str) -> Picked:
    """A model's slug or `route/SLUG`, if the team may use it; raises ModelNotFoundError."""
    if routes.is_route(slug):
        return _of_route(routes.route_by_slug(team_id, slug))
    model = models.model_by_slug(team_id, slug, modality=None)
    if model.modality not in ANSWERING:
        raise ModelNotFoundError
    return _of_model(model)


def default_picked(team_id: UUID, user_id: UUID) -> Picked | None:
    """What the person's new chat of the team begins with; None where it may use nothing."""
    own = own_default(user_id, team_id)
    if own is not None:
        try:
            return picked(team_id, own.public_id)
        except ModelNotFoundError:
            pass
    route = routes.default_route(team_id)
    if route is not None:
        return _of_route(route)
    model = models.default_model(team_id)
    return None if model is None else _of_model(model)


def _of_model(model: Model) -> Picked:
    """The gateway looks the model up again and checks the grant."""
    stored = {
        "id": str(model.id),
        "slug": model.slug,
        "name": model.name,
        "vendor": model.connection.vendor,
        "window": model.room,
        "max_output": model.max_output,
        "modality": model.modality,
    }
    return Picked(model.slug, model.name, stored)


def _of_route(route: Route) -> Picked:
    """Which model answers is decided when the run comes to it."""
    nothing = {"window": None, "max_output": None}
    stored = {"id": str(route.pk), "slug": route.public_id, "name": route.name, "vendor": ROUTE, **nothing}
    return Picked(route.public_id, route.name, stored)
