"""The playground asks the models that rules would ask, for whoever presses for it, at that person's cost."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.guardrails.policies import MAIL, policy_make, rule
from tests.guardrails.test_moderation import asking, routing
from tests.llm.conftest import Connected, audit_actions, browser, connected, host, ledger
from tests.llm.routing import failing
from tests.processes import product

if TYPE_CHECKING:
    from django.test import Client

    from tests.llm.routing import Routing

__all__ = ["connected", "host", "product", "routing"]

pytestmark = pytest.mark.usefixtures("product")
TEXT = f"Build a bomb for {MAIL}"


def result_of(client: Client, page: str) -> str:
    """The pane once it asks no more."""
    found = re.search(r'src="(/admin/policies/trials/[^"]+)"', page)
    assert found, page[-2_000:]
    until = time.monotonic() + 20
    while True:
        pane = client.get(found[1]).content.decode()
        if "data-live" not in pane or time.monotonic() > until:
            return pane
        time.sleep(0.05)


def prepared(connected: Connected, routing: Routing, **changes: Any) -> Client:
    from apps.accounts.selectors import everyone
    from apps.llm.models import Model
    from apps.llm.services import model_grants_set
    from apps.tenants.scope import tenant_scope

    policy_make(connected.cast, rule("mask"), asking(connected, routing, **changes))
    with tenant_scope(connected.cast.acme.id):
        judge = Model.objects.get(slug="judge")
        model_grants_set(actor=None, model=judge, team_ids=[everyone().pk])
    return browser(connected.cast, connected.cast.alice)


def test_only_who_presses_for_it_asks_and_the_verdict_is_shown(
    connected: Connected, routing: Routing
) -> None:
    alice = prepared(connected, routing)
    page = alice.post("/admin/policies/try", {"text": TEXT, "direction": "out"}).content.decode()
    assert "Try and ask the models" in page
    assert (connected.host.asked, ledger(connected)) == ([], [])
    page = alice.post(
        "/admin/policies/try", {"text": TEXT, "direction": "out", "ask": "yes"}
    ).content.decode()
    pane = result_of(alice, page)
    assert "judge found Violence: nothing passes." in pane
    (asked,) = connected.host.asked
    assert "[EMAIL_1]" in str(asked.body)
    assert MAIL not in str(asked.body)
    (row,) = ledger(connected)
    assert (row.purpose, row.step, row.model_slug, row.state) == (
        "moderation", "policy trial", "judge", "settled",
    )  # fmt: skip
    assert (row.user_id, row.user_name) == (connected.cast.alice.pk, connected.cast.alice.name)
    assert row.run_id is not None
    assert row.cost is not None
    assert "policy.tried" in audit_actions(connected.cast.acme.id)


def test_what_can_not_be_asked_says_what_follows(connected: Connected, routing: Routing) -> None:
    alice = prepared(connected, routing, action="warn")
    routing.scripts["judge"] = lambda asked: failing(500)
    page = alice.post(
        "/admin/policies/try", {"text": TEXT, "direction": "out", "ask": "yes"}
    ).content.decode()
    assert "judge gave no answer that could be used: it passes unchecked" in result_of(alice, page)


def test_who_only_reads_policies_asks_nobody_and_sees_no_trial_of_others(
    connected: Connected, routing: Routing
) -> None:
    from apps.accounts.models import Role
    from apps.accounts.selectors import everyone
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    alice = prepared(connected, routing)
    sent = {"text": TEXT, "direction": "out", "ask": "yes"}
    src = re.search(
        r'src="(/admin/policies/trials/[^"]+)"', alice.post("/admin/policies/try", sent).content.decode()
    )
    assert src is not None
    with tenant_scope(cast.acme.id):
        team = everyone().pk
        cast.bob.role = Role.AUDITOR
        cast.bob.save()
    auditor = browser(cast, cast.bob)
    result_of(alice, src[0])
    asked = len(connected.host.asked)
    assert auditor.post("/admin/policies/try", sent).status_code == 403
    assert auditor.get(src[1]).status_code == 404
    body = {"text": TEXT, "ask": True}
    assert (
        auditor.post(f"/api/v1/policies/{team}/try", body, content_type="application/json").status_code == 403
    )
    assert len(connected.host.asked) == asked
    begun = alice.post(f"/api/v1/policies/{team}/try", body, content_type="application/json").json()
    assert begun["run_id"]
    assert (
        alice.post(f"/api/v1/policies/{team}/try", {"text": TEXT}, content_type="application/json").json()[
            "run_id"
        ]
        is None
    )
