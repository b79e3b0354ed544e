"""The hot statements reach their rows by id whatever PostgreSQL knows of the tables.

On young tables it has no statistics: a plan by tenant alone then reads every run of the tenant to find one,
and stays with the connection that prepared it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from apps.chat import rows as chat_rows
from apps.metering import services as metering
from apps.runs import rows as run_rows
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.tenants.postgresql.statements import Statement
    from tests.factories import Organisation

GROWING = {"runs_run": "id", "chat_message": "id", "metering_usagerecord": "call_id"}
STATEMENTS = {
    "claim": run_rows._CLAIM,
    "checkpoint": run_rows._CHECKPOINT,
    "end": run_rows._END,
    "open a call": run_rows._OPENED,
    "look again": run_rows._CHANGED,
    "close a call": metering._CLOSE,
    "find an answer": chat_rows._ANSWER,
    "fill an answer": chat_rows._FILL,
}


def _plan(statement: Statement) -> dict[str, Any]:
    """The plan for any values."""
    from django.db import connection

    connection.ensure_connection()
    done = connection.connection.pgconn.exec_(b"EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + statement.sql)
    assert done.get_value(0, 0), done.error_message.decode()
    plan: dict[str, Any] = json.loads(done.get_value(0, 0))[0]["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _reads(plan: dict[str, Any]) -> list[tuple[str, str]]:
    """Table and index condition of each node that reads one of the growing tables."""
    found = []
    for node in _nodes(plan):
        table = node.get("Relation Name")
        if table in GROWING and node["Node Type"] != "ModifyTable":
            found.append((table, node.get("Index Cond", "") or node.get("Recheck Cond", "")))
    return found


@pytest.fixture
def young(acme: Organisation) -> None:
    """Tables without statistics; where a long session has them, a plan by tenant may be the right one."""
    from django.db import connection

    with tenant_scope(acme.id), connection.cursor() as cursor:
        cursor.execute("SELECT max(reltuples) FROM pg_class WHERE relname = ANY(%s)", [list(GROWING)])
        if cursor.fetchone()[0] >= 0:
            pytest.skip("PostgreSQL has statistics of these tables by now: run this file by itself.")


@pytest.mark.usefixtures("young")
@pytest.mark.parametrize("name", STATEMENTS)
def test_a_row_is_reached_by_its_id(acme: Organisation, name: str) -> None:
    with tenant_scope(acme.id):
        reads = _reads(_plan(STATEMENTS[name]))
    assert reads
    for table, condition in reads:
        assert f"({GROWING[table]} = " in condition, (table, condition)
