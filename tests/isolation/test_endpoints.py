"""Proof (c): every endpoint with a foreign organisation's ids answers as for an id that never existed."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from apps.tenants.models import TenantModel
from apps.tenants.platform import platform_scope
from apps.tenants.scope import tenant_scope
from tests.factories import organisation_make
from tests.isolation.rows import rows_make
from tests.isolation.surface import Door, doors, sockets, tasks
from tests.isolation.visitor import Visitor, content

if TYPE_CHECKING:
    from tests.factories import Organisation

WITH_IDS = [door for door in doors() if door.ids]
VARIES = re.compile(
    rb'"reference": ?"[0-9a-f]+"|csrfmiddlewaretoken" value="\w+"|reference[^<]*<code[^>]*>[^<]*'
)

TESTED_SOCKETS = {"ws/runs"}
"""Each has its own test of a foreign id: tests/runs."""


def rows_of(organisation: Organisation) -> dict[str, Any]:
    """One row of every model, by label."""
    with tenant_scope(organisation.id):
        return rows_make()


def ids_of(rows: dict[str, Any]) -> set[UUID]:
    """Every id that one of those rows has."""
    return {row.pk for row in rows.values()}


def snapshot(rows: dict[str, Any]) -> dict[str, Any]:
    """Every column of those rows, read by the platform role."""
    found = {}
    with platform_scope():
        for label, row in rows.items():
            model: type[TenantModel] = type(row)
            found[label] = model.across.filter(pk=row.pk).values().first()
    return found


def comparable(response: Any, given: UUID) -> tuple[int, bytes]:
    """Status and body, without what differs by chance and without the id that was sent."""
    body = VARIES.sub(b"", content(response)).replace(str(given).encode(), b"ID")
    return response.status_code, body


@pytest.fixture(scope="module")
def visitor() -> Visitor:
    """An owner of acme, the same for every door."""
    return Visitor(organisation_make("acme"))


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    """One row of every model in globex."""
    return rows_of(organisation_make("globex"))


@pytest.mark.parametrize("door", WITH_IDS, ids=lambda door: door.name)
def test_foreign_id_answers_like_a_random_one(door: Door, visitor: Visitor, theirs: dict[str, Any]) -> None:
    before = snapshot(theirs)
    by_key = door.route.startswith(("api/", "v1/"))
    for method in door.methods:
        nowhere = uuid4()
        expected = comparable(visitor.call(method, door.path(str(nowhere)), {}, by_key=by_key), nowhere)
        assert expected[0] in {302, 403, 404, 405}, (method, expected)
        for foreign in ids_of(theirs):
            got = comparable(visitor.call(method, door.path(str(foreign)), {}, by_key=by_key), foreign)
            assert got == expected, method
    assert snapshot(theirs) == before


def test_every_socket_has_its_own_test() -> None:
    assert set(sockets()) == TESTED_SOCKETS


def test_every_task_with_a_foreign_id_changes_nothing(acme: Organisation, globex: Organisation) -> None:
    from config.celery import app

    theirs = rows_of(globex)
    before = snapshot(theirs)
    for name in tasks():
        for foreign in ids_of(theirs):
            _call_quietly(app.tasks[name], str(acme.id), str(foreign))
    assert snapshot(theirs) == before


def _call_quietly(task: Any, tenant_id: str, row_id: str) -> None:
    """Run the task's body as a worker would; what it raises is its answer to a job that is not there."""
    with suppress(Exception):
        task.run(tenant_id, row_id)


def test_no_body_without_authentication(acme: Organisation) -> None:
    from django.test import Client

    client = Client(headers={"host": acme.host}, raise_request_exception=False)
    for door in doors():
        if not door.route.startswith(("api/v1/", "v1/")):
            continue
        for method in door.methods:
            response = client.generic(
                method.upper(), door.path(str(uuid4())), b"{}", content_type="application/json"
            )
            assert response.status_code in {400, 401, 404, 405}, (door.name, method, response.status_code)
