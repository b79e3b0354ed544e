"""Probes: the maintenance process finds what is due, a worker asks the host, the breaker hears of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests.llm.conftest import Connected, allow
from tests.llm.host import Answer
from tests.llm.test_breaker import health, is_due, told
from tests.llm.test_deployments import other, second, stand

if TYPE_CHECKING:
    from apps.llm.models import Connection

__all__ = ["other", "second"]

pytestmark = pytest.mark.usefixtures("hints")

BROKEN = Answer(status=503, error={"error": {"message": "down"}})
REFUSED = Answer(status=401, error={"error": {"message": "wrong key", "code": "invalid_api_key"}})


def probe(connected: Connected) -> None:
    """What the worker's task does; a probe of just now does not stand in its way."""
    from apps.llm.models import ConnectionHealth
    from apps.llm.tasks import probe_connection
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        rows = ConnectionHealth.objects.filter(connection=connected.connection)
        rows.update(probed_at=timezone.now() - timedelta(minutes=1))
    probe_connection(str(connected.cast.acme.id), str(connected.connection.pk))


def due(connected: Connected) -> bool:
    """Whether the maintenance process would have this connection probed now."""
    from apps.llm.health.upkeep import _due

    return (connected.cast.acme.id, connected.connection.pk) in _due()


def aged(connected: Connected, seconds: int) -> None:
    """Say that the connection was made or changed that long ago."""
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        at = timezone.now() - timedelta(seconds=seconds)
        Connection.objects.filter(pk=connected.connection.pk).update(updated_at=at)


def test_probe_costs_no_tokens_and_keeps_time_and_result(connected: Connected) -> None:
    probe(connected)
    found = health(connected)
    assert found is not None
    assert (found.state, found.probe_error, found.probe_failures) == ("closed", "", 0)
    assert found.probed_at is not None
    assert found.probe_ms is not None
    assert [asked.path for asked in connected.host.asked] == ["/v1/models"]


@pytest.mark.parametrize(("answer", "kind"), [(BROKEN, "overloaded"), (REFUSED, "authentication")])
def test_two_failed_probes_open_the_breaker(connected: Connected, answer: Answer, kind: str) -> None:
    connected.host.answers = [answer]
    probe(connected)
    assert health(connected).state == "closed"  # type: ignore[union-attr]  # it is there
    probe(connected)
    found = health(connected)
    assert found is not None
    assert found.state == "open"
    assert found.error_kind in {kind, "unavailable"}
    assert told(connected) == [("Alice Admin", "Test host does not answer")]


def test_good_probe_closes_it_once_its_pause_is_over(connected: Connected) -> None:
    connected.host.answers = [BROKEN]
    probe(connected)
    probe(connected)
    connected.host.answers = [Answer()]
    asked = len(connected.host.asked)
    probe(connected)
    assert health(connected).state == "open"  # type: ignore[union-attr]  # it is there
    assert len(connected.host.asked) == asked
    is_due(connected)
    probe(connected)
    assert health(connected).state == "closed"  # type: ignore[union-attr]  # as above
    assert [title for _, title in told(connected)] == ["Test host does not answer", "Test host answers again"]


def test_failed_probe_of_one_that_is_down_doubles_the_pause(connected: Connected) -> None:
    connected.host.answers = [BROKEN]
    for _ in range(2):
        probe(connected)
    is_due(connected)
    probe(connected)
    found = health(connected)
    assert found is not None
    assert (found.state, found.pause_s) == ("open", 20)


def test_test_that_passes_ends_the_wait(connected: Connected) -> None:
    from tests.llm.test_checks import _check

    connected.host.answers = [BROKEN]
    for _ in range(2):
        probe(connected)
    connected.host.answers = [Answer()]
    connected.host.asked.clear()
    assert _check(connected, "test").state == "done"
    assert health(connected).state == "closed"  # type: ignore[union-attr]  # it is there


def test_host_without_a_list_is_not_down(connected: Connected) -> None:
    connected.host.answers = [Answer(status=404, error={"error": {"message": "no such path"}})]
    for _ in range(3):
        probe(connected)
    assert health(connected).state == "closed"  # type: ignore[union-attr]  # it is there


def test_due_after_five_minutes_and_sooner_in_doubt(connected: Connected) -> None:
    assert not due(connected)
    aged(connected, 310)
    assert due(connected)
    probe(connected)
    assert not due(connected)
    ago = timezone.now() - timedelta(seconds=20)
    stand(connected, connected.connection.pk, probed_at=ago)
    assert not due(connected)
    stand(connected, connected.connection.pk, probed_at=ago, probe_failures=1)
    assert due(connected)


def test_one_that_is_down_is_due_with_its_trial(connected: Connected) -> None:
    soon = timezone.now() + timedelta(seconds=30)
    stand(connected, connected.connection.pk, state="open", retry_at=soon)
    assert not due(connected)
    is_due(connected)
    assert due(connected)


def test_connections_that_are_off_or_unused_are_left_alone(connected: Connected, other: Connection) -> None:
    from apps.llm.health.upkeep import _due
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    ago = timezone.now() - timedelta(seconds=400)
    with tenant_scope(connected.cast.acme.id):
        Connection.objects.update(updated_at=ago)
    assert due(connected)
    assert (connected.cast.acme.id, other.pk) not in _due()
    with tenant_scope(connected.cast.acme.id):
        Connection.objects.filter(pk=connected.connection.pk).update(is_enabled=False)
    assert not due(connected)
    connected.host.asked.clear()
    probe(connected)
    assert connected.host.asked == []


def test_hint_is_not_repeated_while_a_worker_is_busy(connected: Connected, hints: list[Any]) -> None:
    from apps.llm.health.upkeep import Prober

    aged(connected, 310)
    prober = Prober()
    assert prober.hint() >= 1
    count = len(hints)
    prober.hint()
    assert len(hints) == count


def test_private_address_without_permission_is_not_asked(connected: Connected) -> None:
    from apps.llm.models import AllowedHost
    from apps.tenants.platform import platform_scope

    with platform_scope():
        AllowedHost.across.filter(tenant_id=connected.cast.acme.id).delete()
    probe(connected)
    assert connected.host.asked == []
    allow(connected.cast.acme.id, connected.host.port)
    probe(connected)
    assert len(connected.host.asked) == 1
