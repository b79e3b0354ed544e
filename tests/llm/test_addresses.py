"""Base URLs: what is taken, what is refused, what is private."""

from __future__ import annotations

import pytest

from apps.llm.endpoints import BadAddressError, address_of


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.com/v1",
        "ftp://example.com",
        "https://user:secret@example.com/v1",
        "https://example.com/v1?x=1",
        "https://example.com/v1#part",
        "https://example.com:99999/v1",
        "https://exa mple.com/v1",
        "https://0x7f.1/v1",
        "http://2130706433/",
        "http://127.1/v1",
        "https://example.com\\@evil.example/v1",
    ],
)
def test_bad_address_is_refused(url: str) -> None:
    with pytest.raises(BadAddressError):
        address_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1",
        "http://10.1.2.3/v1",
        "http://192.168.0.9/v1",
        "http://169.254.169.254/v1",
        "http://[::1]:8000/v1",
        "http://[fd00::1]/v1",
        "http://[::ffff:10.0.0.1]/v1",
        "http://0.0.0.0/v1",
        "http://localhost:11434/v1",
        "http://LOCALHOST./v1",
        "http://ollama:11434/v1",
        "http://models.internal/v1",
    ],
)
def test_private_address_is_known_as_such(url: str) -> None:
    assert address_of(url).is_private


def test_public_address_is_taken_apart() -> None:
    address = address_of(" https://API.Example.com/v1/ ")
    assert (address.url, address.host, address.port) == ("https://API.Example.com/v1", "api.example.com", 443)
    assert address.origin == "https://api.example.com:443"
    assert not address.is_private
