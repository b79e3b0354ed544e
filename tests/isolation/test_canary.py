"""Proof (d): another organisation's every text carries a token; nothing that acme can reach shows it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import redis
from django.conf import settings

from apps.tenants.scope import tenant_scope
from tests.isolation.rows import rows_make
from tests.isolation.surface import doors
from tests.isolation.visitor import Visitor, content

if TYPE_CHECKING:
    from uuid import UUID

    import pytest

    from tests.factories import Organisation

TOKEN = "canary7f3a"


def flood(organisation: Organisation, token: str) -> set[UUID]:
    """The ids of a row of every model, with the token in its free text."""
    with tenant_scope(organisation.id):
        return {row.pk for row in rows_make(token).values()}


def test_nothing_of_globex_shows_in_acme(
    acme: Organisation, globex: Organisation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    foreign = flood(globex, TOKEN)
    own = flood(acme, "own")
    visitor = Visitor(acme)
    seen = 0
    for door in doors():
        if "get" not in door.methods:
            continue
        by_key = door.route.startswith(("api/", "v1/"))
        for path in {door.path(str(row_id)) for row_id in own | foreign}:
            response = visitor.call("get", path, by_key=by_key)
            assert response.status_code < 500, (door.name, response.status_code)
            assert TOKEN.encode() not in content(response), door.name
            assert TOKEN not in str(response.headers), door.name
            seen += response.status_code == 200
    assert seen > 20
    assert TOKEN not in caplog.text
    with redis.Redis.from_url(settings.REDIS_URL) as store:
        assert not [key for key in store.scan_iter() if TOKEN.encode() in key]


def test_the_canary_is_seen_by_its_own_people(globex: Organisation) -> None:
    flood(globex, TOKEN)
    visitor = Visitor(globex, name=f"{TOKEN}-owner")
    assert TOKEN.encode() in content(visitor.call("get", "/api/v1/people", by_key=True))
