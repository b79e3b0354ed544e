"""Short words for policies in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apps.guardrails.models import Policy, RuleHit
    from tests.factories import Cast

MAIL = "ana.pereira@example.com"
IBAN = "DE89 3704 0044 0532 0130 00"
WORDS = "Personal data stays here."


def rule(action: str = "mask", *kinds: str, **changes: Any) -> dict[str, Any]:
    """A rule on e-mail addresses unless other kinds are named."""
    values = {"name": f"{action} it", "action": action, "kinds": kinds or ("email",), "words": WORDS}
    return values | changes


def policy_make(cast: Cast, *rules: dict[str, Any], team: Any = None, **changes: Any) -> Policy:
    """acme's policy, on, with these rules; that of a team where one is named."""
    from apps.accounts.models import Team
    from apps.guardrails.rules import read_rule
    from apps.guardrails.services import Change, policy_change
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        whose = team or Team.objects.get(is_everyone=True)
        wanted = {"state": "on"} | changes | {"rules": tuple(read_rule(each) for each in rules)}
        return policy_change(actor=None, team=whose, change=Change(**wanted))


def hits(cast: Cast) -> list[RuleHit]:
    """What was noted, oldest first."""
    from apps.guardrails.models import RuleHit
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        return list(RuleHit.objects.order_by("created_at", "id"))
