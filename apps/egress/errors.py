"""What can go wrong on the way out: refused by our rules, or failed on the wire."""


class EgressRefused(Exception):  # noqa: N818 - the name is the contract of the whole product
    """The rules forbid this call; nothing was sent.

    `reason` is one of bad_url, bad_scheme, credentials_in_url, other_host, private_address, no_address.
    It is a class that may be shown; it never holds what a host answered.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EgressFailed(Exception):  # noqa: N818 - the counterpart of EgressRefused
    """The call was allowed and did not succeed.

    `reason` is one of connect, tls, timeout, cut, malformed, too_large.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
