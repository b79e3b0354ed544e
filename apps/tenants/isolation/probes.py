"""Live probes: what the application's role can really do on each tenant table. They leave nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django.apps import apps
from django.db import DatabaseError, ProgrammingError, connection, transaction
from psycopg import sql

from apps.tenants.errors import NoTenantScopeError
from apps.tenants.models import TenantModel
from apps.tenants.scope import global_scope, tenant_scope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID


_PARTITIONS = """
SELECT c.relname
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
WHERE p.relname = ANY(%s) AND c.relkind IN ('r', 'p')
"""


def tenant_tables() -> list[str]:
    """The table of every tenant model."""
    return sorted(m._meta.db_table for m in apps.get_models() if issubclass(m, TenantModel))


def partitions() -> list[str]:
    """Every partition of a tenant model's table."""
    with global_scope(), connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, [tenant_tables()])
        return [row[0] for row in cursor.fetchall()]


def _opens_by_itself(partition: str, tenant_id: UUID) -> bool:
    try:
        _rows_seen_by_nobody(partition, tenant_id)
    except DatabaseError:
        return False
    return True


def _select_works_without_tenant(table: str) -> bool:
    try:
        with global_scope(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
    except DatabaseError:
        return False
    return True


def _rows_seen_by_nobody(table: str, tenant_id: UUID) -> int:
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        return int(cursor.fetchone()[0])


def _foreign_insert_is_refused(table: str, tenant_id: UUID) -> bool:
    statement = sql.SQL("INSERT INTO {} (id, tenant_id) VALUES (%s, %s)").format(sql.Identifier(table))
    with tenant_scope(tenant_id):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, [uuid4(), uuid4()])
        except ProgrammingError as error:
            return "row-level security" in str(error) or "permission denied" in str(error)
        except DatabaseError:
            return False
    return False


def _model_answers_without_scope(model: type[TenantModel]) -> bool:
    try:
        model.objects.count()
    except NoTenantScopeError:
        return False
    return True


def leaks() -> Iterator[str]:
    """What a probe found on each table, one sentence each; nothing when isolation holds."""
    nobody = uuid4()
    for table in tenant_tables():
        yield from _leaks_of(table, nobody)
    for partition in partitions():
        if _opens_by_itself(partition, nobody):
            yield f"{partition}: the partition can be read past its table"
    for model in apps.get_models():
        if issubclass(model, TenantModel) and _model_answers_without_scope(model):
            yield f"{model._meta.label}: its manager answers without a tenant"


def _leaks_of(table: str, nobody: UUID) -> Iterator[str]:
    if _select_works_without_tenant(table):
        yield f"{table}: readable without a tenant"
    seen = _rows_seen_by_nobody(table, nobody)
    if seen:
        yield f"{table}: {seen} rows visible to a tenant that does not exist"
    if not _foreign_insert_is_refused(table, nobody):
        yield f"{table}: a row of another tenant can be inserted"
