"""What is remembered of a host: for five seconds at most, and renewed without a request that waits."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest

from apps.tenants import hosts
from apps.tenants.aio import in_database_thread
from apps.tenants.hosts import UnknownHostError, atenant_of_host, atenant_of_slug, oldest_tenant
from apps.tenants.models import Tenant, TenantHost, TenantState
from apps.tenants.platform import PLATFORM, platform_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.factories import Cast


@pytest.fixture(autouse=True)
def quickly_old(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What was looked up is renewed from its first use on, after a blink."""
    monkeypatch.setattr(hosts, "_RENEWED_SECONDS", 0.0)
    monkeypatch.setattr(hosts, "_PAUSE_SECONDS", 0.01)
    hosts.forget_hosts()
    yield
    hosts.forget_hosts()


async def _renewed() -> None:
    async with asyncio.timeout(10):
        await asyncio.gather(*hosts._renewing.values())


def test_a_request_gets_what_is_remembered_and_the_next_one_what_has_changed(cast: Cast) -> None:
    slug, host = cast.acme.slug, cast.acme.host

    async def asks() -> list[bool]:
        seen = []
        for changed in (False, True):
            if changed:
                await in_database_thread(partial(_suspend, cast))
            for _ in range(2):
                named, served = await atenant_of_slug(slug), await atenant_of_host(host)
                assert named is not None
                assert named == served
                seen.append(named.is_active)
                await _renewed()
        return seen

    assert asyncio.run(asks()) == [True, True, True, False]


def test_the_oldest_organisation_is_one_that_is_active(cast: Cast) -> None:
    with platform_scope():
        tenants = Tenant.objects.using(PLATFORM).filter(state=TenantState.ACTIVE)
        oldest = tenants.order_by("created_at", "id").values_list("id", flat=True)[0]
    found = oldest_tenant()
    assert found is not None
    assert found.is_active
    assert found.id == oldest


def test_a_host_that_went_is_not_remembered(cast: Cast) -> None:
    host = cast.acme.host

    async def asks() -> None:
        await atenant_of_host(host)
        await in_database_thread(partial(_remove_host, cast))
        await atenant_of_host(host)
        await _renewed()
        with pytest.raises(UnknownHostError):
            await atenant_of_host(host)

    asyncio.run(asks())


def test_a_slug_that_is_not_there_is_looked_up_each_time(cast: Cast) -> None:
    async def asks() -> None:
        assert await atenant_of_slug("nobody-at-all") is None
        assert "slug:nobody-at-all" not in hosts._kept

    asyncio.run(asks())


def _suspend(cast: Cast) -> None:
    with platform_scope():
        Tenant.objects.using(PLATFORM).filter(id=cast.acme.id).update(state=TenantState.SUSPENDED)


def _remove_host(cast: Cast) -> None:
    with platform_scope():
        TenantHost.objects.using(PLATFORM).filter(host=cast.acme.host).delete()
