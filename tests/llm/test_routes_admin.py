"""Routes by their admin pages and over REST: made, checked, granted, tried, run dry, audited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.llm.conftest import Connected, audit_actions, browser
from tests.llm.routing import Routing, routing_on

pytestmark = pytest.mark.usefixtures("hints")


@pytest.fixture
def routing(connected: Connected) -> Iterator[Routing]:
    with routing_on(connected) as found:
        yield found


def admin(connected: Connected) -> Any:
    """A program with alice's key."""
    from tests.llm.test_api import _admin

    return _admin(connected)


def made(client: Any, kind: str, definition: dict[str, Any], slug: str = "auto") -> Any:
    values = {"name": slug.title(), "slug": slug, "kind": kind, "definition": definition}
    return client.post("/api/v1/routes", values, content_type="application/json")


def test_a_route_is_made_read_changed_granted_and_deleted(connected: Connected, routing: Routing) -> None:
    one, two = routing.model("one"), routing.model("two")
    client = admin(connected)
    answer = made(client, "fallback", {"members": [one, two], "first_token_s": 2.5})
    assert answer.status_code == 201, answer.content
    path = f"/api/v1/routes/{answer.json()['id']}"
    assert answer.json()["definition"]["members"] == ["one", "two"]
    changed = client.patch(path, {"definition": {"members": [two, one]}}, content_type="application/json")
    assert changed.json()["definition"]["members"] == ["two", "one"]
    team = str(connected.cast.engineering.pk)
    granted = client.put(f"{path}/grants", {"team_ids": [team]}, content_type="application/json")
    assert [row["team_id"] for row in granted.json()["results"]] == [team]
    dry = client.get(f"{path}/dry-run?team={team}")
    assert dry.json()["questions"] == 0
    assert client.delete(path).status_code == 204
    actions = audit_actions(connected.cast.acme.id)
    assert [name for name in actions if name.startswith("route.")] == [
        "route.created", "route.updated", "route.granted", "route.deleted",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "definition", "field"),
    [
        ("fallback", {"members": ["one"]}, "members"),
        ("fallback", {"members": ["one", "nowhere"]}, "members"),
        ("fallback", {"members": ["one", "text-embedding-tiny"]}, "members"),
        ("fallback", {"members": ["one", "two"], "on": ["moonlight"]}, "on"),
        ("cheapest", {"candidates": [{"ref": "one", "quality": 9}]}, "candidates"),
        ("task", {"rules": [], "otherwise": "one"}, "rules"),
        ("task", {"rules": [{"when": {}, "use": "one"}], "otherwise": "two"}, "rules"),
        ("cascade", {"first": "one", "second": "two"}, "checker"),
        ("ensemble", {"members": ["one", "two"], "synthesiser": "one", "cap": {"amount": "-1"}}, "cap"),
    ],
)
def test_what_can_not_run_is_refused_at_its_field(
    connected: Connected, routing: Routing, kind: str, definition: dict[str, Any], field: str
) -> None:
    routing.model("one"), routing.model("two")
    answer = made(admin(connected), kind, definition)
    assert answer.status_code == 400
    assert field in {error["field"].split(".")[0] for error in answer.json()["errors"]}


def test_loops_depth_and_calls_are_bounded(connected: Connected, routing: Routing) -> None:
    one, two = routing.model("one"), routing.model("two")
    client = admin(connected)
    first = made(client, "fallback", {"members": [one, two]}, slug="level1").json()
    for level in range(2, 5):
        below = f"route/level{level - 1}"
        assert made(client, "fallback", {"members": [below, two]}, slug=f"level{level}").status_code == 201
    too_deep = made(client, "fallback", {"members": ["route/level4", two]}, slug="level5")
    assert "at most 4 deep" in too_deep.content.decode()
    loop = client.patch(
        f"/api/v1/routes/{first['id']}",
        {"definition": {"members": [one, "route/level3"]}},
        content_type="application/json",
    )
    assert "can not contain itself" in loop.content.decode()
    refused = client.delete(f"/api/v1/routes/{first['id']}")
    assert "contains this route" in refused.content.decode()


