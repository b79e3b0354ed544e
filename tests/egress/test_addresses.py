"""Which addresses are public, and that no form of another one gets through (E01)."""

import pytest

from apps.egress.addresses import is_public, may_be_granted

NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",  # noqa: S104
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1", "::127.0.0.1", "::8.8.8.8", "fe80::1",
    "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "100::1", "2001:db8::1",
    "3fff::1", "5f00::1", "4000::1", "2001:20::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::ffff:0.0.0.0", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
    "2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1", "2001:0:53aa:64c:0:0:80ff:fffe", "2001::1",
    "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1",
    "64:ff9b::808:808", "::ffff:8.8.8.8",
]  # fmt: skip
NEVER_ALLOWED = [
    "169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fe80::1", "0.0.0.0", "::",  # noqa: S104
    "224.0.0.1", "168.63.129.16", "fd00:ec2::254",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_address_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "::1", "fd12::1", "8.8.8.8"])
def test_allowed_name_may_resolve_to_a_private_address(address: str) -> None:
    assert may_be_granted(address)


@pytest.mark.parametrize("address", NEVER_ALLOWED)
def test_allowed_name_may_never_resolve_to_metadata(address: str) -> None:
    assert not may_be_granted(address)
