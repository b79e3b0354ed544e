"""Proof (a): the catalogue's lint is green, and red for each guard that is taken away."""

import pytest
from django.apps import apps
from django.db import connection, connections, transaction

from apps.tenants.isolation.catalogue import tenant_keys, violations
from apps.tenants.isolation.probes import leaks, partitions, tenant_tables
from apps.tenants.models import TenantModel
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import global_scope
from tests.factories import Organisation


def _violations_after(*statements: str) -> list[str]:
    """What the lint says inside a transaction of the owner that is rolled back."""
    migrate = connections["migrate"]
    with transaction.atomic(using="migrate"), migrate.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        found = violations(cursor)
        transaction.set_rollback(True, using="migrate")
    return found


def _some_key() -> tuple[str, str]:
    for model in apps.get_models():
        if issubclass(model, TenantModel) and tenant_keys(model):
            constraint = next(c for c in model._meta.constraints if type(c).__name__ == "SameTenantKey")
            return model._meta.db_table, constraint.name
    raise LookupError


def test_catalogue_has_no_violation() -> None:
    with global_scope(), connection.cursor() as cursor:
        assert violations(cursor) == []


def test_probes_find_no_leak() -> None:
    assert list(leaks()) == []


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DROP POLICY tenant_isolation ON {table}", "its policies are not exactly"),
        ("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY", "not forced"),
        ("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", "not enabled"),
        ("CREATE POLICY more ON {table} FOR SELECT USING (true)", "its policies are not exactly"),
        ("ALTER TABLE {table} ALTER tenant_id DROP NOT NULL", "not uuid NOT NULL"),
        ("GRANT TRUNCATE ON {table} TO app_web", "app_web holds TRUNCATE"),
        ("GRANT SELECT ON {table} TO PUBLIC", "granted to PUBLIC"),
        ("CREATE VIEW leak AS SELECT * FROM {table}", "lacks security_invoker"),
        ("CREATE MATERIALIZED VIEW leak AS SELECT 1", "materialised view"),
        ("CREATE TABLE scratch (id uuid PRIMARY KEY, tenant_id uuid)", "no model declares it"),
        ("CREATE UNIQUE INDEX felt ON {table} (id, tenant_id)", "does not begin with tenant_id"),
        (
            "CREATE FUNCTION leak() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
            "SECURITY DEFINER outside the audited list",
        ),
    ],
)
def test_lint_turns_red_without_the_guard(statement: str, says: str) -> None:
    table = tenant_tables()[0]
    assert any(says in found for found in _violations_after(statement.format(table=table)))


def test_lint_turns_red_without_a_composite_key() -> None:
    table, key = _some_key()
    found = _violations_after(f'ALTER TABLE {table} DROP CONSTRAINT "{key}"')
    assert any("composite key" in sentence for sentence in found)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("ALTER TABLE {partition} DISABLE ROW LEVEL SECURITY", "not enabled"),
        ("ALTER TABLE {partition} NO FORCE ROW LEVEL SECURITY", "not forced"),
        ("DROP POLICY tenant_isolation ON {partition}", "its policies are not exactly"),
        ("GRANT SELECT ON {partition} TO app_worker", "app_worker holds SELECT"),
        ("CREATE UNIQUE INDEX felt ON {partition} (id, tenant_id)", "does not begin with tenant_id"),
        ("GRANT EXECUTE ON FUNCTION knowledge_shelf_drop(uuid) TO app_web", "may call it"),
    ],
)
def test_lint_turns_red_without_the_guard_of_a_partition(statement: str, says: str) -> None:
    for partition in partitions():
        assert any(
            says in found and (partition in found or "()" in found)
            for found in _violations_after(statement.format(partition=partition))
        )


def test_probe_finds_a_partition_that_opens_by_itself(acme: Organisation) -> None:
    own = f"knowledge_chunkvector_{acme.id.hex}"
    with platform_scope():
        connections[PLATFORM].cursor().execute("SELECT knowledge_shelf_create(%s)", [acme.id])
    assert {own, "knowledge_chunkvector_shared"} <= set(partitions())
    with connections["migrate"].cursor() as cursor:
        cursor.execute(f"GRANT SELECT ON {own} TO app_web, app_worker")
        try:
            assert [found for found in leaks() if own in found] == [
                f"{own}: the partition can be read past its table"
            ]
        finally:
            cursor.execute(f"REVOKE SELECT ON {own} FROM app_web, app_worker")  # noqa: S608 - our own name
    assert list(leaks()) == []