def test_the_picker_shows_a_route_and_why_one_is_not_usable(connected: Connected, routing: Routing) -> None:
    from apps.chat.selectors import picked_models
    from apps.tenants.scope import tenant_scope

    one, closed = routing.model("one"), routing.model("closed-model", teams=[])
    routing.route("fallback", {"members": [one, closed]})
    routing.route("judge", {"answerer": one, "judge": closed}, slug="judged")
    cast = connected.cast
    with tenant_scope(cast.acme.id):
        rows = {row["slug"]: row for row in picked_models(cast.engineering.pk, cast.bob.pk)}
        others = {row["slug"] for row in picked_models(cast.sales.pk, cast.bob.pk)}
    assert rows["route/auto"]["available"]
    assert rows["route/auto"]["badges"] == ["Fallback"]
    assert not rows["route/judged"]["available"]
    assert "closed" not in str(rows)
    assert not others & {"route/auto", "route/judged"}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("fallback", {"member_1": "one", "member_2": "two", "on": "connection"}),
        ("cheapest", {"model_1": "one", "quality_1": "3", "model_2": "two"}),
        ("fastest", {"model_1": "one"}),
        ("best_value", {"model_1": "one", "minimum_quality": "1", "quality_1": "4"}),
        ("task", {"use_1": "one", "code_1": "yes", "from_1": "8", "to_1": "18", "otherwise": "two"}),
        ("cascade", {"first": "one", "checker": "two", "second": "two"}),
        ("judge", {"answerer": "one", "judge": "two"}),
        ("ensemble", {"member_1": "one", "member_2": "two", "synthesiser": "one", "cap": "0.5"}),
        ("data_class", {"member_1": "one", "member_2": "two"}),
    ],
)
def test_the_form_of_each_kind_saves_what_it_shows(
    connected: Connected, routing: Routing, kind: str, fields: dict[str, str]
) -> None:
    from apps.llm.models import Model, Route
    from apps.llm.routes.filled import initial_of
    from apps.tenants.scope import tenant_scope

    routing.model("one"), routing.model("two")
    with tenant_scope(connected.cast.acme.id):
        refs = {slug: f"model:{pk}" for slug, pk in Model.objects.values_list("slug", "pk")}
    client = browser(connected.cast, connected.cast.alice)
    path = f"/admin/routes/new/{kind}"
    assert client.get(path).status_code == 200
    values = {name: refs.get(value, value) for name, value in fields.items()}
    common = {"name": "Auto", "slug": "auto", "purpose": "Try", "is_enabled": "on"}
    answer = client.post(path, common | values)
    assert answer.status_code == 302, answer.content.decode()
    with tenant_scope(connected.cast.acme.id):
        before = Route.objects.get().definition
    page = client.get(answer.headers["Location"].split("?")[0])
    assert page.status_code == 200
    stored = {name: value for name, value in initial_of(kind, before).items() if value not in (None, "", [])}
    again = common | stored
    saved = client.post(answer.headers["Location"].split("?")[0], again)
    assert saved.status_code == 302, saved.content.decode()
    with tenant_scope(connected.cast.acme.id):
        assert Route.objects.get().definition == before


def test_a_dry_run_forecasts_from_metadata_alone(connected: Connected, routing: Routing) -> None:
    from apps.llm.routes.forecast import Asked, dry_run
    from apps.llm.routes.selectors import plan_of
    from apps.llm.routes.traits import Traits
    from apps.tenants.scope import tenant_scope

    cheap, dear = routing.model("cheap", price=("1", "1")), routing.model("dear", price=("10", "10"))
    checker = routing.model("checker", price=None)
    rules = [{"when": {"longer_than": 5000}, "use": dear}]
    route = routing.route("task", {"rules": rules, "otherwise": cheap})
    cascade = routing.route("cascade", {"first": cheap, "checker": checker, "second": dear}, slug="cascade")
    past = [Asked(Traits(1000, 9), 500, None), Asked(Traits(9000, 9), 1000, None)]
    with tenant_scope(connected.cast.acme.id):
        summary = dry_run(plan_of(route.pk, connected.cast.engineering.pk), past)
        unknown = dry_run(plan_of(cascade.pk, connected.cast.engineering.pk), past)
    assert [(pick.models, pick.questions) for pick in summary.picked] == [("cheap", 1), ("dear", 1)]
    assert f"{summary.least:f}" == "0.101500"
    assert (unknown.unknown, f"{unknown.least:f}") == (2, "0")


def test_members_and_strangers_find_no_such_page(connected: Connected, routing: Routing) -> None:
    routing.model("one"), routing.model("two")
    route = routing.route("fallback", {"members": ["one", "two"]})
    bob = browser(connected.cast, connected.cast.bob)
    mallory = browser(connected.cast, connected.cast.mallory, connected.cast.globex)
    for client in (bob, mallory):
        assert client.get(f"/admin/routes/{route.pk}").status_code == 404
        assert client.post(f"/admin/routes/{route.pk}/trial", {"text": "Hi"}).status_code == 404


def test_the_list_takes_a_fixed_number_of_statements(connected: Connected, routing: Routing) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    routing.model("one"), routing.model("two")
    client = browser(connected.cast, connected.cast.alice)
    for number in range(20):
        routing.route("fallback", {"members": ["one", "two"]}, slug=f"route-{number}")
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/admin/routes").status_code == 200
    assert len(captured) < 15, [query["sql"] for query in captured.captured_queries]


def refs(connected: Connected) -> dict[str, str]:
    """How forms name each model."""
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return {slug: f"model:{pk}" for slug, pk in Model.objects.values_list("slug", "pk")}


def test_another_row_needs_no_script_and_loses_nothing(connected: Connected, routing: Routing) -> None:
    routing.model("one")
    client = browser(connected.cast, connected.cast.alice)
    path, sent = "/admin/routes/new/ensemble", {"name": "Kept", "member_1": refs(connected)["one"]}
    page = client.get(path).content.decode()
    assert ('name="member_2"' in page, 'name="member_3"' in page) == (True, False)
    for last in (3, 4, 5, 5):
        sent |= {f"member_{number}": "" for number in range(2, last)}
        answer = client.post(path, sent | {"add": "members"})
        page = answer.content.decode()
        assert answer.status_code == 200
        assert 'value="Kept"' in page
        assert page.count("selected>one<") == 1
        assert (f'name="member_{last}"' in page, f'name="member_{last + 1}"' in page) == (True, False)
        assert "Nothing was saved" not in page


