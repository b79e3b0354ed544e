"""Audit events are written once; what was sealed cannot be changed unseen (J10)."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast, Organisation


def owner_does(sql: str, *values: object) -> None:
    """A statement as the superuser, whom neither grants nor row security bind."""
    from tests.environment import ENVIRONMENT

    with psycopg.connect(ENVIRONMENT["ATRIUM_TEST_ADMIN_URL"], autocommit=True) as admin:
        admin.execute(sql, values)


def sealed(organisation: Organisation, notes: int = 3) -> list[Any]:
    """Record events, seal them, and return those of this test."""
    from apps.audit.chain import seal_tenant
    from apps.audit.models import AuditEvent
    from apps.audit.services import record
    from apps.tenants.scope import tenant_scope

    with tenant_scope(organisation.id):
        ids = [record(actor=None, action=f"note.{n}", after={"n": n}) for n in range(notes)]
        events = list(AuditEvent.objects.filter(id__in=ids).order_by("id"))
    assert seal_tenant(organisation.id) >= notes
    assert seal_tenant(organisation.id) == 0
    return events


def verify(slug: str) -> dict[str, list[str]]:
    out = StringIO()
    call_command("audit_verify", "--tenant", slug, "--json", stdout=out)
    found: dict[str, list[str]] = json.loads(out.getvalue())
    return found


def test_an_untouched_trail_verifies_and_goes_on(acme: Organisation) -> None:
    sealed(acme)
    sealed(acme)
    assert verify(acme.slug) == {acme.slug: []}


@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "SEAL"])
def test_the_application_can_neither_change_nor_remove_nor_seal(acme: Organisation, verb: str) -> None:
    from apps.audit.models import AuditEvent, AuditSeal
    from apps.tenants.scope import tenant_scope

    event = sealed(acme)[0]
    with tenant_scope(acme.id):
        rows = AuditEvent.objects.filter(id=event.id)
        attempts: dict[str, Callable[[], object]] = {
            "UPDATE": lambda: rows.update(action="other"),
            "DELETE": rows.delete,
            "SEAL": lambda: AuditSeal.objects.create(number=99, event_id=event.id, digest="x"),
        }
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            attempts[verb]()
        assert rows.values_list("action", flat=True).get() == "note.0"


def test_a_changed_event_is_found_and_named(acme: Organisation, globex: Organisation) -> None:
    changed, *_ = sealed(acme)
    sealed(globex)
    owner_does("UPDATE audit_auditevent SET actor_name = 'nobody' WHERE id = %s", changed.id)
    with pytest.raises(CommandError, match=rf"event {changed.id} \(note.0, .* was changed"):
        verify(acme.slug)
    assert verify(globex.slug) == {globex.slug: []}


def test_a_removed_event_and_a_removed_seal_are_found(acme: Organisation) -> None:
    first, second, _ = sealed(acme)
    owner_does("DELETE FROM audit_auditevent WHERE id = %s", first.id)
    with pytest.raises(CommandError, match=f"event {first.id} was removed"):
        verify(acme.slug)
    owner_does("DELETE FROM audit_auditseal WHERE event_id = %s", second.id)
    with pytest.raises(CommandError, match=r"Seals \d+ to \d+ were removed"):
        verify(acme.slug)


def test_an_event_that_commits_after_later_ones_is_sealed_too(acme: Organisation) -> None:
    from apps.audit.chain import seal_tenant
    from apps.audit.models import AuditEvent
    from apps.tenants.models import new_id
    from apps.tenants.scope import tenant_scope

    early = new_id()
    sealed(acme)
    with tenant_scope(acme.id):
        AuditEvent.objects.create(id=early, action="late.commit")
    assert seal_tenant(acme.id) == 1
    assert verify(acme.slug) == {acme.slug: []}


def test_an_event_that_commits_a_day_later_is_sealed_by_the_days_pass(acme: Organisation) -> None:
    from datetime import timedelta

    from apps.audit.chain import seal_tenant

    old, *_ = sealed(acme)
    sealed(acme)
    owner_does("DELETE FROM audit_auditseal WHERE tenant_id = %s", acme.id)
    sealed(acme)
    owner_does("DELETE FROM audit_auditseal WHERE event_id = %s", old.id)
    made = old.created_at - timedelta(days=1)
    owner_does("UPDATE audit_auditevent SET created_at = %s WHERE id = %s", made, old.id)
    assert seal_tenant(acme.id) == 0
    assert seal_tenant(acme.id, all_times=True) == 1


def test_a_pass_reads_no_event_that_was_sealed_long_ago(acme: Organisation) -> None:
    from apps.audit.chain import LATE, _unsealed
    from apps.tenants.platform import PLATFORM, platform_scope

    newest = sealed(acme)[-1].created_at
    many = """INSERT INTO audit_auditevent
                     (id, tenant_id, created_at, actor_name, action, target_type, target_id)
              SELECT gen_random_uuid(), %s, %s::timestamptz - interval '1 day', '', 'old', '', ''
              FROM generate_series(1, 3000)"""
    owner_does(many, acme.id, newest)
    sealing = """INSERT INTO audit_auditseal (id, tenant_id, number, event_id, created_at, digest)
                 SELECT gen_random_uuid(), tenant_id, 1000 + row_number() OVER (), id, now(), ''
                 FROM audit_auditevent WHERE tenant_id = %s AND action = 'old'"""
    owner_does(sealing, acme.id)
    owner_does("ANALYZE audit_auditevent, audit_auditseal")
    with platform_scope():
        pass_ = _unsealed(acme.id, newest).using(PLATFORM).values("id")[:2000]
        plan = json.loads(pass_.explain(format="json", analyze=True))[0]["Plan"]
    assert LATE.total_seconds() < 86_400
    assert rows_read(plan) < 100


def rows_read(plan: dict[str, Any]) -> float:
    """Rows that the plan's scans gave or threw away, in all loops."""
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) if "Relation Name" in plan else 0
    return float(own * plan["Actual Loops"]) + sum(map(rows_read, plan.get("Plans", ())))


def test_an_event_is_part_of_the_transaction_that_it_describes(cast: Cast) -> None:
    from apps.accounts.actors import Actor
    from apps.audit.selectors import EventFilter, events
    from apps.audit.services import record
    from apps.tenants.scope import discard, tenant_scope

    alice = Actor(cast.alice, None, None, "192.0.2.7")
    with tenant_scope(cast.acme.id):
        record(actor=alice, action="thing.kept", target_type="thing", target_id="1", before={"a": 1})
    with tenant_scope(cast.acme.id):
        record(actor=alice, action="thing.discarded")
        discard()
    with tenant_scope(cast.acme.id):
        found = list(events(EventFilter(query="thing.")))
        assert [(e.action, e.actor_name, e.ip, e.before) for e in found] == [
            ("thing.kept", "Alice Admin", "192.0.2.7", {"a": 1})
        ]
    with tenant_scope(cast.globex.id):
        assert not events(EventFilter(query="thing.")).exists()
        assert connection.in_atomic_block


def test_verifying_an_unknown_organisation_is_refused() -> None:
    with pytest.raises(CommandError, match="no organisation with the slug 'nowhere'"):
        verify("nowhere")
