"""The effective policy as REST gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from apps.accounts.models import Team
    from apps.llm.policy.person import Policy
    from apps.llm.policy.rules import Setting


def policy_output(policy: Policy) -> dict[str, Any]:
    """What applies, with the reasons."""
    return {
        "team": _team(policy.team),
        "teams": [_team(each.team) | {"models": each.models} for each in policy.teams],
        "default": policy.default.public_id if policy.default else None,
        "default_source": _team(policy.default_team) if policy.default_team else None,
        "default_is_own": policy.is_own_default,
        "models": [
            {
                "slug": applied.model.slug,
                "name": applied.model.name,
                "modality": applied.model.modality,
                "is_default": applied.is_default,
                "through": [_team(team) for team in applied.through],
                "parameters": settings_output(applied.settings),
            }
            for applied in policy.models
        ],
        "routes": [
            {
                "slug": applied.found.route.public_id,
                "name": applied.found.route.name,
                "kind": applied.found.route.kind,
                "available": applied.found.usable,
                "reason": applied.found.reason or None,
                "is_default": applied.found.route == policy.default,
                "through": [_team(team) for team in applied.through],
            }
            for applied in policy.routes
        ],
    }


def settings_output(settings: Iterable[Setting]) -> list[dict[str, Any]]:
    """Each parameter with its value and source; numbers are numbers."""
    return [
        {
            "name": each.name,
            "value": float(each.value)
            if each.name == "temperature" and each.value is not None
            else each.value,
            "set_by": None if each.value is None else "organisation" if each.is_organisations else "team",
            "of_model": each.is_of_model,
        }
        for each in settings
    ]


def _team(team: Team) -> dict[str, Any]:
    return {"id": team.pk, "name": team.name, "is_everyone": team.is_everyone}
