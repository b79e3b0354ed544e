"""Which IP addresses count as public: a list of our own, since the standard library's differs by version.

Sources: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and its successors).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_REFUSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        "168.63.129.16/32",  # Azure's platform endpoint: metadata on a public number
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo, benchmarking, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)
_CARRIES_V4 = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))  # mapped, NAT64
_ISATAP = 0x00005EFE
_ISATAP_MASK = 0xFDFFFFFF
_NEVER_ALLOWED = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("168.63.129.16/32"),
    IPv4Network("224.0.0.0/3"),
    IPv6Network("::/128"),
    IPv6Network("fe80::/10"),
    IPv6Network("fd00:ec2::/32"),
    IPv6Network("ff00::/8"),
)


def is_public(text: str) -> bool:
    """True when the address is one that any host of the Internet could reach under the same number."""
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    carried = carried_v4(address)
    if carried is not None:
        return is_public(str(carried))
    if address.scope_id is not None or address not in _GLOBAL_V6:
        return False
    return not (_is_isatap(address) or any(address in network for network in _REFUSED_V6))


def may_be_granted(text: str) -> bool:
    """True when an allow-listed *name* may resolve to the address: private yes, metadata and multicast no."""
    address: IPv4Address | IPv6Address = ip_address(text)
    if isinstance(address, IPv6Address):
        address = carried_v4(address) or address
    return not any(address.version == network.version and address in network for network in _NEVER_ALLOWED)


def carried_v4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a mapped or NAT64 address stands for."""
    if any(address in network for network in _CARRIES_V4):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _is_isatap(address: IPv6Address) -> bool:
    """RFC 5214: the interface identifier 0000:5efe or 0200:5efe carries an IPv4 address."""
    return (int(address) >> 32) & _ISATAP_MASK == _ISATAP
