"""Teams → Models, what applies to a person and why, and that nothing else is ever named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.llm.conftest import Connected, browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

pytestmark = pytest.mark.usefixtures("hints")


def _key(connected: Connected, user: Any, team: Any, scopes: list[str]) -> Client:
    from django.test import Client

    from apps.accounts.services import api_key_create
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        _, secret = api_key_create(
            actor=None, slug=connected.cast.acme.slug, user=user, team=team, name="program", scopes=scopes
        )
    return Client(headers={"host": connected.cast.acme.host, "authorization": f"Bearer {secret}"})


def _in_acme(connected: Connected, work: Callable[[], Any]) -> Any:
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return work()


def _everyone(connected: Connected) -> Any:
    from apps.accounts.models import Team

    return _in_acme(connected, lambda: Team.objects.get(is_everyone=True))


def _set(connected: Connected, team: Any, model: Any, **changes: Any) -> None:
    from apps.llm.services import parameters_set

    _in_acme(connected, lambda: parameters_set(actor=None, team=team, model=model, changes=changes))


def test_policy_says_each_model_with_team_and_sources(connected: Connected) -> None:
    cast, everyone = connected.cast, _everyone(connected)
    _set(connected, everyone, None, temperature=1, max_output=900)
    _set(connected, cast.engineering, None, reasoning_effort="low")
    _set(connected, cast.engineering, connected.chat, max_output=100)
    bob = browser(cast, cast.bob)
    policy = bob.get(f"/api/v1/me/policy?team={cast.engineering.pk}").json()
    assert (policy["default"], policy["default_source"]["name"]) == ("big-model", "Engineering")
    assert [(team["name"], team["models"]) for team in policy["teams"]] == [
        ("Everyone", 0),
        ("Engineering", 2),
    ]
    (big,) = [model for model in policy["models"] if model["slug"] == "big-model"]
    assert [team["name"] for team in big["through"]] == ["Engineering"]
    assert big["parameters"] == [
        {"name": "temperature", "value": 1.0, "set_by": "organisation", "of_model": False},
        {"name": "reasoning_effort", "value": "low", "set_by": "team", "of_model": False},
        {"name": "max_output", "value": 100, "set_by": "team", "of_model": True},
    ]
    page = bob.get(f"/settings/models?team={cast.engineering.pk}").content.decode()
    for words in ("big-model", "set by the organisation", "set by Engineering for this model"):
        assert words in page
    admin = browser(cast, cast.alice)
    url = f"/api/v1/people/{cast.bob.pk}/policy?team={cast.engineering.pk}"
    assert admin.get(url).json() == policy


def test_default_and_grants_through_everyone_say_so(connected: Connected) -> None:
    from apps.llm.services import default_set, model_grants_set

    cast, everyone = connected.cast, _everyone(connected)

    def grant() -> None:
        model_grants_set(actor=None, model=connected.chat, team_ids=[everyone.pk, cast.engineering.pk])
        default_set(actor=None, team=cast.engineering, model=None)
        default_set(actor=None, team=everyone, model=connected.chat)

    _in_acme(connected, grant)
    policy = browser(cast, cast.bob).get(f"/api/v1/me/policy?team={cast.engineering.pk}").json()
    assert policy["default_source"]["is_everyone"] is True
    (big,) = [model for model in policy["models"] if model["is_default"]]
    assert [team["name"] for team in big["through"]] == ["Engineering", "Everyone"]
    carol = browser(cast, cast.carol).get("/api/v1/me/policy").json()
    assert [model["slug"] for model in carol["models"]] == ["big-model"]


def test_routes_stand_beside_models(connected: Connected) -> None:
    from apps.llm.models import Route, RouteGrant

    cast = connected.cast

    def made() -> None:
        route = Route.objects.create(slug="careful", name="Careful", kind="fallback", definition={})
        RouteGrant.objects.create(team=cast.engineering, route=route)
        Route.objects.create(slug="hidden", name="Hidden route", kind="fallback", definition={})

    _in_acme(connected, made)
    bob = browser(cast, cast.bob)
    policy = bob.get(f"/api/v1/me/policy?team={cast.engineering.pk}")
    assert [route["slug"] for route in policy.json()["routes"]] == ["route/careful"]
    assert policy.json()["routes"][0]["through"][0]["name"] == "Engineering"
    page = bob.get(f"/settings/models?team={cast.engineering.pk}").content
    assert b"route/careful" in page
    assert b"Hidden route" not in page
    assert bob.get("/api/v1/me/policy").json()["routes"] == []


def test_what_a_person_may_not_use_is_named_nowhere(connected: Connected) -> None:
    """carol's team has nothing: pages, lists, errors and probes by guessed name tell her the same."""
    cast = connected.cast
    carol, key = browser(cast, cast.carol), _key(connected, cast.carol, cast.sales, ["chat", "embeddings"])
    for client, url in (
        (carol, "/settings/models"),
        (carol, f"/settings/models?team={cast.sales.pk}"),
        (carol, "/api/v1/me/policy"),
        (carol, "/api/v1/models"),
        (carol, f"/api/v1/models?team={cast.sales.pk}"),
        (carol, "/"),
        (key, "/api/v1/me/policy"),
    ):
        answer = client.get(url)
        assert answer.status_code == 200, url
        for name in (b"big-model", b"text-embedding-tiny", b"Test host", str(connected.chat.pk).encode()):
            assert name not in answer.content, url

    def asked(name: str) -> tuple[int, bytes]:
        body = {"title": "x", "model": name}
        answer = carol.post("/api/v1/conversations", json.dumps(body), content_type="application/json")
        found = json.loads(answer.content)
        found.pop("reference", None)
        return answer.status_code, json.dumps(found).replace(name, "NAME").encode()

    assert asked("big-model") == asked("no-model-of-that-name")
    assert asked("big-model")[0] >= 400


