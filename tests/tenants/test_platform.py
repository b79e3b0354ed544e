"""Work across tenants: what is wrong with one of them keeps no other waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError

from apps.tenants.platform import for_each_tenant, tenant_ids

if TYPE_CHECKING:
    from uuid import UUID

    from tests.factories import Organisation


def test_the_fault_of_one_tenant_is_logged_and_the_others_are_served(
    acme: Organisation, globex: Organisation, caplog: pytest.LogCaptureFixture
) -> None:
    served: list[UUID] = []

    def work(tenant_id: UUID) -> int:
        if tenant_id == acme.id:
            raise ValueError("a row that nobody expected")
        served.append(tenant_id)
        return 1

    assert for_each_tenant(work) == len(served)
    assert set(served) == set(tenant_ids()) - {acme.id}
    assert str(acme.id) in caplog.text


def test_a_database_that_is_away_ends_the_pass(acme: Organisation, globex: Organisation) -> None:
    asked: list[UUID] = []

    def work(tenant_id: UUID) -> int:
        asked.append(tenant_id)
        raise OperationalError

    with pytest.raises(OperationalError):
        for_each_tenant(work)
    assert len(asked) == 1
