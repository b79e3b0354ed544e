"""Lint of the database catalogue: what isolation needs and a migration could have forgotten.

`violations()` is empty when every tenant table has forced row security with the one policy, composite
keys, tenant-led uniqueness and least grants, and nothing else (views, functions, roles) leads around it. A
partition has all of that by itself, and no grants: the application reaches its rows through the table alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.apps import apps

from apps.tenants import roles
from apps.tenants.constraints import PRIVILEGES
from apps.tenants.fields import TenantForeignKey
from apps.tenants.models import GlobalModel, TenantModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.utils import CursorWrapper
    from django.db.models import Model

DEFINER_FUNCTIONS: Final[frozenset[str]] = frozenset(
    {"knowledge_shelf_create", "knowledge_shelf_index", "knowledge_shelf_drop"}
)
"""SECURITY DEFINER functions that were audited; each sets its own search_path, none is the application's."""

UNMODELLED: Final = frozenset({"django_migrations"})
POLICY: Final = "(tenant_id = ( SELECT (current_setting('app.tenant_id'::text))::uuid AS current_setting))"

_TABLES = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner), c.relkind = 'p',
       (SELECT p.relname FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent WHERE i.inhrelid = c.oid)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""
_POLICIES = """
SELECT c.relname, p.polname, p.polcmd::text, p.polpermissive, p.polroles::oid[] = '{0}',
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
"""
_COLUMNS = """
SELECT c.relname, a.attnotnull, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'tenant_id'
"""
_UNIQUES = """
SELECT c.relname, i.relname, x.indisprimary,
       array(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY k(num, pos)
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.num ORDER BY k.pos)
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
WHERE c.relnamespace = 'public'::regnamespace AND x.indisunique
"""
_KEYS = """
SELECT c.relname, t.relname, k.convalidated,
       array(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY n(num, pos)
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = n.num ORDER BY n.pos),
       array(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY n(num, pos)
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = n.num ORDER BY n.pos)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace
"""
_GRANTS = """
SELECT c.relname, CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END, g.privilege_type
FROM pg_class c, aclexplode(c.relacl) g
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
"""
_VIEWS = """
SELECT c.relname, c.relkind::text, coalesce(c.reloptions::text[] @> ARRAY['security_invoker=true'], false)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'm')
"""
_FUNCTIONS = """
SELECT p.proname, coalesce(array_to_string(p.proconfig, ','), '') LIKE '%%search_path=%%',
       has_function_privilege('app_web', p.oid, 'EXECUTE')
         OR has_function_privilege('app_worker', p.oid, 'EXECUTE')
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
"""
_ROLES = "SELECT rolname, rolsuper, rolbypassrls, rolinherit, rolcreatedb, rolcreaterole FROM pg_roles"
_MEMBERS = """
SELECT m.rolname, r.rolname FROM pg_auth_members a
JOIN pg_roles m ON m.oid = a.member JOIN pg_roles r ON r.oid = a.roleid WHERE m.rolname LIKE 'app\\_%%'
"""


