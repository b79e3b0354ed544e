"""Cost centres of teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.audit.services import record
from apps.metering.models import CostCentre
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.accounts.models import Team

MOST_CODE = 40


def cost_centre_set(*, actor: Actor | None, team: Team, code: str, note: str = "") -> CostCentre | None:
    """Book the team's later statements there; an empty code books them nowhere. Raises 400."""
    code = code.strip()
    if len(code) > MOST_CODE:
        raise invalid([{"field": "code", "message": f"A cost centre has at most {MOST_CODE} characters."}])
    before = CostCentre.objects.filter(team=team).first()
    if code:
        found, _ = CostCentre.objects.update_or_create(
            team=team, defaults={"code": code, "note": note.strip()[:200]}
        )
    else:
        CostCentre.objects.filter(team=team).delete()
        found = None
    if (before.code if before else "") != code:
        record(
            actor=actor,
            action="cost_centre.set",
            target_type="team",
            target_id=team.pk,
            before={"code": before.code if before else ""},
            after={"code": code},
        )
    return found
