"""Reads of limits for pages and programs, in the caller's scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from apps.metering.models import LimitOf, RateLimit
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

EACH = (LimitOf.PERSON, LimitOf.TEAM, LimitOf.KEY)
"""Kinds of which a team has one limit."""


def limits(team_id: UUID | None = None) -> QuerySet[RateLimit]:
    """The organisation's limits, or those of one team."""
    own = Q(team_id=team_id) if team_id else Q(team_id__isnull=True)
    return RateLimit.objects.filter(own).order_by("of", "model_slug", "id")


def all_limits() -> QuerySet[RateLimit]:
    """Every limit, with its team."""
    return RateLimit.objects.select_related("team").order_by("team__name", "of", "model_slug", "id")


def access_limit(limit_id: UUID) -> RateLimit:
    """One limit; raises 404."""
    found = RateLimit.objects.select_related("team").filter(id=limit_id).first()
    if found is None:
        raise not_found()
    return found
