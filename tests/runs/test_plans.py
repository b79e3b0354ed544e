"""The hot statements reach their rows by id whatever PostgreSQL knows of the tables.

On young tables it has no statistics: a plan by tenant alone then reads every run of the tenant to find one,
and stays with the connection that prepared it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections, transaction

from apps.chat import classing
from apps.chat import rows as chat_rows
from apps.metering import services as metering
from apps.metering.budgets import holding
from apps.runs import rows as run_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.utils import CursorWrapper

    from apps.tenants.postgresql.statements import Statement

GROWING = {
    "runs_run": ("id",),
    "chat_message": ("id",),
    "metering_usagerecord": ("call_id",),
    "metering_budgethold": ("call_id",),
    "metering_budgetcounter": ("id",),
    "chat_conversation": ("id",),
    "knowledge_knowledgebase": ("id", "conversation_id"),
    "knowledge_document": ("id", "knowledge_base_id"),
}
STATEMENTS = {
    "claim": run_rows._CLAIM,
    "checkpoint": run_rows._CHECKPOINT,
    "end": run_rows._END,
    "open a call": run_rows._OPENED,
    "look again": run_rows._CHANGED,
    "close a call": metering._CLOSE,
    "lock what calls hold": metering._LOCK,
    "lock budgets": holding._LOCK,
    "hold of budgets": holding._HOLD,
    "find an answer": chat_rows._ANSWER,
    "fill an answer": chat_rows._FILL,
    "class of a chat's documents": classing._NOW,
}


@pytest.fixture
def young() -> Iterator[CursorWrapper]:
    """The owner's cursor, to which the growing tables are new and empty until all is rolled back."""
    migrate = connections["migrate"]
    with transaction.atomic(using="migrate"), migrate.cursor() as cursor:
        for table in GROWING:
            cursor.execute(f"CREATE TEMP TABLE {table} (LIKE public.{table} INCLUDING ALL)")
        yield cursor
        transaction.set_rollback(True, using="migrate")


def _plan(cursor: CursorWrapper, statement: Statement) -> dict[str, Any]:
    """The plan for any values."""
    cursor.execute("EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + statement.sql.decode())
    found = cursor.fetchone()[0]
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
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


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_row_is_reached_by_its_id(young: CursorWrapper, name: str) -> None:
    reads = _reads(_plan(young, STATEMENTS[name]))
    assert reads
    for table, condition in reads:
        assert any(f"({column} = " in condition for column in GROWING[table]), (table, condition)
