"""The REST base and the endpoints of accounts: forged writes, idempotency, strict input, cursor pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from apps.accounts.models import User
    from tests.factories import Cast, Organisation

JSON = "application/json"


def team_names(cast: Cast) -> list[str]:
    from apps.accounts.models import Team
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        return sorted(Team.objects.values_list("name", flat=True))


@pytest.fixture
def own_teams() -> list[str]:
    return ["Engineering", "Everyone", "Sales"]


def test_me_tells_who_asks_and_changes_only_what_is_ones_own(
    cast: Cast, signed_in: Callable[..., Client]
) -> None:
    from apps.accounts.models import User
    from apps.tenants.scope import tenant_scope

    bob = signed_in(cast.bob)
    found = bob.get("/api/v1/me").json()
    teams = found.pop("teams")
    assert found == {
        "id": str(cast.bob.id),
        "name": "Bob Member",
        "email": "bob@acme.example",
        "role": "member",
        "tenant": {"slug": cast.acme.slug, "name": "Acme"},
        "theme": "system",
        "send_key": "enter",
        "follows_answers": True,
        "reads_answers": "complete",
        "language": "",
        "unread_notifications": 0,
    }
    assert [(team["name"], team["is_everyone"]) for team in teams] == [
        ("Everyone", True),
        ("Engineering", False),
    ]
    changed = bob.patch("/api/v1/me", {"theme": "dark", "name": " Robert "}, content_type=JSON).json()
    assert (changed["theme"], changed["name"]) == ("dark", "Robert")
    for body in (
        {"role": "owner"},
        {"tenant_id": str(cast.globex.id)},
        {"theme": "pink"},
        {"send_key": "space"},
        {"reads_answers": None},
        {"is_active": False},
    ):
        answer = bob.patch("/api/v1/me", body, content_type=JSON)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == list(body)
    with tenant_scope(cast.acme.id):
        row = User.objects.get(id=cast.bob.id)
    assert (row.role, row.theme, row.name, row.is_active) == ("member", "dark", "Robert", True)


def test_a_cookie_of_one_organisation_is_empty_at_another(
    cast: Cast, signed_in: Callable[..., Client], visit: Callable[[Organisation], Client]
) -> None:
    mallory = signed_in(cast.mallory)
    at_acme = visit(cast.acme)
    at_acme.cookies = mallory.cookies
    assert mallory.get("/api/v1/me").status_code == 200
    assert at_acme.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://sub.{host}"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("content_type", [JSON, "text/plain"])
def test_a_forged_write_is_403_without_cors_and_changes_nothing(
    cast: Cast,
    signed_in: Callable[..., Client],
    own_teams: list[str],
    headers: dict[str, str],
    content_type: str,
) -> None:
    alice = signed_in(cast.alice, enforce_csrf_checks=True)
    own = {name: value.format(host=cast.acme.host) for name, value in headers.items()}
    if headers:
        alice.get("/sign-in")
        alice.cookies["csrftoken"] = "a" * 32
        own["X-CSRFToken"] = "a" * 32
    answer = alice.post("/api/v1/teams", '{"name":"Forged"}', content_type=content_type, headers=own)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert team_names(cast) == own_teams


def test_a_write_of_our_own_page_passes_and_plain_text_is_415(
    cast: Cast, signed_in: Callable[..., Client], own_teams: list[str]
) -> None:
    alice = signed_in(cast.alice, enforce_csrf_checks=True)
    alice.cookies["csrftoken"] = "a" * 32
    own = {"X-CSRFToken": "a" * 32, "Origin": f"http://{cast.acme.host}", "Sec-Fetch-Site": "same-origin"}
    plain = alice.post("/api/v1/teams", '{"name":"Plain"}', content_type="text/plain", headers=own)
    assert plain.status_code == 415
    assert team_names(cast) == own_teams
    made = alice.post("/api/v1/teams", '{"name":"Legal"}', content_type=JSON, headers=own)
    assert made.status_code == 201
    assert (made.json()["slug"], made.json()["members"]) == ("legal", 0)


def test_the_same_key_and_body_give_the_first_answer(cast: Cast, signed_in: Callable[..., Client]) -> None:
    alice = signed_in(cast.alice)

    def post(name: str, key: str = "k-1", client: Client = alice) -> Any:
        return client.post(
            "/api/v1/teams", {"name": name}, content_type=JSON, headers={"Idempotency-Key": key}
        )

    first, again = post("Legal"), post("Legal")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other_body = post("Finance")
    assert (other_body.status_code, other_body.json()["code"]) == (422, "idempotency_key_reused")
    assert "Finance" not in team_names(cast)
    assert post("Finance", "k-2").status_code == 201
    refused = post("Legal", "k-3")
    assert refused.status_code == 400
    assert post("Support", "k-3").status_code == 201


def test_another_persons_same_key_is_independent(cast: Cast, signed_in: Callable[..., Client]) -> None:
    from apps.accounts.services import user_role_set
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        user_role_set(actor=None, user=cast.bob, role="admin")
    for person, name in ((cast.alice, "Legal"), (cast.bob, "Finance")):
        answer = signed_in(person).post(
            "/api/v1/teams", {"name": name}, content_type=JSON, headers={"Idempotency-Key": "same"}
        )
        assert (answer.status_code, answer.json()["name"]) == (201, name)


def test_the_same_write_ten_times_at_once_is_done_once(
    cast: Cast, signed_in: Callable[..., Client], own_teams: list[str]
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    alice = signed_in(cast.alice)

    def post(_: int) -> tuple[int, str]:
        try:
            answer = alice.post(
                "/api/v1/teams", {"name": "Once"}, content_type=JSON, headers={"Idempotency-Key": "burst"}
            )
        finally:
            connection.close()
        return answer.status_code, answer.json().get("id", answer.json().get("code"))

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(post, range(10)))
    done = {answer for answer in answers if answer[0] == 201}
    assert len(done) == 1
    assert answers - done <= {(409, "in_flight")}
    assert team_names(cast) == sorted([*own_teams, "Once"])


@pytest.mark.parametrize("path", ["/api/v1/people", "/api/v1/teams"])
@pytest.mark.parametrize("role", ["member", "auditor"])
def test_only_administrators_see_and_make_people_and_teams(
    cast: Cast, signed_in: Callable[..., Client], own_teams: list[str], path: str, role: str
) -> None:
    from apps.accounts.models import User
    from apps.accounts.services import user_role_set
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        user_role_set(actor=None, user=cast.bob, role=role)
    bob = signed_in(cast.bob)
    body = {"name": "Forbidden", "email": "new@acme.example"}
    assert bob.get(path).status_code == 403
    assert bob.post(path, body, content_type=JSON).status_code == 403
    with tenant_scope(cast.acme.id):
        assert User.objects.count() == 3
    assert team_names(cast) == own_teams


def test_adding_a_person_gives_a_link_that_works_once_on_their_host(
    cast: Cast, signed_in: Callable[..., Client]
) -> None:
    body = {"email": "Dora@acme.example", "name": "Dora"}
    made = signed_in(cast.alice).post("/api/v1/people", body, content_type=JSON)
    assert made.status_code == 201
    assert (made.json()["email"], made.json()["role"]) == ("dora@acme.example", "member")
    assert made.json()["link"].startswith(f"http://{cast.acme.host}:")
    again = signed_in(cast.alice).post("/api/v1/people", body, content_type=JSON)
    assert again.json()["errors"] == [
        {"field": "email", "message": "Somebody with this address is already here."}
    ]


def test_a_list_pages_by_cursor_in_a_fixed_number_of_statements(
    cast: Cast, signed_in: Callable[..., Client]
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    alice = signed_in(cast.alice)
    with CaptureQueriesContext(connection) as captured:
        first = alice.get("/api/v1/people?limit=2").json()
    selects = [query["sql"] for query in captured.captured_queries if "FROM " in query["sql"]]
    assert len(selects) == 3
    assert [person["name"] for person in first["results"]] == ["Carol Other", "Bob Member"]
    second = alice.get(f"/api/v1/people?limit=2&cursor={first['next']}").json()
    assert [person["name"] for person in second["results"]] == ["Alice Admin"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1e9", "limit"),
        ("limit=²", "limit"),
        ("cursor=%00", "cursor"),
        ("cursor=W10", "cursor"),
    ],
)
def test_a_bad_page_is_400(cast: Cast, signed_in: Callable[..., Client], query: str, field: str) -> None:
    answer = signed_in(cast.alice).get(f"/api/v1/people?{query}")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_notifications_are_ones_own_and_can_be_read(cast: Cast, signed_in: Callable[..., Client]) -> None:
    from apps.accounts.services import notification_create
    from apps.tenants.scope import tenant_scope

    def note(user: User, title: str) -> None:
        notification_create(user=user, kind="test", title=title, url="/c/1")

    with tenant_scope(cast.acme.id):
        note(cast.bob, "First")
        note(cast.bob, "Second")
        note(cast.carol, "Hers")
    bob = signed_in(cast.bob)
    assert [item["title"] for item in bob.get("/api/v1/notifications").json()["results"]] == [
        "Second",
        "First",
    ]
    assert bob.get("/api/v1/me").json()["unread_notifications"] == 2
    assert bob.post("/api/v1/notifications/read").status_code == 204
    assert bob.get("/api/v1/me").json()["unread_notifications"] == 0
    assert signed_in(cast.carol).get("/api/v1/me").json()["unread_notifications"] == 1


def test_an_unknown_host_is_400(cast: Cast) -> None:
    from django.test import Client

    assert Client(HTTP_HOST="evil.example").get("/api/v1/me").status_code == 400
