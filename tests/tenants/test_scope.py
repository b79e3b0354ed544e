"""The scope itself: what it allows, what it refuses."""

import asyncio
from contextlib import suppress
from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection, transaction

from apps.tenants.aio import in_scope
from apps.tenants.errors import CrossTenantError, NoTenantScopeError, ScopeAbortedError
from apps.tenants.models import Tenant
from apps.tenants.scope import current_tenant_id, global_scope, tenant_scope
from tests.factories import Organisation


def _setting() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant_id')")
        return str(cursor.fetchone()[0])


def test_scope_sets_the_tenant_in_python_and_in_the_database(acme: Organisation) -> None:
    with tenant_scope(acme.id):
        assert current_tenant_id() == acme.id
        assert _setting() == str(acme.id)


def test_raw_statement_without_scope_is_refused() -> None:
    with pytest.raises(NoTenantScopeError), connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_setting_does_not_outlive_the_transaction(acme: Organisation) -> None:
    with tenant_scope(acme.id):
        pass
    with global_scope(), transaction.atomic():
        assert _setting() == ""


def test_nested_scope_of_another_tenant_is_refused(acme: Organisation, globex: Organisation) -> None:
    with tenant_scope(acme.id):
        with pytest.raises(CrossTenantError), tenant_scope(globex.id):
            pass
        with tenant_scope(acme.id):
            assert current_tenant_id() == acme.id
        assert current_tenant_id() == acme.id
    with pytest.raises(NoTenantScopeError):
        current_tenant_id()


def test_scope_inside_a_foreign_transaction_is_refused(acme: Organisation) -> None:
    with global_scope(), transaction.atomic(), pytest.raises(CrossTenantError), tenant_scope(acme.id):
        pass


def test_scope_on_the_event_loop_is_refused(acme: Organisation) -> None:
    async def misuse() -> None:
        with tenant_scope(acme.id):
            pass

    with pytest.raises(CrossTenantError):
        asyncio.run(misuse())


def test_in_scope_runs_on_a_database_thread(acme: Organisation) -> None:
    assert asyncio.run(in_scope(acme.id, _setting)) == str(acme.id)


def test_swallowed_database_error_is_not_a_silent_rollback(acme: Organisation) -> None:
    def swallow() -> None:
        with tenant_scope(acme.id), connection.cursor() as cursor, suppress(ProgrammingError):
            cursor.execute("SELECT no_such_column")

    with pytest.raises(ScopeAbortedError):
        swallow()


def test_application_role_reads_but_never_writes_the_tenant_list() -> None:
    with global_scope():
        with pytest.raises(ProgrammingError), transaction.atomic():
            Tenant.objects.create(slug=f"x-{uuid4().hex[:8]}")
        assert not Tenant.objects.filter(slug__startswith="x-").exists()