def test_other_peoples_and_teams_policies_are_not_found(connected: Connected) -> None:
    cast = connected.cast
    carol = browser(cast, cast.carol)
    for team in (cast.engineering.pk, uuid4(), "nonsense"):
        assert carol.get(f"/api/v1/me/policy?team={team}").status_code == 404
        assert carol.get(f"/settings/models?team={team}").status_code == 404
    for path in (f"/admin/people/{cast.bob.pk}/models", "/admin/teams/models"):
        assert carol.get(path).status_code == 404
    assert carol.get(f"/api/v1/people/{cast.bob.pk}/policy").status_code in {403, 404}
    alice = browser(cast, cast.alice)
    assert alice.get(f"/api/v1/people/{cast.carol.pk}/policy?team={cast.engineering.pk}").status_code == 404
    mallory = browser(cast, cast.mallory, cast.globex)
    assert mallory.get(f"/admin/people/{cast.bob.pk}/models").status_code == 404


def test_key_is_told_of_its_own_team_alone(connected: Connected) -> None:
    cast = connected.cast
    everyone = _everyone(connected)
    key = _key(connected, cast.bob, everyone, ["chat"])
    policy = key.get("/api/v1/me/policy").json()
    assert [team["name"] for team in policy["teams"]] == ["Everyone"]
    assert policy["models"] == []
    assert key.get(f"/api/v1/me/policy?team={cast.engineering.pk}").status_code == 404


def test_administrators_are_told_what_does_not_apply_and_why(connected: Connected) -> None:
    from apps.llm.services import model_update

    cast = connected.cast
    _in_acme(
        connected,
        lambda: model_update(actor=None, model=connected.embedding, changes={"is_enabled": False}),
    )
    alice = browser(cast, cast.alice)
    page = alice.get(f"/admin/people/{cast.bob.pk}/models").content.decode()
    assert "Not in this team: it is granted to Engineering." in page
    assert "The model is switched off." in page
    page = alice.get(f"/admin/people/{cast.carol.pk}/models").content.decode()
    assert "Granted to Engineering: the person is in none of these teams." in page


def test_team_page_overrides_and_resets(connected: Connected) -> None:
    from apps.llm.policy.selectors import team_models

    cast, everyone = connected.cast, _everyone(connected)
    _set(connected, everyone, None, max_output=900)
    alice = browser(cast, cast.alice)
    of_all = f"/admin/teams/{cast.engineering.pk}/models"
    of_one = f"{of_all}/{connected.chat.pk}"

    def limit(model: Any) -> Any:
        settings = _in_acme(connected, lambda: team_models(cast.engineering).settings(model))
        return settings[2].value

    assert "900 tokens, set by the organisation" in alice.get(of_all).content.decode()
    assert alice.post(of_all, {"action": "parameters", "max_output": "400"}).status_code == 302
    assert alice.post(of_one, {"max_output": "50", "temperature": "0.3"}).status_code == 302
    assert (limit(None), limit(connected.chat)) == (400, 50)
    page = alice.get(of_one).content.decode()
    assert "400 tokens, set by Engineering" in page
    assert 'name="reset" value="max_output"' in page
    assert alice.post(of_one, {"max_output": "0"}).status_code == 422
    assert alice.post(of_one, {"reset": "max_output"}).status_code == 302
    assert limit(connected.chat) == 400
    assert alice.post(of_all, {"action": "parameters", "reset": "max_output"}).status_code == 302
    assert limit(connected.chat) == 900
    assert alice.post(of_all, {"action": "nonsense"}).status_code == 404


def test_saving_a_page_of_models_leaves_the_other_pages_alone(connected: Connected) -> None:
    from apps.llm.models import Grant

    cast, chat = connected.cast, str(connected.chat.pk)
    alice, url = browser(cast, cast.alice), f"/admin/teams/{cast.engineering.pk}/models"
    assert alice.post(url, {"action": "grants", "shown": [chat]}).status_code == 302
    left = _in_acme(connected, lambda: list(Grant.objects.values_list("model_id", flat=True)))
    assert left == [connected.embedding.pk]
    assert alice.post(url, {"action": "grants", "shown": [str(uuid4())]}).status_code == 422


