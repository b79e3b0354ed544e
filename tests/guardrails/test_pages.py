"""Pages and REST of policies, as alice administers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.guardrails.policies import MAIL, WORDS, policy_make, rule
from tests.llm.conftest import Connected, audit_actions, browser

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture
def alice(connected: Connected) -> Client:
    return browser(connected.cast, connected.cast.alice)


def everyone(connected: Connected) -> str:
    from apps.accounts.selectors import everyone as found
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return str(found().pk)


def put_json(client: Client, method: str, path: str, body: Any = None) -> Any:
    return getattr(client, method)(f"/api/v1{path}", body, content_type="application/json")


def test_a_rule_is_made_in_the_form_and_the_policy_switched_on(connected: Connected, alice: Client) -> None:
    made = alice.post(
        "/admin/policies/rules/new",
        {
            "name": "No addresses",
            "words": WORDS,
            "kinds": ["email"],
            "terms": "Falcon\n\nfalcon eye",
            "patterns": "PRJ-[0-9]+",
            "direction": "out",
            "action": "mask",
            "least": "1",
            "is_enabled": "on",
        },
    )
    assert made.status_code == 302, made.content
    assert (
        alice.post("/admin/policies", {"state": "on", "covers": "all", "unread": "block"}).status_code == 302
    )
    page = alice.get("/admin/policies").content.decode()
    assert "No addresses" in page
    assert "E-mail addresses, 2 terms, 1 expression" in page
    assert "They touch 3 people" in page
    assert [each for each in audit_actions(connected.cast.acme.id) if "policy" in each] == [
        "policy.changed"
    ] * 2


def test_what_can_not_be_a_rule_is_told_beside_its_field(alice: Client) -> None:
    bad = {"name": "x", "patterns": "(?=a)", "direction": "out", "action": "block", "least": "1"}
    answer = alice.post("/admin/policies/rules/new", bad)
    assert answer.status_code == 422
    assert "Look-around and back-references are not available" in answer.content.decode()
    warn = {"name": "x", "kinds": ["email"], "direction": "in", "action": "warn", "least": "1"}
    assert "acts before sending" in alice.post("/admin/policies/rules/new", warn).content.decode()


def test_a_team_inherits_overrides_and_resets(connected: Connected, alice: Client) -> None:
    policy = policy_make(connected.cast, rule("block", name="No mail"))
    rule_id, team = policy.rules[0]["id"], connected.cast.engineering.pk
    home = f"/admin/teams/{team}/policies"
    assert "Inherited" in alice.get(home).content.decode()
    overridden = alice.post(f"{home}/rules/{rule_id}/action", {"action": "override"})
    assert overridden.status_code == 302
    page = alice.get(home).content.decode()
    assert "Without it: block" in page
    own_id = overridden["Location"].rsplit("/", 1)[1]
    assert alice.post(f"{home}/rules/{own_id}/action", {"action": "remove"}).status_code == 302
    assert "Inherited" in alice.get(home).content.decode()


def test_a_trial_shows_what_is_found_and_what_would_leave(connected: Connected, alice: Client) -> None:
    policy_make(connected.cast, rule("mask"), state="off")
    page = alice.post(
        "/admin/policies/try", {"text": f"Ask {MAIL}\nnow", "direction": "out"}
    ).content.decode()
    assert "It passes with placeholders." in page
    assert f">{MAIL}<span" in page
    assert "Ask [EMAIL_1]<br>now" in page
    team = everyone(connected)
    made = put_json(alice, "post", f"/policies/{team}/try", {"text": f"Ask {MAIL}"}).json()
    assert (made["result"], made["passes"], made["restored"]) == ("masked", "Ask [EMAIL_1]", f"Ask {MAIL}")
    assert [piece["kind"] for piece in made["pieces"]] == [None, "email"]


def test_the_report_says_what_shadow_would_have_done(connected: Connected, alice: Client, say: Any) -> None:
    from apps.llm.vendors.base import ChatMessage, ChatRequest
    from tests.guardrails.test_gateway import noted

    policy_make(connected.cast, rule("mask", name="Mail"), state="shadow")
    for text in (f"{MAIL} and bob@example.com", MAIL):
        say(request=ChatRequest("", (ChatMessage.text("user", text),)))
    noted(connected, 2)
    page = alice.get("/admin/policies/findings").content.decode()
    assert "Would have masked 3 in 2 calls" in page
    assert "example.com" not in page
    assert "No rule found anything" in alice.get("/admin/policies/findings?shadow=no").content.decode()
    line = alice.get("/api/v1/policies/findings").json()["results"][0]
    assert (line["sentence"], line["kinds"]) == ("Would have masked 3 in 2 calls", {"email": 3})


def test_the_same_over_rest(connected: Connected, alice: Client) -> None:
    cast = connected.cast
    team = everyone(connected)
    added = put_json(
        alice, "post", f"/policies/{team}/rules", {"name": "M", "kinds": ["email"], "action": "mask"}
    )
    assert added.status_code == 201, added.content
    rule_id = added.json()["id"]
    assert put_json(alice, "patch", f"/policies/{team}", {"state": "on"}).json()["state"] == "on"
    changed = {"name": "M2", "kinds": ["email"], "action": "block"}
    assert put_json(alice, "put", f"/policies/{team}/rules/{rule_id}", changed).json()["action"] == "block"
    home = f"/policies/{cast.engineering.pk}"
    inherited = alice.get(f"/api/v1{home}").json()
    assert [(each["name"], each["is_inherited"]) for each in inherited["rules"]] == [("M2", True)]
    assert inherited["people"] == 2
    own = put_json(alice, "post", f"{home}/rules/{rule_id}/override").json()
    assert (own["overrides"], own["is_inherited"]) == (rule_id, False)
    assert put_json(alice, "delete", f"{home}/rules/{own['id']}").status_code == 204
    assert [each["number"] for each in alice.get(f"/api/v1/policies/{team}/versions").json()["results"]] == [
        3,
        2,
        1,
    ]
    assert [each["team"] for each in alice.get("/api/v1/policies").json()["results"]] == [
        "Everyone",
        "Engineering",
    ]
    refused = put_json(alice, "post", f"/policies/{team}/rules", {"name": "N", "action": "mask"})
    assert refused.json()["errors"][0]["field"] == "kinds"


def test_members_see_none_of_it_and_auditors_change_nothing(connected: Connected) -> None:
    from apps.accounts.services import user_create
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    bob = browser(cast, cast.bob)
    assert bob.get("/admin/policies").status_code == 404
    assert bob.get("/api/v1/policies").status_code == 403
    with tenant_scope(cast.acme.id):
        dora = user_create(actor=None, email="dora@acme.example", name="Dora", role="auditor")
    auditor = browser(cast, dora)
    assert auditor.get("/admin/policies").status_code == 200
    assert auditor.post("/admin/policies", {"state": "on"}).status_code == 403
    assert put_json(auditor, "patch", f"/policies/{everyone(connected)}", {"state": "on"}).status_code == 403
