"""Test and the list of models: made by a worker, told in our words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.llm.conftest import KEY, Connected, audit_actions
from tests.llm.host import Answer

pytestmark = pytest.mark.usefixtures("hints")


def _check(connected: Connected, kind: str) -> Any:
    """Start a check and do what the worker's task does."""
    from apps.llm.models import CheckKind, ConnectionCheck
    from apps.llm.services import connection_check_start
    from apps.llm.tasks import check_connection
    from apps.tenants.scope import tenant_scope

    tenant_id = connected.cast.acme.id
    with tenant_scope(tenant_id):
        check = connection_check_start(actor=None, connection=connected.connection, kind=CheckKind(kind))
        assert check.state == "queued"
    assert connected.host.asked == []
    check_connection(str(tenant_id), str(check.pk))
    with tenant_scope(tenant_id):
        return ConnectionCheck.objects.get(pk=check.pk)


def test_good_connection_is_told_plainly(connected: Connected) -> None:
    check = _check(connected, "test")
    assert (check.state, check.message) == ("done", "The host answered and accepts the key.")
    assert check.ms is not None
    assert audit_actions(connected.cast.acme.id)[-1] == "connection.tested"


def test_hosts_words_and_key_stay_out_of_the_result(connected: Connected) -> None:
    body = {"error": {"message": f"host-canary {KEY} is wrong", "code": "invalid_api_key"}}
    connected.host.answers = [Answer(status=401, error=body)]
    check = _check(connected, "test")
    assert (check.state, check.error_kind) == ("failed", "authentication")
    assert "host-canary" not in check.message
    assert KEY not in check.message


def test_list_has_ids_and_what_they_are_for(connected: Connected) -> None:
    check = _check(connected, "list")
    assert [(entry["id"], entry["modality"]) for entry in check.found] == [
        ("big-model", "chat"),
        ("small-model", "chat"),
        ("text-embedding-tiny", "embedding"),
    ]


def test_redirect_is_not_followed(connected: Connected) -> None:
    moved = Answer(status=302, error={}, headers={"Location": "http://127.0.0.1:9/elsewhere"})
    connected.host.answers = [moved]
    check = _check(connected, "test")
    assert check.state == "failed"
    assert len(connected.host.asked) == 1


def test_host_that_is_away_is_a_class_of_error(connected: Connected) -> None:
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope
    from tests.llm.conftest import allow

    allow(connected.cast.acme.id, 9)
    origin = {"base_url": "http://127.0.0.1:9/v1", "port": 9, "key_origin": "http://127.0.0.1:9"}
    with tenant_scope(connected.cast.acme.id):
        Connection.objects.filter(pk=connected.connection.pk).update(**origin)
    assert _check(connected, "test").error_kind == "connection"


def test_second_hint_asks_nobody(connected: Connected) -> None:
    from apps.llm.tasks import check_connection

    check = _check(connected, "test")
    check_connection(str(connected.cast.acme.id), str(check.pk))
    assert len(connected.host.asked) == 1


@pytest.mark.parametrize("foreign", ["tenant", "unknown"])
def test_hint_for_what_is_not_there_does_nothing(connected: Connected, foreign: str) -> None:
    from uuid import uuid4

    from apps.llm.tasks import check_connection

    check = _check(connected, "test")
    tenant_id = connected.cast.globex.id if foreign == "tenant" else connected.cast.acme.id
    check_connection(str(tenant_id), str(check.pk if foreign == "tenant" else uuid4()))
    assert len(connected.host.asked) == 1
