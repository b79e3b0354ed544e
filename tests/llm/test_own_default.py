"""A person's own default in a team: chosen, followed by the picker and by new chats, and taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.llm.conftest import Connected, browser
from tests.llm.routing import Routing, routing_on

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.usefixtures("hints")


@pytest.fixture
def routing(connected: Connected) -> Iterator[Routing]:
    with routing_on(connected) as found:
        yield found


def choose(client: Client, team: Any, model: str | None) -> int:
    """The status of choosing this default."""
    body = {"team_id": str(getattr(team, "pk", team)), "model": model}
    answer = client.put("/api/v1/me/default-model", json.dumps(body), content_type="application/json")
    return answer.status_code


def picked(client: Client, team: Any) -> list[tuple[str, bool, bool]]:
    rows = client.get(f"/api/v1/models?team={team.pk}").json()["results"]
    return [(row["slug"], row["is_default"], row["is_own_default"]) for row in rows]


def chat_model(client: Client, connected: Connected) -> str:
    """Who answers in a new chat for which the person names no model."""
    team = {"team_id": str(connected.cast.engineering.pk)}
    chat = client.post("/api/v1/conversations", json.dumps(team), content_type="application/json").json()
    sent = {"client_id": str(uuid4()), "text": "Hi", "parent_id": None}
    path = f"/api/v1/conversations/{chat['id']}/messages"
    answer = client.post(path, json.dumps(sent), content_type="application/json").json()
    return str(answer["answer"]["model"]["slug"])


@pytest.mark.parametrize("is_route", [False, True])
def test_new_chats_begin_with_ones_own_default_until_it_is_taken_back(
    connected: Connected, routing: Routing, *, is_route: bool
) -> None:
    cast, team = connected.cast, connected.cast.engineering
    own = routing.model("my-model")
    if is_route:
        routing.route("fallback", {"members": [own, "big-model"]}, slug="mine")
        own = "route/mine"
    bob, alice = browser(cast, cast.bob), browser(cast, cast.alice)
    assert choose(bob, team, own) == 204
    assert picked(bob, team)[:2] == [(own, False, True), ("big-model", True, False)]
    assert not any(is_own for _, _, is_own in picked(alice, team))
    assert chat_model(bob, connected) == own
    page = bob.get(f"/settings/models?team={team.pk}").content.decode()
    assert "Your own choice" in page
    policy = alice.get(f"/api/v1/people/{cast.bob.pk}/policy?team={team.pk}").json()
    assert (policy["default"], policy["default_is_own"]) == (own, True)
    assert choose(bob, team, None) == 204
    assert picked(bob, team)[0] == ("big-model", True, False)
    assert chat_model(bob, connected) == "big-model"


def test_a_default_that_is_out_of_reach_gives_way(connected: Connected, routing: Routing) -> None:
    from apps.llm.models import Model
    from apps.llm.services import model_grants_set
    from apps.tenants.scope import tenant_scope

    cast, team = connected.cast, connected.cast.engineering
    own = routing.model("my-model")
    bob = browser(cast, cast.bob)
    assert choose(bob, team, own) == 204
    with tenant_scope(cast.acme.id):
        model_grants_set(actor=None, model=Model.objects.get(slug=own), team_ids=[cast.sales.pk])
    assert [slug for slug, _, _ in picked(bob, team)] == ["big-model"]
    assert chat_model(bob, connected) == "big-model"
    assert "my-model" not in bob.get(f"/settings/models?team={team.pk}").content.decode()


def test_what_is_closed_or_foreign_is_refused_alike(connected: Connected, routing: Routing) -> None:
    from apps.llm.policy.models import OwnDefault
    from apps.tenants.scope import tenant_scope

    cast, team = connected.cast, connected.cast.engineering
    closed = routing.model("closed-model", teams=[])
    bob, carol = browser(cast, cast.bob), browser(cast, cast.carol)

    def refusal(name: str) -> bytes:
        body = {"team_id": str(team.pk), "model": name}
        answer = bob.put("/api/v1/me/default-model", json.dumps(body), content_type="application/json")
        found = answer.json()
        found.pop("reference", None)
        return json.dumps([answer.status_code, found]).replace(name, "NAME").encode()

    assert refusal(closed) == refusal("no-such-model") == refusal("route/none")
    assert choose(carol, team, "big-model") == 404
    assert choose(bob, uuid4(), "big-model") == 404
    with tenant_scope(cast.acme.id):
        assert not OwnDefault.objects.exists()