class Catalogue:
    """One reading of the catalogue through the given cursor, so that a test may mutate in its transaction."""

    def __init__(self, cursor: CursorWrapper) -> None:
        self._cursor = cursor
        self.tenant_models = {m._meta.db_table: m for m in apps.get_models() if issubclass(m, TenantModel)}
        self.global_models = {m._meta.db_table: m for m in apps.get_models() if issubclass(m, GlobalModel)}
        self.tables = {row[0]: row[1:] for row in self._rows(_TABLES)}
        self.isolated = self.tenant_models | {
            table: self.tenant_models[parent]
            for table, (*_, parent) in self.tables.items()
            if parent in self.tenant_models
        }

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        self._cursor.execute(query)
        rows: list[tuple[Any, ...]] = self._cursor.fetchall()
        return rows

    def violations(self) -> list[str]:
        """Everything that is wrong, one sentence each; empty when isolation holds."""
        checks = (
            self._unknown_tables, self._row_security, self._policies, self._columns, self._uniques,
            self._keys, self._grants, self._around, self._roles,
        )  # fmt: skip
        return sorted({found for check in checks for found in check()})

    def _unknown_tables(self) -> Iterator[str]:
        known = self.tenant_models.keys() | self.global_models.keys() | UNMODELLED
        for table, (_, _, owner, *_) in self.tables.items():
            if table not in known | self.isolated.keys():
                yield f"{table}: no model declares it TENANT or GLOBAL"
            if owner != roles.OWNER:
                yield f"{table}: owned by {owner}, not by {roles.OWNER}"
        for table in known - self.tables.keys():
            yield f"{table}: the table is missing; run migrate"

    def _row_security(self) -> Iterator[str]:
        for table in self.isolated.keys() & self.tables.keys():
            enabled, forced, *_ = self.tables[table]
            if not enabled:
                yield f"{table}: row security is not enabled"
            if not forced:
                yield f"{table}: row security is not forced on the owner"

    def _policies(self) -> Iterator[str]:
        found: dict[str, list[tuple[Any, ...]]] = {}
        for table, *policy in self._rows(_POLICIES):
            found.setdefault(table, []).append(tuple(policy))
        for table in self.isolated.keys() & self.tables.keys():
            expected = [("tenant_isolation", "*", True, True, POLICY, POLICY)]
            if found.get(table, []) != expected:
                yield f"{table}: its policies are not exactly tenant_isolation for all roles and verbs"

    def _columns(self) -> Iterator[str]:
        columns = {row[0]: row[1:] for row in self._rows(_COLUMNS)}
        for table in self.isolated.keys() & self.tables.keys():
            if columns.get(table) != (True, "uuid"):
                yield f"{table}: tenant_id is not uuid NOT NULL"

    def _uniques(self) -> Iterator[str]:
        pairs = set()
        for table, index, is_primary, columns in self._rows(_UNIQUES):
            if table not in self.isolated:
                continue
            if columns == ["tenant_id", "id"]:
                pairs.add(table)
            if not is_primary and columns[:1] != ["tenant_id"]:
                yield f"{table}: unique index {index} does not begin with tenant_id"
            if is_primary and columns != ["id"] and columns[:1] != ["tenant_id"]:
                yield f"{table}: primary key {columns} does not begin with tenant_id"
        divided = {table for table, (_, _, _, is_divided, _) in self.tables.items() if is_divided}
        for table in self.isolated.keys() & self.tables.keys() - pairs - divided:
            yield f"{table}: UNIQUE (tenant_id, id) is missing"

    def _keys(self) -> Iterator[str]:
        keys = self._rows(_KEYS)
        for table, parent, validated, own, theirs in keys:
            if table in self.isolated and parent in self.tenant_models:
                if own[:1] != ["tenant_id"] or theirs[:2] != ["tenant_id", "id"]:
                    yield f"{table}: the key {own} → {parent} does not carry the tenant"
                if not validated:
                    yield f"{table}: the key {own} → {parent} is not validated"
        present = {(table, parent, own[-1]) for table, parent, _, own, _ in keys if own[0] == "tenant_id"}
        for table, model in self.isolated.items():
            for column, parent in tenant_keys(model):
                if (table, parent, column) not in present:
                    yield f"{table}: the composite key of {column} → {parent} is missing"

    def _grants(self) -> Iterator[str]:
        held: dict[tuple[str, str], set[str]] = {}
        for table, role, privilege in self._rows(_GRANTS):
            held.setdefault((table, role), set()).add(privilege)
            if role == "PUBLIC":
                yield f"{table}: {privilege} is granted to PUBLIC"
        for table in self.tables:
            allowed = self._allowed(table)
            for role in roles.APPLICATION:
                more = held.get((table, role), set()) - allowed
                if more:
                    yield f"{table}: {role} holds {', '.join(sorted(more))}"

    def _allowed(self, table: str) -> set[str]:
        model = self.tenant_models.get(table)
        if model is not None:
            privileges = getattr(model, "database_privileges", PRIVILEGES)
            return {word.strip() for word in privileges.split(",")} & set(PRIVILEGES.split(", "))
        return {"SELECT"} if table in self.global_models or table in UNMODELLED else set()

    def _around(self) -> Iterator[str]:
        for view, kind, is_invoker in self._rows(_VIEWS):
            if kind == "m":
                yield f"{view}: a materialised view keeps rows outside row security"
            elif not is_invoker:
                yield f"{view}: the view lacks security_invoker"
        for function, has_path, is_open in self._rows(_FUNCTIONS):
            if is_open:
                yield f"{function}(): the application may call it, though it runs as {roles.OWNER}"
            if function not in DEFINER_FUNCTIONS or not has_path:
                yield f"{function}(): SECURITY DEFINER outside the audited list or without search_path"

    def _roles(self) -> Iterator[str]:
        found = {row[0]: row[1:] for row in self._rows(_ROLES)}
        for role in roles.APPLICATION:
            if found.get(role) != (False, False, False, False, False):
                yield f"{role}: must be NOSUPERUSER NOBYPASSRLS NOINHERIT NOCREATEDB NOCREATEROLE"
        for member, role in self._rows(_MEMBERS):
            if member != roles.MIGRATE:
                yield f"{member}: is a member of {role}"


def tenant_keys(model: type[Model]) -> list[tuple[str, str]]:
    """(column, parent table) of each tenant foreign key of a model."""
    return [
        (str(field.column), field.related_model._meta.db_table)
        for field in model._meta.local_fields
        if isinstance(field, TenantForeignKey)
    ]


def violations(cursor: CursorWrapper) -> list[str]:
    """Everything in this database that breaks isolation, one sentence each."""
    return Catalogue(cursor).violations()
