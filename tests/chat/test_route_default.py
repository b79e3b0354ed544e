"""A route as a team's default: who begins with it, what goes before it, and what happens when it can not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.llm.conftest import Connected, audit_actions
from tests.llm.routing import Routing

if TYPE_CHECKING:
    from apps.accounts.models import Team
    from apps.llm.models import Model, Route
    from tests.chat.conftest import Browser

pytestmark = pytest.mark.usefixtures("hints")


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.runs.outbox.post", lambda work: None)


@pytest.fixture
def routing(connected: Connected) -> Routing:
    return Routing(connected)


@pytest.fixture
def route(routing: Routing) -> Route:
    return routing.route("fallback", {"members": [routing.model("one"), routing.model("two")]})


def in_acme(connected: Connected, work: Callable[[], Any]) -> Any:
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return work()


def begin_with(connected: Connected, team: Team, model: Model | Route | None) -> None:
    from apps.llm.services import default_set

    in_acme(connected, lambda: default_set(actor=None, team=team, model=model))


def everyone(connected: Connected) -> Team:
    from apps.accounts.selectors import everyone

    found: Team = in_acme(connected, everyone)
    return found


def picker(bob: Browser, team: str) -> list[tuple[str, bool]]:
    listed = bob.call("GET", f"/models?team={team}").json()["results"]
    return [(each["slug"], each["is_default"]) for each in listed]


def asked_of(bob: Browser, team: str) -> str:
    """What answers the first question of a chat that names no model."""
    return str(bob.send(bob.begin(team_id=team)).json()["answer"]["model"]["slug"])


def test_a_new_chat_begins_with_it_and_the_picker_names_no_other(
    bob: Browser, engineering: str, connected: Connected, route: Route
) -> None:
    begin_with(connected, connected.cast.engineering, route)
    listed = picker(bob, engineering)
    assert listed[0] == ("route/auto", True)
    assert [is_default for _, is_default in listed[1:]] == [False] * 3
    assert asked_of(bob, engineering) == "route/auto"
    policy = bob.call("GET", f"/me/policy?team={engineering}").json()
    assert (policy["default"], policy["default_source"]["name"]) == ("route/auto", "Engineering")
    assert [model["slug"] for model in policy["models"] if model["is_default"]] == []
    assert [found["slug"] for found in policy["routes"] if found["is_default"]] == ["route/auto"]
    assert "team.default_model_set" in audit_actions(connected.cast.acme.id)


def test_a_team_has_one_default_be_it_a_model_or_a_route(
    bob: Browser, engineering: str, connected: Connected, route: Route
) -> None:
    from apps.llm.models import Grant, RouteGrant

    def defaults() -> tuple[int, int]:
        return tuple(  # type: ignore[return-value]  # of two
            kind.objects.filter(is_default=True).count() for kind in (Grant, RouteGrant)
        )

    team = connected.cast.engineering
    begin_with(connected, team, route)
    assert in_acme(connected, defaults) == (0, 1)
    begin_with(connected, team, connected.chat)
    assert in_acme(connected, defaults) == (1, 0)
    assert asked_of(bob, engineering) == "big-model"
    begin_with(connected, team, None)
    assert in_acme(connected, defaults) == (0, 0)


def test_the_teams_own_goes_before_everyones(
    bob: Browser, engineering: str, connected: Connected, routing: Routing, route: Route
) -> None:
    from apps.llm.routes.services import route_grants_set

    team, all_teams = connected.cast.engineering, everyone(connected)
    in_acme(connected, lambda: route_grants_set(actor=None, route=route, team_ids=[all_teams.pk]))
    begin_with(connected, all_teams, route)
    assert asked_of(bob, engineering) == "big-model"
    begin_with(connected, team, None)
    assert asked_of(bob, engineering) == "route/auto"
    own = routing.route("fallback", {"members": ["one", "two"]}, slug="own")
    begin_with(connected, team, own)
    assert asked_of(bob, engineering) == "route/own"


@pytest.mark.parametrize("lost", ["off", "grant", "models"])
def test_one_that_can_not_be_used_gives_way(
    bob: Browser, engineering: str, connected: Connected, route: Route, lost: str
) -> None:
    from apps.llm.models import Grant
    from apps.llm.routes.services import route_grants_set, route_update

    begin_with(connected, connected.cast.engineering, route)
    work: dict[str, Callable[[], Any]] = {
        "off": lambda: route_update(actor=None, route=route, values={"is_enabled": False}),
        "grant": lambda: route_grants_set(actor=None, route=route, team_ids=[]),
        "models": lambda: Grant.objects.filter(model__slug__in=["one", "two"]).delete(),
    }
    in_acme(connected, work[lost])
    assert asked_of(bob, engineering) == "big-model"
    assert ("route/auto", True) not in picker(bob, engineering)
    assert bob.call("GET", f"/me/policy?team={engineering}").json()["default"] == "big-model"


def test_one_that_the_team_may_not_use_is_refused_and_nothing_changes(
    connected: Connected, route: Route
) -> None:
    from django.core.exceptions import ValidationError

    from apps.llm.models import RouteGrant

    with pytest.raises(ValidationError):
        begin_with(connected, connected.cast.sales, route)
    assert in_acme(connected, RouteGrant.objects.filter(is_default=True).exists) is False


def test_the_database_refuses_a_second_default_and_another_tenants_route(
    connected: Connected, routing: Routing, route: Route
) -> None:
    from django.db import IntegrityError

    from apps.accounts.selectors import everyone
    from apps.llm.models import RouteGrant
    from apps.tenants.scope import tenant_scope

    def in_globex(work: Callable[[], Any]) -> Any:
        with tenant_scope(connected.cast.globex.id):
            return work()

    other = routing.route("fallback", {"members": ["one", "two"]}, slug="other")
    theirs = in_globex(everyone)
    begin_with(connected, connected.cast.engineering, route)
    with pytest.raises(IntegrityError):
        in_acme(connected, lambda: RouteGrant.objects.filter(route=other).update(is_default=True))
    with pytest.raises(IntegrityError):
        in_globex(lambda: RouteGrant.objects.create(team=theirs, route_id=route.pk))
