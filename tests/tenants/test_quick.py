"""Scopes on the event loop: as a thread's scope in what they keep, refuse and raise."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, OperationalError, ProgrammingError, connection

from apps.tenants.errors import CrossTenantError, NoTenantScopeError, ScopeAbortedError
from apps.tenants.postgresql.statements import Statement
from apps.tenants.quick import _scoped, close_connections, in_quick_scope
from apps.tenants.scope import (
    after_commit,
    assert_no_scope,
    current_tenant_id,
    execute,
    execute_last,
    execute_later,
    execute_together,
    tenant_scope,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from uuid import UUID

    from tests.factories import Cast, Organisation

SETTING = Statement("SELECT current_setting('app.tenant_id'), pg_backend_pid()")
TEAMS = Statement("SELECT name FROM accounts_team ORDER BY name")
RENAME = Statement("UPDATE accounts_team SET name = %(name)s WHERE tenant_id = %(tenant)s AND id = %(team)s")
WRONG = Statement("SELECT nothing FROM nowhere")
SLOW = Statement("SELECT 'of the cancelled one', pg_sleep(0.5)::text")
END_SERVER = Statement("SELECT pg_terminate_backend(pg_backend_pid())")


def run(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    async def whole() -> Any:
        try:
            return await work()
        finally:
            await close_connections()

    return asyncio.run(whole())


def quickly(tenant_id: UUID, function: Callable[[], Any]) -> Any:
    return run(lambda: in_quick_scope(tenant_id, function))


def team_names(organisation: Organisation) -> set[str]:
    """As another thread may ask too: no connection stays with it."""
    from apps.accounts.models import Team

    try:
        with tenant_scope(organisation.id):
            return set(Team.objects.values_list("name", flat=True))
    finally:
        connection.close()


def renamed(cast: Cast, name: str) -> tuple[Statement, dict[str, Any]]:
    return RENAME, {"name": name, "tenant": cast.acme.id, "team": cast.sales.id}


def test_it_sees_one_tenant_in_python_and_in_the_database(cast: Cast) -> None:
    def look() -> tuple[UUID, str, set[str]]:
        setting, teams = execute_together((SETTING, ()), (TEAMS, ()))
        return current_tenant_id(), setting.rows[0][0], {row[0] for row in teams.rows}

    for organisation in (cast.acme, cast.globex):
        tenant_id, setting, names = quickly(organisation.id, look)
        assert (tenant_id, setting) == (organisation.id, str(organisation.id))
        assert names == team_names(organisation)


def test_the_setting_of_one_transaction_is_not_seen_by_the_next(cast: Cast) -> None:
    async def both() -> list[str]:
        found = [
            await in_quick_scope(organisation.id, lambda: execute(SETTING, ()).rows[0])
            for organisation in (cast.acme, cast.globex, cast.acme)
        ]
        assert len({pid for _, pid in found}) == 1
        return [setting for setting, _ in found]

    assert run(both) == [str(cast.acme.id), str(cast.globex.id), str(cast.acme.id)]


def test_writes_that_wait_leave_with_the_end_and_what_follows_comes_after(cast: Cast) -> None:
    followed: list[set[str]] = []

    def write() -> None:
        execute_later(*renamed(cast, "Later"))
        after_commit(lambda: followed.append(set()))
        assert followed == []

    quickly(cast.acme.id, write)
    assert "Later" in team_names(cast.acme)
    assert len(followed) == 1


def test_a_failure_keeps_nothing_and_calls_nobody(cast: Cast) -> None:
    followed: list[int] = []

    def write() -> None:
        execute_later(*renamed(cast, "Gone"))
        after_commit(lambda: followed.append(1))
        execute(SETTING, ())
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        quickly(cast.acme.id, write)
    assert "Gone" not in team_names(cast.acme)
    assert followed == []


def test_errors_are_djangos_and_the_connection_goes_on(cast: Cast) -> None:
    async def both() -> Any:
        with pytest.raises(ProgrammingError):
            await in_quick_scope(cast.acme.id, lambda: execute(WRONG, ()))
        with pytest.raises(ProgrammingError):
            await in_quick_scope(cast.acme.id, lambda: execute_later(WRONG, ()))
        return await in_quick_scope(cast.acme.id, lambda: execute(TEAMS, ()).rows)

    assert run(both)


def test_an_error_that_was_swallowed_is_no_silent_loss(cast: Cast) -> None:
    def swallow() -> None:
        execute(*renamed(cast, "Lost"))
        with suppress(ProgrammingError):
            execute(WRONG, ())

    with pytest.raises(ScopeAbortedError):
        quickly(cast.acme.id, swallow)
    assert "Lost" not in team_names(cast.acme)


def test_another_tenants_row_can_not_be_written(cast: Cast) -> None:
    values = {"name": "Taken", "tenant": cast.acme.id, "team": cast.sales.id}
    assert quickly(cast.globex.id, lambda: execute(RENAME, values).count) == 0
    insert = Statement("INSERT INTO accounts_team (id, tenant_id, name) VALUES (%s, %s, 'x')")
    with pytest.raises((ProgrammingError, IntegrityError)):
        quickly(cast.globex.id, lambda: execute(insert, (uuid4(), cast.acme.id)))
    assert "Taken" not in team_names(cast.acme)


def test_a_function_that_needs_the_orm_is_run_again_on_a_thread(cast: Cast) -> None:
    from apps.accounts.models import Team

    begun: list[int] = []

    def mixed() -> int:
        begun.append(1)
        execute_later(*renamed(cast, "Once"))
        return Team.objects.filter(name="Once").count()

    assert quickly(cast.acme.id, mixed) == 1
    assert len(begun) == 2
    assert "Once" in team_names(cast.acme)


def test_a_lost_connection_raises_and_the_next_call_has_a_new_one(cast: Cast) -> None:
    async def both() -> Any:
        with pytest.raises(OperationalError):
            await in_quick_scope(cast.acme.id, lambda: execute(END_SERVER, ()))
        return await in_quick_scope(cast.acme.id, lambda: execute(TEAMS, ()).rows)

    assert run(both)


def test_a_statement_is_planned_once_from_its_first_use_on(cast: Cast) -> None:
    planned = Statement(
        "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE 'SELECT name%'"
    )

    def asks() -> tuple[Any, ...] | None:
        execute(TEAMS, ())
        execute(TEAMS, ())
        return execute(planned, ()).row

    assert quickly(cast.acme.id, asks) == (2, 0)


def test_many_at_once_share_few_connections(cast: Cast) -> None:
    async def all_of_them() -> Any:
        return await asyncio.gather(
            *(in_quick_scope(cast.acme.id, lambda: execute(SETTING, ()).rows[0][1]) for _ in range(50))
        )

    assert 1 <= len(set(run(all_of_them))) <= 4


def test_a_cancelled_caller_leaves_the_work_whole(cast: Cast) -> None:
    def write() -> None:
        execute(SETTING, ())
        execute(*renamed(cast, "Whole"))

    async def cancelled() -> None:
        task = asyncio.ensure_future(in_quick_scope(cast.acme.id, write))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for _ in range(2000):
            await asyncio.sleep(0.01)
            if "Whole" in await asyncio.to_thread(team_names, cast.acme):
                return
        raise AssertionError("the work was lost")

    run(cancelled)


def test_a_cancelled_statement_answers_no_later_one(cast: Cast) -> None:
    async def both() -> Any:
        transaction = asyncio.ensure_future(_scoped(cast.acme.id, lambda: execute(SLOW, ()).rows))
        await asyncio.sleep(0.2)
        transaction.cancel()
        await asyncio.gather(transaction, return_exceptions=True)
        assert transaction.cancelled()
        return await in_quick_scope(cast.acme.id, lambda: execute(SETTING, ()).rows)

    assert run(both)[0][0] == str(cast.acme.id)


def test_a_value_that_postgres_does_not_take_leaves_nothing_on_the_line(cast: Cast) -> None:
    async def both() -> Any:
        with pytest.raises(DataError, match="NUL"):
            await in_quick_scope(cast.acme.id, lambda: execute_together((SETTING, ()), renamed(cast, "a\0b")))
        return await in_quick_scope(cast.acme.id, lambda: execute(SETTING, ()).rows)

    assert run(both)[0][0] == str(cast.acme.id)


def test_what_was_last_is_committed_even_if_the_rest_fails(cast: Cast) -> None:
    def write() -> None:
        execute_last(renamed(cast, "Last"))
        raise ValueError("later")

    with pytest.raises(ValueError, match="later"):
        quickly(cast.acme.id, write)
    assert "Last" in team_names(cast.acme)


def test_network_calls_are_refused_inside(cast: Cast) -> None:
    with pytest.raises(CrossTenantError):
        quickly(cast.acme.id, assert_no_scope)


def test_statements_outside_any_scope_are_refused() -> None:
    with pytest.raises(NoTenantScopeError):
        execute(TEAMS, ())


def test_a_threads_scope_sends_what_waits_before_djangos_own_statements(cast: Cast) -> None:
    from apps.accounts.models import Team

    with tenant_scope(cast.acme.id):
        execute_later(*renamed(cast, "Seen"))
        assert Team.objects.filter(name="Seen").exists()
        execute_later(*renamed(cast, "Kept"))
    assert "Kept" in team_names(cast.acme)


def in_thread_scope(cast: Cast, function: Callable[[], Any]) -> Any:
    with tenant_scope(cast.acme.id):
        return function()


def test_a_threads_scope_that_fails_keeps_nothing_that_waits(cast: Cast) -> None:
    def fail() -> None:
        execute_later(*renamed(cast, "Gone"))
        raise ValueError("on purpose")

    def fail_at_the_end() -> None:
        execute_later(*renamed(cast, "Gone"))
        execute_later(WRONG, ())

    with pytest.raises(ValueError, match="on purpose"):
        in_thread_scope(cast, fail)
    with pytest.raises(ProgrammingError):
        in_thread_scope(cast, fail_at_the_end)
    assert "Gone" not in team_names(cast.acme)
