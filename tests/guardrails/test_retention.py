"""What rules found goes when the organisation's days are over; nobody else's does."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.utils import timezone

from tests.guardrails.policies import policy_make, rule

if TYPE_CHECKING:
    from tests.factories import Cast


def found(tenant: Any, days: int) -> Any:
    """A finding that many days ago."""
    from apps.guardrails.models import RuleHit
    from apps.tenants.platform import platform_scope
    from apps.tenants.scope import tenant_scope

    with tenant_scope(tenant.id):
        made = RuleHit.objects.create(
            rule_id=uuid4(), rule_name="r", action="log", direction="out", outcome="logged"
        )
    with platform_scope():
        at = timezone.now() - dt.timedelta(days=days)
        RuleHit.across.filter(pk=made.pk).update(created_at=at)
    return made.pk


def kept(tenant: Any) -> set[Any]:
    from apps.guardrails.models import RuleHit
    from apps.tenants.scope import tenant_scope

    with tenant_scope(tenant.id):
        return set(RuleHit.objects.values_list("pk", flat=True))


def test_findings_go_after_the_organisations_days(cast: Cast, monkeypatch: Any) -> None:
    from apps.guardrails import retention

    monkeypatch.setattr(retention, "AT_ONCE", 2)
    policy_make(cast, rule("log"), keep_days=30)
    new = found(cast.acme, 29)
    for _ in range(3):
        found(cast.acme, 31)
    theirs, old = found(cast.globex, 364), found(cast.globex, 366)
    assert retention.findings_forget() >= 4
    assert kept(cast.acme) == {new}
    assert kept(cast.globex) == {theirs}
    assert old not in kept(cast.globex)


def test_only_the_organisation_says_how_long(cast: Cast) -> None:
    from apps.guardrails.forms import SettingsForm
    from apps.guardrails.selectors import side_of
    from apps.tenants.scope import tenant_scope

    policy_make(cast, rule("log"), keep_days=30)
    with tenant_scope(cast.acme.id):
        side = side_of(cast.engineering)
        assert "keep_days" not in SettingsForm(side=side).fields
        organisation = side_of(side.organisation.team)
        form = SettingsForm(
            {"state": "on", "covers": "all", "unread": "block", "keep_days": 3}, side=organisation
        )
        assert list(form.errors) == ["keep_days"]
