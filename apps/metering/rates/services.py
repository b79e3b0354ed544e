"""Setting and removing limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.audit.services import record
from apps.metering.models import LimitOf, RateLimit
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.accounts.models import Team


@dataclass(frozen=True, slots=True)
class Wanted:
    """A limit as somebody sets it; None or 0 of something does not limit it."""

    of: str
    requests: int | None = None
    tokens: int | None = None
    model_id: UUID | None = None
    model_slug: str = ""


def rate_limit_set(*, actor: Actor | None, team: Team | None, wanted: Wanted) -> RateLimit | None:
    """Put the limit in the place of the one before; None when nothing is limited any more.

    The calls that began are not stopped; it holds in all processes within seconds. Raises 400.
    """
    if (wanted.of == LimitOf.MODEL) != (wanted.model_id is not None):
        message = "Choose a model for a limit of one model, and for no other."
        raise invalid([{"field": "model", "message": message}])
    place = {"team": team, "of": wanted.of, "model_id": wanted.model_id}
    before = RateLimit.objects.filter(**place).first()
    says = {"requests": wanted.requests or None, "tokens": wanted.tokens or None}
    if not any(says.values()):
        if before is not None:
            rate_limit_delete(actor=actor, limit=before)
        return None
    was = described(before) if before else None
    if before is None:
        limit = RateLimit.objects.create(**place, model_slug=wanted.model_slug, **says)
    else:
        limit = before
        limit.requests, limit.tokens = says["requests"], says["tokens"]
        limit.save(update_fields=["requests", "tokens"])
    if described(limit) != was:
        _record(actor, "rate_limit.set", limit, was, described(limit))
    return limit


def rate_limit_delete(*, actor: Actor | None, limit: RateLimit) -> None:
    """Limit that no more; a team then keeps to the organisation's default again."""
    was, limit_id = described(limit), limit.pk
    limit.delete()
    limit.pk = limit_id
    _record(actor, "rate_limit.removed", limit, was, None)


def described(limit: RateLimit) -> dict[str, object]:
    """The limit as the audit trail keeps it."""
    return {
        "team": str(limit.team_id or ""),
        "of": limit.of,
        "model": limit.model_slug,
        "requests": limit.requests,
        "tokens": limit.tokens,
    }


def _record(
    actor: Actor | None,
    action: str,
    limit: RateLimit,
    before: dict[str, object] | None,
    after: dict[str, object] | None,
) -> None:
    record(
        actor=actor, action=action, target_type="rate_limit", target_id=limit.pk, before=before, after=after
    )
