"""Connections: what is refused, where keys go, what the audit log keeps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Cast
from tests.llm.conftest import KEY, Connected, allow, audit_actions

PRIVATE = ["http://127.0.0.1:8000/v1", "http://10.0.0.1/v1", "http://[::1]:1/v1", "http://localhost:1/v1"]


def _create(**values: Any) -> Any:
    from apps.llm.services import connection_create

    return connection_create(
        actor=None, **{"vendor": "openai_compatible", "name": "Host", "key": ""} | values
    )


def _refused(cast: Cast, **values: Any) -> dict[str, list[str]]:
    """The field errors of a creation that must fail and leave nothing."""
    from django.core.exceptions import ValidationError

    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        with pytest.raises(ValidationError) as caught:
            _create(**values)
        assert not Connection.objects.exists()
    return caught.value.message_dict


@pytest.mark.parametrize("url", PRIVATE)
def test_private_address_is_refused_and_names_whom_to_ask(cast: Cast, url: str) -> None:
    message = _refused(cast, base_url=url)["base_url"][0]
    assert "Nothing was saved" in message
    assert f"allow_host --tenant {cast.acme.slug} --host" in message


def test_what_no_operator_can_open_sends_nobody_to_the_operator(cast: Cast) -> None:
    (message,) = _refused(cast, base_url="http://169.254.169.254/v1")["base_url"]
    assert "never connected to" in message
    assert "allow_host" not in message


def test_permission_of_another_tenant_or_port_does_not_count(cast: Cast) -> None:
    allow(cast.globex.id, 8000)
    allow(cast.acme.id, 8001)
    assert "base_url" in _refused(cast, base_url="http://127.0.0.1:8000/v1")


def test_application_can_not_allow_itself_a_host(cast: Cast) -> None:
    from django.db import ProgrammingError

    from apps.llm.models import AllowedHost
    from apps.tenants.scope import tenant_scope

    with pytest.raises(ProgrammingError), tenant_scope(cast.acme.id):
        AllowedHost.objects.create(host="127.0.0.1", port=1)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"vendor": "nobody"}, "vendor"),
        ({"vendor": "builtin", "base_url": "https://a.example/v1"}, "vendor"),
        ({"name": " ", "base_url": "https://a.example/v1"}, "name"),
        ({"name": "x" * 101, "base_url": "https://a.example/v1"}, "name"),
        ({"base_url": ""}, "base_url"),
        ({"base_url": "https://u:p@a.example/v1"}, "base_url"),
        ({"base_url": "http://a.example/v1", "key": KEY}, "base_url"),
        ({"base_url": "https://a.example/v1", "key": "two\nlines"}, "key"),
        ({"vendor": "openai"}, "key"),
    ],
)
def test_bad_input_names_its_field(cast: Cast, values: dict[str, str], field: str) -> None:
    assert list(_refused(cast, **values)) == [field]


def test_name_is_taken_once_per_tenant(cast: Cast) -> None:
    from django.core.exceptions import ValidationError

    from apps.tenants.scope import tenant_scope

    for organisation in (cast.acme, cast.globex):
        with tenant_scope(organisation.id):
            _create(base_url="https://a.example/v1")
    with pytest.raises(ValidationError), tenant_scope(cast.acme.id):
        _create(base_url="https://b.example/v1")


def test_known_vendor_brings_its_address(cast: Cast) -> None:
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        connection = _create(vendor="openai", key=KEY)
    assert connection.base_url == "https://api.openai.com/v1"


def test_key_is_sealed_and_never_in_the_audit_log(connected: Connected) -> None:
    from apps.audit.models import AuditEvent
    from apps.llm.services import connection_update
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        connection = connected.connection
        connection_update(actor=None, connection=connection, changes={"key": KEY + "2"})
        connection.refresh_from_db()
        assert KEY.encode() not in bytes(connection.sealed_key)
        assert connection.key_last4 == "XYZ2"
        told = list(AuditEvent.objects.filter(target_type="connection").values_list("before", "after"))
    assert KEY not in str(told)
    assert audit_actions(connected.cast.acme.id).count("connection.updated") == 1


def test_key_stays_with_its_host(connected: Connected) -> None:
    from django.core.exceptions import ValidationError

    from apps.llm.models import Connection
    from apps.llm.services import connection_update
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        with pytest.raises(ValidationError) as caught:
            connection_update(
                actor=None, connection=connected.connection, changes={"base_url": "https://other.example/v1"}
            )
        assert list(caught.value.message_dict) == ["key"]
        kept = Connection.objects.get(pk=connected.connection.pk)
        assert kept.base_url == connected.host.base_url
        connection_update(
            actor=None,
            connection=kept,
            changes={"base_url": "https://other.example/v1", "key": "sk-of-the-other-host"},
        )
        assert kept.key_origin == "https://other.example:443"


def test_key_of_another_origin_is_not_sent(connected: Connected, say: Any) -> None:
    from apps.llm.gateway import ErrorKind
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        Connection.objects.filter(pk=connected.connection.pk).update(key_origin="https://other.example:443")
    said = say()
    assert said.error.kind == ErrorKind.AUTHENTICATION
    assert connected.host.asked == []


def test_deletion_takes_models_and_grants_and_keeps_the_ledger(connected: Connected, say: Any) -> None:
    from apps.llm.models import Connection, Grant, Model
    from apps.llm.services import connection_delete
    from apps.metering.models import UsageRecord
    from apps.tenants.scope import tenant_scope

    say()
    with tenant_scope(connected.cast.acme.id):
        connection_delete(actor=None, connection=connected.connection)
        assert [kind.objects.count() for kind in (Connection, Model, Grant)] == [0, 0, 0]
        assert UsageRecord.objects.get().connection_name == "Test host"


def test_private_host_that_lost_its_permission_is_not_called(connected: Connected, say: Any) -> None:
    from apps.llm.models import AllowedHost
    from apps.tenants.platform import platform_scope

    with platform_scope():
        AllowedHost.across.filter(tenant_id=connected.cast.acme.id).delete()
    said = say()
    assert said.error is not None
    assert "private network" in said.error.message
    assert connected.host.asked == []


def test_address_with_a_place_to_fill_in_is_no_default(cast: Cast) -> None:
    assert list(_refused(cast, vendor="azure_openai", key=KEY)) == ["base_url"]