def test_matrix_is_reviewed_before_anything_changes(connected: Connected) -> None:
    from apps.llm.models import Grant

    cast = connected.cast
    alice, url = browser(cast, cast.alice), "/admin/teams/models"
    page = alice.get(url).content.decode()
    assert page.count('data-state="own"') == 2
    wish = {"action": "allow", "models": [str(connected.chat.pk)], "teams": [str(cast.sales.pk)]}

    def grants() -> set[Any]:
        return set(_in_acme(connected, lambda: list(Grant.objects.values_list("team__name", "model__slug"))))

    before = grants()
    review = alice.post(url, wish).content.decode()
    assert "This touches 1 person in 1 team" in review
    assert grants() == before
    assert alice.post(url, wish | {"confirm": "1"}).status_code == 302
    assert grants() == before | {("Sales", "big-model")}
    assert alice.post(url, wish | {"action": "default", "confirm": "1"}).status_code == 302
    taken = wish | {"action": "revoke"}
    assert "Its default is among them" in alice.post(url, taken).content.decode()
    assert alice.post(url, taken | {"confirm": "1"}).status_code == 302
    assert grants() == before
    bad: dict[str, Any]
    for bad in ({"models": []}, {"teams": [str(uuid4())]}, {"action": "explode"}):
        assert alice.post(url, wish | bad | {"confirm": "1"}).status_code == 422
    both = [str(connected.chat.pk), str(connected.embedding.pk)]
    assert alice.post(url, wish | {"action": "default", "models": both}).status_code == 422
    assert grants() == before


def test_rest_sets_parameters_and_many_grants(connected: Connected) -> None:
    cast = connected.cast
    admin = _key(connected, cast.alice, cast.engineering, ["admin"])
    url = f"/api/v1/teams/{cast.engineering.pk}/parameters"
    answer = admin.patch(url, {"temperature": 0.5, "max_output": 10}, content_type="application/json")
    assert answer.json()["parameters"][0] == {
        "name": "temperature",
        "value": 0.5,
        "set_by": "team",
        "of_model": False,
    }
    one = f"/api/v1/teams/{cast.engineering.pk}/models/{connected.chat.pk}/parameters"
    assert admin.patch(one, {"max_output": None}, content_type="application/json").status_code == 200
    assert admin.get(one).json()["parameters"][2]["value"] == 10
    assert admin.patch(one, {"temperature": 9}, content_type="application/json").status_code == 400
    foreign = f"/api/v1/teams/{cast.sales.pk}/models/{connected.chat.pk}/parameters"
    assert admin.patch(foreign, {"max_output": 1}, content_type="application/json").status_code == 400
    change: dict[str, Any] = {
        "team_ids": [str(cast.sales.pk)],
        "model_ids": [str(connected.chat.pk)],
        "allowed": True,
    }
    changed = admin.patch("/api/v1/grants", change, content_type="application/json")
    assert changed.json() == {"teams_changed": 1}
    assert admin.patch(foreign, {"max_output": 1}, content_type="application/json").status_code == 200
    rows = admin.get("/api/v1/grants?limit=2").json()
    assert len(rows["results"]) == 2
    assert rows["next"]
    change["model_ids"].append(str(uuid4()))
    assert admin.patch("/api/v1/grants", change, content_type="application/json").status_code == 404


def test_a_route_is_made_a_teams_default_on_its_page(connected: Connected) -> None:
    from apps.llm.models import Model, Route, RouteGrant

    cast, team = connected.cast, connected.cast.engineering

    def made() -> Route:
        refs = [f"model:{pk}" for pk in Model.objects.filter(modality="chat").values_list("pk", flat=True)]
        route = Route.objects.create(
            slug="careful", name="Careful", kind="fallback", definition={"members": [*refs, *refs[:1]]}
        )
        Route.objects.create(slug="closed", name="Not theirs", kind="fallback", definition={})
        RouteGrant.objects.create(team=team, route=route)
        return route

    route = _in_acme(connected, made)
    alice, url = browser(cast, cast.alice), f"/admin/teams/{team.pk}/models"
    offered = alice.get(url).content.decode().partition('name="default"')[2].partition("</select>")[0]
    assert (f'value="route:{route.pk}"' in offered, "Not theirs" in offered) == (True, False)
    sent = {"action": "default", "default": f"route:{route.pk}"}
    assert alice.post(url, sent).status_code == 302
    chosen = _in_acme(connected, lambda: RouteGrant.objects.get(team=team, is_default=True))
    assert chosen.route_id == route.pk
    page = alice.get(url).content.decode()
    assert f'value="route:{route.pk}" selected' in page
    assert alice.post(url, {"action": "default", "default": ""}).status_code == 302
    assert not _in_acme(connected, RouteGrant.objects.filter(is_default=True).exists)
    for wrong in (f"route:{uuid4()}", "route:x", "nonsense"):
        assert alice.post(url, {"action": "default", "default": wrong}).status_code == 422
