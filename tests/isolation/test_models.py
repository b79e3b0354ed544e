"""Proof (b): every ORM verb and raw statement on every model, across tenants, with each lock on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, models, transaction
from psycopg import sql

from apps.tenants.errors import CrossTenantError, NoTenantScopeError
from apps.tenants.fields import CurrentTenant, TenantForeignKey
from apps.tenants.isolation.catalogue import tenant_keys
from apps.tenants.manager import TenantManager
from apps.tenants.models import TenantModel
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import tenant_scope
from tests.isolation.rows import row_make, tenant_models

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Organisation

MODELS = tenant_models()
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


def _made(model: type[TenantModel], organisation: Organisation) -> Any:
    with tenant_scope(organisation.id):
        return row_make(model)


def _field(model: type[TenantModel]) -> Any:
    return next(f for f in model._meta.local_fields if f.attname not in {"id", "tenant_id"})


def _snapshot(model: type[TenantModel], row: Any) -> Any:
    with platform_scope():
        return model.across.filter(pk=row.pk).values().first()


@each_model
def test_no_verb_of_the_manager_touches_a_foreign_row(
    model: type[TenantModel], acme: Organisation, globex: Organisation
) -> None:
    theirs = _made(model, globex)
    before = _snapshot(model, theirs)
    rows = model.objects.all
    with tenant_scope(acme.id):
        mine = rows().filter(pk=theirs.pk)
        assert not mine.exists()
        assert mine.first() is None
        assert mine.count() == 0
        assert list(mine.values_list("pk")) == []
        assert rows().in_bulk([theirs.pk]) == {}
        assert mine.aggregate(n=models.Count("pk")) == {"n": 0}
        assert list(mine.iterator()) == []
        assert _locked(mine) == []
        assert list(rows().filter(pk=theirs.pk).union(rows().filter(pk=theirs.pk))) == []
        with pytest.raises(model.DoesNotExist):
            model.objects.get(pk=theirs.pk)
        with pytest.raises(CrossTenantError):
            model.objects.raw("SELECT 1")
        with pytest.raises(CrossTenantError):
            mine.update(tenant_id=acme.id)
        with pytest.raises(CrossTenantError):
            model.objects.bulk_create([theirs])
        with pytest.raises(CrossTenantError):
            model.objects.bulk_update([theirs], ["tenant_id"])
        with pytest.raises(CrossTenantError):
            theirs.save(using="default")
        with pytest.raises(model.DoesNotExist):
            theirs.refresh_from_db()
    assert _snapshot(model, theirs) == before


def _locked(rows: Any) -> list[Any]:
    """What can be locked; a table that the application may only add to or read cannot be."""
    try:
        with transaction.atomic():
            return list(rows.select_for_update())
    except DatabaseError as error:
        assert "permission denied" in str(error)  # noqa: PT017 - a denial is as good as an empty list
        return []


@each_model
def test_every_write_by_queryset_leaves_a_foreign_row_alone(
    model: type[TenantModel], acme: Organisation, globex: Organisation
) -> None:
    theirs = _made(model, globex)
    before = _snapshot(model, theirs)
    field = _field(model)
    for write in (
        lambda: model.objects.filter(pk=theirs.pk).update(**{field.attname: getattr(theirs, field.attname)}),
        lambda: model.objects.bulk_update([theirs], [field.name]),
        lambda: model.objects.filter(pk=theirs.pk).delete()[0],
    ):
        with tenant_scope(acme.id):
            assert _rows_touched(write) == 0
    assert _snapshot(model, theirs) == before


def _rows_touched(write: Callable[[], Any]) -> int:
    try:
        with transaction.atomic():
            return int(write() or 0)
    except (DatabaseError, models.ProtectedError, ValueError):
        return 0


@each_model
def test_row_security_alone_hides_and_keeps_foreign_rows(
    model: type[TenantModel], acme: Organisation, globex: Organisation
) -> None:
    theirs = _made(model, globex)
    before = _snapshot(model, theirs)
    table, column = sql.Identifier(model._meta.db_table), sql.Identifier(_field(model).column)
    with tenant_scope(acme.id), connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT count(*) FROM {} WHERE id = %s").format(table), [theirs.pk])
        assert cursor.fetchone() == (0,)
        for verb in (
            sql.SQL("UPDATE {} SET {column} = {column} WHERE id = %s").format(table, column=column),
            sql.SQL("DELETE FROM {} WHERE id = %s").format(table),
        ):
            try:
                with transaction.atomic():
                    cursor.execute(verb, [theirs.pk])
                    assert cursor.rowcount == 0
            except DatabaseError as error:
                assert "permission denied" in str(error)  # noqa: PT017 - a denial is as good
    assert _snapshot(model, theirs) == before


@each_model
def test_the_manager_alone_hides_foreign_rows(
    model: type[TenantModel], acme: Organisation, globex: Organisation
) -> None:
    theirs = _made(model, globex)
    assert _seen_by_manager_alone(model, theirs, acme) == 0


def _seen_by_manager_alone(model: type[TenantModel], theirs: Any, acme: Organisation) -> int:
    """Rows that the manager shows on a connection which row security does not bind."""
    platform: Any = connections[PLATFORM]
    with platform_scope():
        platform.tenant_id = acme.id
        try:
            return int(model.objects.using(PLATFORM).filter(pk=theirs.pk).count())
        finally:
            platform.tenant_id = None


def _pairs() -> list[tuple[type[TenantModel], TenantForeignKey]]:
    return [
        (model, field)
        for model in MODELS
        for field in model._meta.local_fields
        if isinstance(field, TenantForeignKey)
    ]


@pytest.mark.parametrize(
    ("model", "field"), _pairs(), ids=lambda value: getattr(value, "name", None) or value._meta.label
)
def test_the_keys_alone_refuse_a_foreign_parent(
    model: type[TenantModel], field: TenantForeignKey, acme: Organisation, globex: Organisation
) -> None:
    mine = _made(model, acme)
    with tenant_scope(globex.id):
        parent: Any = field.related_model
        their_parent = row_make(parent)
    statement = sql.SQL("UPDATE {} SET {} = %s WHERE id = %s").format(
        sql.Identifier(model._meta.db_table), sql.Identifier(field.column)
    )
    with pytest.raises(IntegrityError), platform_scope():
        connections[PLATFORM].cursor().execute(statement, [their_parent.pk, mine.pk])


@each_model
def test_model_without_scope_is_an_error_not_an_empty_list(model: type[TenantModel]) -> None:
    with pytest.raises(NoTenantScopeError):
        list(model.objects.all())


def test_without_the_managers_filter_the_proof_turns_red(
    acme: Organisation, globex: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = MODELS[0]
    theirs = _made(model, globex)
    monkeypatch.setattr(
        TenantManager, "get_queryset", lambda self: models.QuerySet(self.model, using=self._db)
    )
    assert _seen_by_manager_alone(model, theirs, acme) == 1


def test_without_set_config_nothing_can_be_read(acme: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    platform: Any = connections["default"]
    monkeypatch.setattr(platform, "tenant_id", acme.id)
    with pytest.raises(DatabaseError), transaction.atomic():
        MODELS[0].objects.count()


def test_current_tenant_is_read_when_sql_is_compiled(acme: Organisation, globex: Organisation) -> None:
    model = MODELS[0]
    with tenant_scope(acme.id):
        row_make(model)
        lazy = model.objects.all()
        assert lazy.count() == 1
    with tenant_scope(globex.id):
        assert lazy.all().count() == 0
    with pytest.raises(NoTenantScopeError):
        CurrentTenant().as_sql(None, connection)  # type: ignore[arg-type]  # the compiler is not looked at


def test_every_foreign_key_pair_is_covered() -> None:
    assert {(m._meta.db_table, f.column) for m, f in _pairs()} == {
        (m._meta.db_table, column) for m in MODELS for column, _ in tenant_keys(m)
    }
