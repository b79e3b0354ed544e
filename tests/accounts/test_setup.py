"""First run: opens with the one-time code only, each step is saved, afterwards 404 (D01)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from tests.factories import Cast, Organisation

    Visit = Callable[..., Client]

OWNER = {"name": "Olga", "email": "olga@acme.example", "password": "four plain words here"}
ORGANISATION = {"name": "Acme Corp", "language": "en", "time_zone": "Europe/Berlin"}


@pytest.fixture
def code(acme: Organisation) -> str:
    from apps.accounts.services import one_time_link_create
    from apps.tenants.scope import tenant_scope

    with tenant_scope(acme.id):
        return one_time_link_create(actor=None, kind="setup", user=None).partition("code=")[2]


def users(organisation: Organisation) -> list[str]:
    from apps.accounts.models import User
    from apps.tenants.scope import tenant_scope

    with tenant_scope(organisation.id):
        return sorted(User.objects.values_list("email", flat=True))


def test_without_the_code_nothing_opens_and_nobody_is_made(
    acme: Organisation, visit: Visit, code: str
) -> None:
    client = visit(acme)
    for answer in (
        client.get("/setup"),
        client.get("/setup/account"),
        client.get(f"/setup?code={code}x"),
        client.post("/setup/account", OWNER),
    ):
        assert answer.status_code == 403
        assert "One-time code" in answer.text
    assert users(acme) == []


def test_signing_in_leads_to_the_set_up_until_somebody_can(
    acme: Organisation, visit: Visit, code: str
) -> None:
    client = visit(acme)
    assert client.get("/sign-in").headers["Location"] == "/setup"
    client.get(f"/setup?code={code}")
    client.post("/setup/account", OWNER)
    assert visit(acme).get("/sign-in").status_code == 200


def test_the_whole_way_and_404_afterwards(acme: Organisation, visit: Visit, code: str) -> None:
    from apps.accounts.models import OneTimeLink, Team, TenantSettings, User
    from apps.metering.models import Budget
    from apps.tenants.scope import tenant_scope

    client = visit(acme)
    client.get(f"/setup?code={code}")

    def step(name: str, data: dict[str, Any], follows: str) -> None:
        assert client.get(f"/setup/{name}").status_code == 200
        answer = client.post(f"/setup/{name}", data)
        assert answer.status_code == 302, answer.text
        assert answer.headers["Location"] == follows

    step("organisation", ORGANISATION, "/setup/account")
    step("account", OWNER, "/setup/model")
    step("model", {}, "/setup/team")
    step("team", {"name": "Engineering", "monthly_budget": "250"}, "/setup/people")
    wrong = client.post("/setup/people", {"addresses": "bob@acme.example\nnot an address"})
    assert wrong.status_code == 422
    assert users(acme) == ["olga@acme.example"]
    invited = client.post("/setup/people", {"addresses": "bob@acme.example\n\ncarol@acme.example"})
    assert invited.text.count("/link/") == 2
    step("done", {"go": "admin"}, "/admin/")
    with tenant_scope(acme.id):
        kept = TenantSettings.objects.get()
        assert (kept.name, kept.time_zone) == ("Acme Corp", "Europe/Berlin")
        assert User.objects.get(email="olga@acme.example").role == "owner"
        assert Team.objects.filter(slug="engineering", memberships__user__email="olga@acme.example").exists()
        assert not OneTimeLink.objects.filter(kind="setup").exists()
        assert Budget.objects.filter(subject_name="Engineering", amount=250, period="month").exists()
    assert users(acme) == ["bob@acme.example", "carol@acme.example", "olga@acme.example"]
    for answer in (
        client.get(f"/setup?code={code}"),
        client.get("/setup"),
        client.post("/setup/account", OWNER),
    ):
        assert answer.status_code == 404
    assert client.get("/admin/").status_code == 200


def test_the_code_leaves_the_address_and_later_steps_wait(
    acme: Organisation, visit: Visit, code: str
) -> None:
    client = visit(acme)
    opened = client.get(f"/setup?code={code}")
    assert opened.headers["Location"] == "/setup/organisation"
    assert opened.cookies["atrium_setup"]["httponly"]
    assert client.get("/setup/people").headers["Location"] == "/setup/account"
    assert client.get("/setup/nowhere").status_code == 404


def test_the_code_does_not_open_an_owners_account(acme: Organisation, visit: Visit, code: str) -> None:
    first = visit(acme)
    first.get(f"/setup?code={code}")
    assert first.post("/setup/account", OWNER).status_code == 302
    thief = visit(acme)
    thief.get(f"/setup?code={code}")
    page = thief.get("/setup/account")
    assert "olga@acme.example" in page.text
    answer = thief.post("/setup/account", OWNER | {"password": "a thief's own password"})
    assert answer.headers["Location"] == "/setup/model"
    assert "atrium_session" not in answer.cookies
    assert thief.get("/setup/model").headers["Location"].startswith("/sign-in?next=")
    assert thief.post("/setup/done").headers["Location"].startswith("/sign-in?next=")


def test_a_newer_link_replaces_the_older(acme: Organisation, visit: Visit, code: str) -> None:
    from apps.accounts.services import one_time_link_create
    from apps.tenants.scope import tenant_scope

    with tenant_scope(acme.id):
        newer = one_time_link_create(actor=None, kind="setup", user=None)
    assert visit(acme).get(f"/setup?code={code}").status_code == 403
    assert visit(acme).get(newer).status_code == 302


def test_a_fresh_organisation_has_no_account(cast: Cast, acme: Organisation) -> None:
    from apps.accounts.models import User
    from apps.tenants.scope import tenant_scope
    from tests.factories import organisation_make

    fresh = organisation_make("initech")
    with tenant_scope(fresh.id):
        assert not User.objects.exists()
