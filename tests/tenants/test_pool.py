"""Connections that the server has closed, as after its restart: nobody waits for them, and none is used."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic

from django.db import connection

from apps.tenants.scope import tenant_scope
from tests.factories import Organisation

MANY = 2


def _pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _pooled(organisation: Organisation) -> set[int]:
    """Server processes of connections that lie idle in the pool, all open at once a moment ago."""
    together = Barrier(MANY)
    connection.close()

    def hold() -> int:
        try:
            with tenant_scope(organisation.id):
                pid = _pid()
                together.wait(10)
        finally:
            connection.close()
        return pid

    with ThreadPoolExecutor(MANY) as threads:
        return set(threads.map(lambda _: hold(), range(MANY)))


def test_a_pool_of_dead_connections_delays_nobody(acme: Organisation) -> None:
    pids = _pooled(acme)
    assert len(pids) == MANY
    with tenant_scope(acme.id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM unnest(%s) pid WHERE pid != pg_backend_pid()", [list(pids)]
        )
    begun = monotonic()
    for _ in range(MANY):
        connection.close()
        with tenant_scope(acme.id):
            assert _pid()
    assert monotonic() - begun < 1