def test_eight_members_and_twenty_rules_are_saved(connected: Connected, routing: Routing) -> None:
    from apps.llm.models import Route
    from apps.tenants.scope import tenant_scope

    slugs = [routing.model(f"model-{number}") for number in range(8)]
    known = refs(connected)
    client = browser(connected.cast, connected.cast.alice)
    common = {"name": "Auto", "is_enabled": "on"}
    members = {f"member_{number}": known[slug] for number, slug in enumerate(slugs, 1)}
    sent = common | members | {"slug": "long", "on": "timeout"}
    assert client.post("/admin/routes/new/fallback", sent).status_code == 302
    rules = {f"use_{number}": known[slugs[0]] for number in range(1, 21)}
    rules |= {f"longer_{number}": str(number) for number in range(1, 21)}
    sent = common | rules | {"slug": "rules", "otherwise": known[slugs[1]]}
    assert client.post("/admin/routes/new/task", sent).status_code == 302
    with tenant_scope(connected.cast.acme.id):
        assert len(Route.objects.get(slug="long").definition["members"]) == 8
        made = Route.objects.get(slug="rules")
        assert [rule["when"]["longer_than"] for rule in made.definition["rules"]] == list(range(1, 21))
    assert client.get(f"/admin/routes/{made.pk}").content.count(b"<details") > 20


@pytest.mark.parametrize(
    ("kind", "fields", "place"),
    [
        ("fallback", {"member_1": "one", "member_3": "one", "on": "timeout"}, "id_member_3_error"),
        ("task", {"longer_2": "5", "otherwise": "one", "use_1": "one", "code_1": "yes"}, "id_use_2_error"),
        ("task", {"use_2": "one", "otherwise": "one"}, "id_use_2_error"),
        ("task", {"use_1": "one", "from_1": "8", "to_1": "8", "otherwise": "one"}, "id_to_1_error"),
        ("task", {"classifier": "one", "about_1": "Sums", "otherwise": "one"}, "id_kind_1_error"),
        ("ensemble", {"member_1": "one", "synthesiser": "one"}, "id_member_1_error"),
        ("cheapest", {}, "id_model_1_error"),
    ],
)
def test_a_wrong_row_is_told_where_it_stands(
    connected: Connected, routing: Routing, kind: str, fields: dict[str, str], place: str
) -> None:
    from apps.llm.models import Route
    from apps.tenants.scope import tenant_scope

    routing.model("one")
    known = refs(connected)
    client = browser(connected.cast, connected.cast.alice)
    sent = {name: known.get(value, value) for name, value in fields.items()}
    answer = client.post(f"/admin/routes/new/{kind}", {"name": "Auto", "slug": "auto"} | sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="{place}"' in page
    assert "Nothing was saved" in page
    with tenant_scope(connected.cast.acme.id):
        assert not Route.objects.exists()


def test_an_empty_trial_says_what_to_do(connected: Connected, routing: Routing) -> None:
    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    routing.model("one"), routing.model("two")
    route = routing.route("fallback", {"members": ["one", "two"]})
    client, path = browser(connected.cast, connected.cast.alice), f"/admin/routes/{route.pk}"
    sent = {"team": str(connected.cast.sales.pk), "text": "  "}
    answer = client.post(f"{path}/trial", sent)
    assert answer.status_code == 422
    assert "Write a question of at most 8,000 characters." in answer.content.decode()
    with tenant_scope(connected.cast.acme.id):
        assert not Run.objects.filter(kind="route_trial").exists()


def test_a_trial_is_followed_and_stopped(connected: Connected, routing: Routing) -> None:
    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    routing.model("one"), routing.model("two")
    route = routing.route("fallback", {"members": ["one", "two"]})
    client, path = browser(connected.cast, connected.cast.alice), f"/admin/routes/{route.pk}"
    begun = client.post(f"{path}/trial", {"team": str(connected.cast.engineering.pk), "text": "Why?"})
    with tenant_scope(connected.cast.acme.id):
        run = Run.objects.get(kind="route_trial")
    assert begun.headers["Location"] == f"{path}?trial={run.pk}#trial"
    page = client.get(f"{path}?trial={run.pk}").content.decode()
    assert ("data-live" in page, ">Why?</textarea>" in page) == (True, True)
    pane = client.get(f"{path}/trials/{run.pk}").content.decode()
    assert ("data-live" in pane, "<h1>" in pane) == (True, False)
    assert client.post(f"{path}/trials/{run.pk}/stop").status_code == 302
    assert "Stopped after" in client.get(f"{path}/trials/{run.pk}").content.decode()
    bob = browser(connected.cast, connected.cast.bob)
    assert bob.get(f"{path}/trials/{run.pk}").status_code == 404
    assert bob.post(f"{path}/trials/{run.pk}/stop").status_code == 404
