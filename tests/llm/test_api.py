"""REST of connections, models and grants."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.llm.conftest import KEY, Connected, browser

pytestmark = pytest.mark.usefixtures("hints")


def _client(connected: Connected, user: Any, scopes: list[str]) -> Any:
    """A program with an API key of the person."""
    from django.test import Client

    from apps.accounts.services import api_key_create
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        _, secret = api_key_create(
            actor=None,
            slug=cast.acme.slug,
            user=user,
            team=cast.engineering,
            name="program",
            scopes=scopes,
        )
    return Client(headers={"host": cast.acme.host, "authorization": f"Bearer {secret}"})


def _admin(connected: Connected) -> Any:
    return _client(connected, connected.cast.alice, ["admin"])


def test_key_goes_in_and_never_comes_out(connected: Connected) -> None:
    client = _admin(connected)
    values = {"vendor": "openai_compatible", "name": "Api", "base_url": connected.host.base_url, "key": KEY}
    made = client.post("/api/v1/connections", values, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["key_last4"] == "WXYZ"
    one = f"/api/v1/connections/{made.json()['id']}"
    answers = [made, client.get(one), client.get("/api/v1/connections")]
    answers.append(client.patch(one, {"name": "Renamed"}, content_type="application/json"))
    for answer in answers:
        assert KEY not in answer.content.decode()
    assert answers[-1].json()["name"] == "Renamed"
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404


def test_private_address_is_a_problem_of_its_field(connected: Connected) -> None:
    values = {"vendor": "openai_compatible", "name": "Own", "base_url": "http://10.0.0.1/v1"}
    answer = _admin(connected).post("/api/v1/connections", values, content_type="application/json")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "base_url"


def test_check_is_started_and_read(connected: Connected) -> None:
    client, one = _admin(connected), f"/api/v1/connections/{connected.connection.pk}"
    for kind in ("test", "listing"):
        started = client.post(f"{one}/{kind}")
        assert started.status_code == 202
        assert client.get(f"{one}/checks/{started.json()['id']}").json()["state"] == "queued"
    assert client.get(f"{one}/checks/{uuid4()}").status_code == 404


def test_models_are_offered_changed_and_granted(connected: Connected) -> None:
    client, cast = _admin(connected), connected.cast
    offers = {"models": [{"vendor_model": "new-model"}, {"vendor_model": "vecs", "modality": "embedding"}]}
    url = f"/api/v1/connections/{connected.connection.pk}/models"
    offered = client.post(url, offers, content_type="application/json").json()["results"]
    assert [(model["slug"], model["modality"]) for model in offered] == [
        ("new-model", "chat"),
        ("vecs", "embedding"),
    ]
    model = f"/api/v1/models/{offered[0]['id']}"
    price = {"price_input": "0.15", "price_output": "0.60"}
    assert client.patch(model, price, content_type="application/json").json()["price_output"] == "0.600000"
    teams = {"team_ids": [str(cast.sales.pk)]}
    granted = client.put(f"{model}/grants", teams, content_type="application/json")
    assert [grant["team_name"] for grant in granted.json()["results"]] == ["Sales"]
    default = f"/api/v1/teams/{cast.sales.pk}/default-model"
    wish = {"model_id": offered[0]["id"]}
    assert client.put(default, wish, content_type="application/json").status_code == 204
    assert client.get(f"{model}/grants").json()["results"][0]["is_default"] is True
    assert len(client.get(url).json()["results"]) == 4


def test_a_picture_has_a_price_of_its_own(connected: Connected) -> None:
    client, model = _admin(connected), f"/api/v1/models/{connected.embedding.pk}"
    changes = {"modality": "image", "price_unit": "0.04", "currency": "EUR"}
    changed = client.patch(model, changes, content_type="application/json").json()
    assert (changed["price_input"], changed["price_unit"], changed["currency"]) == (None, "0.040000", "EUR")
    assert (changed["price"]["origin"], changed["price"]["picture"]) == ("set", "0.040000")
    alice = browser(connected.cast, connected.cast.alice)
    page = alice.get(f"/admin/models/{connected.embedding.pk}").content.decode()
    assert "0.04 EUR a picture" in page
    assert "per million tokens in and out" not in page
    refused = client.patch(model, {"modality": "embedding"}, content_type="application/json")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "price_unit")


def test_bad_bodies_are_problems(connected: Connected) -> None:
    client, model = _admin(connected), f"/api/v1/models/{connected.chat.pk}"
    for values in (
        {"price_input": -1},
        {"price_input": None},
        {"slug": "with space"},
        {"abilities": ["flying"]},
        {"name": "a\u0000b"},
    ):
        answer = client.patch(model, values, content_type="application/json")
        assert answer.status_code == 400, values
    grants = {"team_ids": [str(uuid4())]}
    assert client.put(f"{model}/grants", grants, content_type="application/json").status_code == 400


def test_members_and_keys_without_the_scope_are_refused(connected: Connected) -> None:
    one = connected.connection.pk
    urls = ["/api/v1/connections", f"/api/v1/connections/{one}", f"/api/v1/models/{connected.chat.pk}"]
    for user, scopes in ((connected.cast.alice, ["chat"]), (connected.cast.bob, ["chat"])):
        client = _client(connected, user, scopes)
        for url in urls:
            assert client.get(url).status_code == 403, url
        assert client.delete(urls[1]).status_code == 403
    assert _admin(connected).get(urls[1]).status_code == 200
