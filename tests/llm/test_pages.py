"""Admin pages of providers and models."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.llm.conftest import KEY, Connected, browser

pytestmark = pytest.mark.usefixtures("hints")

PRIVATE = {"name": "Own", "base_url": "http://10.9.8.7/v1", "key": ""}


def _urls(connected: Connected) -> list[str]:
    one, model, team = connected.connection.pk, connected.chat.pk, connected.cast.engineering.pk
    return [
        "/admin/providers",
        "/admin/providers/new",
        "/admin/providers/new/openai_compatible",
        f"/admin/providers/{one}",
        f"/admin/providers/{one}/edit",
        f"/admin/providers/{one}/delete",
        f"/admin/providers/{one}/models",
        "/admin/models",
        f"/admin/models/{model}",
        f"/admin/teams/{team}/models",
    ]


def test_pages_open_for_an_administrator_and_hold_no_key(connected: Connected) -> None:
    alice = browser(connected.cast, connected.cast.alice)
    for url in _urls(connected):
        page = alice.get(url)
        assert page.status_code == 200, url
        assert KEY not in page.content.decode()
        assert page.content.count(b"<h1>") == 1


def test_members_and_strangers_find_nothing(connected: Connected) -> None:
    cast = connected.cast
    bob, mallory = browser(cast, cast.bob), browser(cast, cast.mallory, cast.globex)
    for url in _urls(connected):
        assert bob.get(url).status_code == 404, url
    for url in _urls(connected)[3:7] + _urls(connected)[8:]:
        assert mallory.get(url).status_code == 404, url
    assert b"Test host" not in mallory.get("/admin/providers").content
    assert b"big-model" not in mallory.get("/admin/models").content


def test_signed_out_is_led_to_sign_in(connected: Connected) -> None:
    from django.test import Client

    page = Client(headers={"host": connected.cast.acme.host}).get("/admin/providers")
    assert page.status_code == 302
    assert page.headers["Location"].startswith("/sign-in")


def test_private_address_is_refused_beside_its_field(connected: Connected) -> None:
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    alice = browser(connected.cast, connected.cast.alice)
    page = alice.post("/admin/providers/new/openai_compatible", PRIVATE)
    assert page.status_code == 422
    assert "allow_host" in page.content.decode()
    with tenant_scope(connected.cast.acme.id):
        assert Connection.objects.count() == 1


def test_adding_leads_to_the_connection_and_asks_for_its_models(connected: Connected) -> None:
    from apps.llm.models import Connection, ConnectionCheck
    from apps.tenants.scope import tenant_scope

    alice = browser(connected.cast, connected.cast.alice)
    values = {"name": "Second", "base_url": connected.host.base_url, "key": KEY, "usage_option": "on"}
    page = alice.post("/admin/providers/new/openai_compatible", values)
    with tenant_scope(connected.cast.acme.id):
        made = Connection.objects.get(name="Second")
        assert made.settings == {"usage_option": "yes"}
        assert ConnectionCheck.objects.get(connection=made).kind == "list"
    assert page.headers["Location"] == f"/admin/providers/{made.pk}"
    assert connected.host.asked == []


def test_empty_key_keeps_the_old_one(connected: Connected) -> None:
    from apps.tenants.scope import tenant_scope

    alice = browser(connected.cast, connected.cast.alice)
    before = bytes(connected.connection.sealed_key)
    values = {"name": "Renamed", "base_url": connected.host.base_url, "key": "", "is_enabled": "on"}
    page = alice.post(f"/admin/providers/{connected.connection.pk}/edit", values)
    assert page.status_code == 302
    with tenant_scope(connected.cast.acme.id):
        connected.connection.refresh_from_db()
    assert connected.connection.name == "Renamed"
    assert bytes(connected.connection.sealed_key) == before


def test_models_are_ticked_from_the_hosts_list(connected: Connected) -> None:
    from apps.llm.models import CheckState, ConnectionCheck, Model
    from apps.tenants.scope import tenant_scope

    found = [{"id": name, "modality": "chat", "context_window": 4096} for name in ("big-model", "new-model")]
    with tenant_scope(connected.cast.acme.id):
        ConnectionCheck.objects.create(
            connection=connected.connection, kind="list", state=CheckState.DONE, found=found
        )
    alice = browser(connected.cast, connected.cast.alice)
    url = f"/admin/providers/{connected.connection.pk}/models"
    page = alice.get(url).content.decode()
    assert 'value="new-model"' in page
    assert 'value="big-model"' not in page
    answer = alice.post(url, {"models": ["new-model"], "other": "typed-model, typed-model"})
    assert answer.status_code == 302
    with tenant_scope(connected.cast.acme.id):
        assert Model.objects.get(vendor_model="new-model").context_window == 4096
        assert Model.objects.filter(vendor_model="typed-model").count() == 1
    assert alice.post(url, {}).status_code == 422


def test_test_button_starts_a_check_and_the_page_waits(connected: Connected, hints: list[Any]) -> None:
    alice, url = browser(connected.cast, connected.cast.alice), f"/admin/providers/{connected.connection.pk}"
    assert alice.post(f"{url}/checks", {"kind": "test"}).status_code == 302
    assert b"data-live" in alice.get(url).content
    assert alice.post(f"{url}/checks", {"kind": "other"}).status_code == 404
    assert len(hints) == 1
    assert connected.host.asked == []


def test_deletion_names_what_breaks(connected: Connected) -> None:
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    alice = browser(connected.cast, connected.cast.alice)
    url = f"/admin/providers/{connected.connection.pk}/delete"
    page = alice.get(url).content.decode()
    assert "2 people can no longer use 2 models" in page
    assert "Engineering" in page
    assert "default of Engineering" in page
    assert alice.post(url).status_code == 302
    with tenant_scope(connected.cast.acme.id):
        assert not Connection.objects.exists()


def test_model_is_changed_and_granted(connected: Connected) -> None:
    from apps.tenants.scope import tenant_scope

    cast, model = connected.cast, connected.chat
    alice, url = browser(cast, cast.alice), f"/admin/models/{connected.chat.pk}"
    values = {"name": "Big", "slug": "big", "modality": "chat", "price_input": "0", "price_output": "0"}
    values |= {"is_enabled": "on"}
    assert alice.post(url, values | {"abilities": ["vision"]}).status_code == 302
    assert alice.post(f"{url}/teams", {"teams": [str(cast.sales.pk)]}).status_code == 302
    with tenant_scope(cast.acme.id):
        model.refresh_from_db()
        assert (model.slug, model.abilities, model.currency) == ("big", ["vision"], "USD")
        assert [grant.team_id for grant in model.grants.all()] == [cast.sales.pk]
    assert b"Free" in alice.get("/admin/models").content
    assert alice.post(url, values | {"price_output": ""}).status_code == 422


def test_team_tab_sets_models_and_default(connected: Connected) -> None:
    from apps.llm.selectors import default_model
    from apps.tenants.scope import tenant_scope

    cast, chat = connected.cast, str(connected.chat.pk)
    alice, url = browser(cast, cast.alice), f"/admin/teams/{connected.cast.sales.pk}/models"
    assert alice.post(url, {"action": "default", "default": f"model:{chat}"}).status_code == 422
    grants = {"action": "grants", "shown": [chat], "models": [chat]}
    assert alice.post(url, grants).status_code == 302
    assert alice.post(url, {"action": "default", "default": f"model:{chat}"}).status_code == 302
    with tenant_scope(cast.acme.id):
        assert default_model(cast.sales.pk) == connected.chat


@pytest.mark.parametrize("query", ["?q=big", "?state=on", "?provider=Test+host", "?q=%00&state=x&page=99"])
def test_filters_are_in_the_address(connected: Connected, query: str) -> None:
    alice = browser(connected.cast, connected.cast.alice)
    page = alice.get(f"/admin/models{query}")
    assert page.status_code == 200
    assert b"big-model" in page.content


def test_hostile_names_are_shown_as_text(connected: Connected) -> None:
    from apps.llm.services import connection_update, model_update
    from apps.tenants.scope import tenant_scope

    evil = "<script>alert(1)</script>"
    with tenant_scope(connected.cast.acme.id):
        connection_update(actor=None, connection=connected.connection, changes={"name": evil})
        model_update(actor=None, model=connected.chat, changes={"name": evil, "purpose": evil})
    alice = browser(connected.cast, connected.cast.alice)
    for url in _urls(connected):
        assert evil.encode() not in alice.get(url).content, url


def test_unknown_ids_are_not_found(connected: Connected) -> None:
    alice = browser(connected.cast, connected.cast.alice)
    for url in ("/admin/providers/{}", "/admin/models/{}", "/admin/teams/{}/models"):
        assert alice.get(url.format(uuid4())).status_code == 404
    assert alice.get("/admin/providers/new/builtin").status_code == 404


def test_a_hundred_models_take_few_queries(connected: Connected) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.llm.services import Offer, model_grants_set, model_offer
    from apps.tenants.scope import tenant_scope

    alice = browser(connected.cast, connected.cast.alice)
    with tenant_scope(connected.cast.acme.id):
        offers = [Offer(f"model-{number}") for number in range(100)]
        models: list[Any] = model_offer(actor=None, connection=connected.connection, offers=offers)
        for model in models[:60]:
            model_grants_set(actor=None, model=model, team_ids=[connected.cast.engineering.pk])
    connection.force_debug_cursor = True
    try:
        for url in ("/admin/models", "/admin/providers", f"/admin/teams/{connected.cast.sales.pk}/models"):
            with CaptureQueriesContext(connection) as queries:
                assert alice.get(url).status_code == 200
            assert len(queries) <= 15, url
    finally:
        connection.force_debug_cursor = False
