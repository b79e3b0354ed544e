"""Settings and administration pages: who sees them, what they change, and that denials change nothing."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest

from tests.accounts.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from tests.factories import Cast

    SignedIn = Callable[..., Client]

SETTINGS = [
    "/settings/profile",
    "/settings/appearance",
    "/settings/security",
    "/settings/api-keys",
    "/notifications",
]
ADMIN = {
    "/admin/": {"owner", "admin", "auditor"},
    "/admin/people": {"owner", "admin"},
    "/admin/people/invite": {"owner", "admin"},
    "/admin/teams": {"owner", "admin"},
    "/admin/audit": {"owner", "admin", "auditor"},
    "/admin/audit/export": {"owner", "admin", "auditor"},
}
PAYLOAD = '<script>alert("x")</script>'


def give_role(cast: Cast, role: str) -> None:
    from apps.accounts.models import User
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        User.objects.filter(id=cast.bob.id).update(role=role)


@pytest.mark.parametrize("path", [*SETTINGS, *ADMIN])
def test_a_stranger_is_led_to_sign_in_and_back(cast: Cast, visit: SignedIn, path: str) -> None:
    answer = visit(cast.acme).get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/sign-in?next={path.replace('/', '%2F')}"


@pytest.mark.parametrize("path", SETTINGS)
def test_everybody_has_settings(cast: Cast, signed_in: SignedIn, path: str) -> None:
    answer = signed_in(cast.bob).get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<h1>" in answer.text


@pytest.mark.parametrize("role", ["owner", "admin", "auditor", "member"])
@pytest.mark.parametrize("path", ADMIN)
def test_admin_pages_are_not_there_for_others(cast: Cast, signed_in: SignedIn, path: str, role: str) -> None:
    give_role(cast, role)
    answer = signed_in(cast.bob).get(path)
    assert answer.status_code == (200 if role in ADMIN[path] else 404)


def test_a_member_who_posts_to_the_administration_changes_nothing(cast: Cast, signed_in: SignedIn) -> None:
    from apps.accounts.models import Team, User
    from apps.tenants.scope import tenant_scope

    bob = signed_in(cast.bob)
    for path, data in (
        ("/admin/people/invite", {"email": "new@acme.example", "role": "admin"}),
        (f"/admin/people/{cast.bob.id}", {"action": "role", "role": "owner"}),
        (f"/admin/people/{cast.alice.id}", {"action": "deactivate"}),
        ("/admin/teams", {"name": "Mine"}),
        (f"/admin/teams/{cast.sales.id}", {"action": "add", "user": str(cast.bob.id)}),
    ):
        assert bob.post(path, data).status_code == 404
    with tenant_scope(cast.acme.id):
        assert User.objects.count() == 3
        assert User.objects.get(id=cast.bob.id).role == "member"
        assert User.objects.get(id=cast.alice.id).is_active
        assert not Team.objects.filter(name="Mine").exists()
        assert not cast.sales.memberships.filter(user_id=cast.bob.id).exists()


def test_foreign_ids_read_as_missing_ones(cast: Cast, signed_in: SignedIn) -> None:
    alice = signed_in(cast.alice)
    nobody = "01890000-0000-7000-8000-000000000000"
    for pattern, foreign in (("/admin/people/{}", cast.mallory.id), ("/admin/teams/{}", nobody)):
        pages = [alice.get(pattern.format(value)) for value in (foreign, nobody)]
        assert [page.status_code for page in pages] == [404, 404]
        texts = {re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.text) for page in pages}
        assert len(texts) == 1


def test_inviting_shows_a_link_once_that_sets_a_password(
    cast: Cast, signed_in: SignedIn, visit: SignedIn
) -> None:
    page = signed_in(cast.alice).post(
        "/admin/people/invite", {"email": "dora@acme.example", "name": "Dora", "role": "member"}
    )
    assert page.status_code == 200
    found = re.search(rf"http://{cast.acme.host}[:\d]*(/link/[\w-]+)", page.text)
    assert found is not None
    dora = visit(cast.acme)
    assert "Welcome, Dora" in dora.get(found[1]).text
    assert dora.post(found[1], {"password": PASSWORD}).status_code == 302
    assert dora.get("/api/v1/me").json()["email"] == "dora@acme.example"


def test_an_administrator_changes_role_ends_sessions_and_locks_out(cast: Cast, signed_in: SignedIn) -> None:
    from apps.accounts.models import User
    from apps.tenants.scope import tenant_scope

    alice, bob = signed_in(cast.alice), signed_in(cast.bob)
    path = f"/admin/people/{cast.bob.id}"
    assert alice.get(path).status_code == 200
    assert alice.post(path, {"action": "role", "role": "auditor"}).status_code == 302
    assert bob.get("/admin/audit").status_code == 200
    assert alice.post(path, {"action": "end-sessions"}).status_code == 302
    assert bob.get("/api/v1/me").status_code == 401
    bob = signed_in(cast.bob)
    assert alice.post(path, {"action": "deactivate"}).status_code == 302
    assert bob.get("/api/v1/me").status_code == 401
    own = alice.post(f"/admin/people/{cast.alice.id}", {"action": "deactivate"})
    assert (own.status_code, "This is your own account" in own.text) == (409, True)
    with tenant_scope(cast.acme.id):
        assert User.objects.get(id=cast.alice.id).is_active
        assert not User.objects.get(id=cast.bob.id).is_active


def test_a_team_is_made_renamed_filled_and_emptied(cast: Cast, signed_in: SignedIn) -> None:
    from apps.accounts.models import Team
    from apps.accounts.selectors import members_of
    from apps.tenants.scope import tenant_scope

    alice = signed_in(cast.alice)
    made = alice.post("/admin/teams", {"name": "Legal"})
    path = made.headers["Location"]
    taken = alice.post("/admin/teams", {"name": "Legal"})
    assert (taken.status_code, "already here" in taken.text) == (422, True)
    assert alice.post(path, {"action": "rename", "name": "Law"}).status_code == 302
    assert alice.post(path, {"action": "add", "user": str(cast.carol.id)}).status_code == 302
    assert alice.post(path, {"action": "add", "user": str(cast.mallory.id)}).status_code == 404
    with tenant_scope(cast.acme.id):
        team = Team.objects.get(slug="legal")
        assert (team.name, list(members_of(team))) == ("Law", [cast.carol])
    assert "Carol Other" in alice.get(path).text
    assert alice.post(path, {"action": "remove", "user": str(cast.carol.id)}).status_code == 302
    with tenant_scope(cast.acme.id):
        assert list(members_of(team)) == []


def test_one_ends_own_sessions_and_a_colleagues_stay(cast: Cast, signed_in: SignedIn) -> None:
    from apps.accounts.models import Session
    from apps.tenants.scope import tenant_scope

    bob, other, carol = signed_in(cast.bob), signed_in(cast.bob), signed_in(cast.carol)
    with tenant_scope(cast.acme.id):
        hers = Session.objects.get(user=cast.carol)
    assert bob.post(f"/settings/security/sessions/{hers.id}/end").status_code == 404
    assert carol.get("/api/v1/me").status_code == 200
    assert "Sign out everywhere else" in bob.get("/settings/security").text
    bob.post("/settings/security/sessions/end")
    assert (bob.get("/api/v1/me").status_code, other.get("/api/v1/me").status_code) == (200, 401)


def test_changing_the_password_needs_the_old_one(cast: Cast, signed_in: SignedIn) -> None:
    from apps.accounts.models import User
    from apps.tenants.scope import tenant_scope

    bob = signed_in(cast.bob)
    assert bob.post("/settings/security", {"password": PASSWORD}).status_code == 302
    other = signed_in(cast.bob)
    wrong = bob.post("/settings/security", {"current": "guess", "password": "another good one"})
    assert "not your current password" in wrong.text
    assert other.get("/api/v1/me").status_code == 200
    right = bob.post("/settings/security", {"current": PASSWORD, "password": "another good one"})
    assert right.status_code == 302
    assert (bob.get("/api/v1/me").status_code, other.get("/api/v1/me").status_code) == (200, 401)
    with tenant_scope(cast.acme.id):
        assert User.objects.get(id=cast.bob.id).check_password("another good one")


def test_a_new_key_is_shown_once_and_works(cast: Cast, signed_in: SignedIn, visit: SignedIn) -> None:
    from apps.accounts.models import ApiKey
    from apps.tenants.scope import tenant_scope

    bob = signed_in(cast.bob)
    data = {"name": "Script", "team": str(cast.engineering.id), "scopes": ["chat"], "days": "30"}
    page = bob.post("/settings/api-keys", data)
    found = re.search(r"atrium_[\w-]+_[a-z0-9]{8}_[\w-]{43}", page.text)
    assert found is not None
    key = {"Authorization": f"Bearer {found[0]}"}
    assert visit(cast.acme).get("/api/v1/me", headers=key).status_code == 200
    assert found[0] not in bob.get("/settings/api-keys").text
    foreign = bob.post("/settings/api-keys", data | {"team": str(cast.sales.id)})
    assert "not one of the available choices" in foreign.text
    admin = bob.post("/settings/api-keys", data | {"scopes": ["admin"]})
    assert "not one of the available choices" in admin.text
    with tenant_scope(cast.acme.id):
        row = ApiKey.objects.get()
    assert bob.post(f"/settings/api-keys/{row.id}/revoke").status_code == 302
    assert visit(cast.acme).get("/api/v1/me", headers=key).status_code == 401


def test_profile_and_theme_are_kept(cast: Cast, signed_in: SignedIn) -> None:
    bob = signed_in(cast.bob)
    assert bob.post("/settings/profile", {"name": PAYLOAD}).status_code == 302
    page = bob.get("/settings/profile").text
    assert PAYLOAD not in page
    assert "&lt;script&gt;" in page
    assert bob.post("/settings/appearance", {"theme": "dark"}).cookies["theme"].value == "dark"
    assert bob.get("/api/v1/me").json()["theme"] == "dark"
    assert PAYLOAD not in signed_in(cast.alice).get("/admin/people").text


def test_how_the_chat_page_behaves_is_kept(cast: Cast, signed_in: SignedIn) -> None:
    bob = signed_in(cast.bob)
    assert "Send a message with" in bob.get("/settings/chat").text
    chosen = {"send_key": "mod_enter", "reads_answers": "off"}
    assert bob.post("/settings/chat", chosen | {"send_key": "space"}).status_code == 422
    assert bob.get("/api/v1/me").json()["send_key"] == "enter"
    assert bob.post("/settings/chat", chosen).status_code == 302
    kept = bob.get("/api/v1/me").json()
    assert [kept[name] for name in ("send_key", "follows_answers", "reads_answers")] == [
        "mod_enter",
        False,
        "off",
    ]
    changed = bob.patch("/api/v1/me", {"follows_answers": True}, content_type="application/json").json()
    assert (changed["send_key"], changed["follows_answers"]) == ("mod_enter", True)


def test_the_audit_page_finds_and_its_export_is_neutral_and_audited(cast: Cast, signed_in: SignedIn) -> None:
    from apps.accounts.actors import Actor
    from apps.audit.services import record
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        record(actor=Actor(cast.alice), action="thing.made", target_type="thing", target_id="=1+1")
    with tenant_scope(cast.globex.id):
        record(actor=Actor(cast.mallory), action="thing.made", target_type="canary", target_id="globex")
    alice = signed_in(cast.alice)
    page = alice.get("/admin/audit?action=thing.made&q=Alice").text
    assert page.count('<td data-label="What">Thing made</td>') == 1
    assert "canary" not in page
    assert "Person created" not in page.partition("<table")[2]
    assert "No event fits" in alice.get("/admin/audit?since=2999-01-01").text
    for wrong in ("since=nonsense&q=%00&page=x", "since=0001-01-01&until=9999-12-31"):
        assert alice.get(f"/admin/audit?{wrong}").status_code == 200
    export = alice.get("/admin/audit/export?action=thing.made")
    assert export.headers["Content-Disposition"].startswith('attachment; filename="audit-acme')
    rows = list(csv.reader(io.StringIO(export.text)))
    assert [row[6] for row in rows[1:]] == ["'=1+1"]
    assert "audit.exported" in alice.get("/admin/audit").text
    listed = alice.get("/admin/audit/export").text
    assert "globex" not in listed


@pytest.mark.parametrize("count", [1, 25])
def test_the_list_of_people_costs_the_same_for_many(cast: Cast, signed_in: SignedIn, count: int) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.accounts.services import membership_add, user_create
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        for number in range(count):
            user = user_create(actor=None, email=f"p{number}@acme.example", name=f"Person {number}")
            membership_add(actor=None, team=cast.sales, user=user)
    alice = signed_in(cast.alice)
    with CaptureQueriesContext(connection) as captured:
        assert alice.get("/admin/people").status_code == 200
    selects = [query["sql"] for query in captured.captured_queries if "FROM " in query["sql"]]
    assert len(selects) == 7


def test_an_address_that_only_takes_forms_shows_the_way_home(cast: Cast, signed_in: SignedIn) -> None:
    answer = signed_in(cast.alice).get("/settings/security/sessions/end")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST, OPTIONS"
    assert "Go to the start page" in answer.text
