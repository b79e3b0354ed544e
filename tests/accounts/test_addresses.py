"""The caller's address, as servers and proxies of all kinds name it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import override_settings

from apps.accounts.middleware import address_of


@pytest.mark.parametrize(
    ("named", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:50123", "192.0.2.1"),
        ("[2001:db8::1]:50123", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("unknown", None),
        ("", None),
    ],
)
def test_an_address_is_one_that_the_database_can_hold(named: str, address: str | None) -> None:
    with override_settings(SECURE_PROXY_SSL_HEADER=None):
        assert address_of(SimpleNamespace(META={"REMOTE_ADDR": named})) == address


def test_behind_a_proxy_its_last_hop_counts() -> None:
    meta = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7, 192.0.2.1:50123"}
    with override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")):
        assert address_of(SimpleNamespace(META=meta)) == "192.0.2.1"
    with override_settings(SECURE_PROXY_SSL_HEADER=None):
        assert address_of(SimpleNamespace(META=meta)) == "10.0.0.1"
