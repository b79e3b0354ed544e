"""Proof (d): another organisation's every text carries a token; nothing that acme can reach shows it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import redis
from django.conf import settings

from apps.tenants.scope import tenant_scope
from tests.isolation.rows import row_make, tenant_models
from tests.isolation.surface import doors
from tests.isolation.visitor import Visitor, content

if TYPE_CHECKING:
    import pytest

    from tests.factories import Organisation

TOKEN = "canary7f3a"


def _flood(organisation: Organisation, token: str) -> list[Any]:
    made: dict[str, Any] = {}
    with tenant_scope(organisation.id):
        for model in tenant_models():
            if model._meta.label not in made:
                made[model._meta.label] = row_make(model, token, made)
    return list(made.values())


def test_nothing_of_globex_shows_in_acme(
    acme: Organisation, globex: Organisation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    foreign = _flood(globex, TOKEN)
    own = _flood(acme, "own")
    visitor = Visitor(acme)
    seen = 0
    for door in doors():
        for row in (own + foreign) if door.ids else own[:1]:
            if "get" not in door.methods:
                continue
            by_key = door.route.startswith(("api/", "v1/"))
            response = visitor.call("get", door.path(str(row.pk)), by_key=by_key)
            assert response.status_code < 500, (door.name, response.status_code)
            assert TOKEN.encode() not in content(response), door.name
            assert TOKEN not in str(response.headers), door.name
            seen += response.status_code == 200
    assert seen > 20
    assert TOKEN not in caplog.text
    store = redis.Redis.from_url(settings.REDIS_URL)
    assert not [key for key in store.scan_iter() if TOKEN.encode() in key]


def test_the_canary_is_seen_by_its_own_people(globex: Organisation) -> None:
    _flood(globex, TOKEN)
    visitor = Visitor(globex, name=f"{TOKEN}-owner")
    assert TOKEN.encode() in content(visitor.call("get", "/api/v1/people", by_key=True))
