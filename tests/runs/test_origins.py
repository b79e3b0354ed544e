"""Which pages may open the socket, and what goes with the files that pages load."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("origin", "is_own"),
    [
        ("http://acme.localhost:8000", True),
        ("http://acme.localhost:8001", False),
        ("http://globex.localhost:8000", False),
        ("http://acme.localhost.evil.example:8000", False),
        ("http://acme.localhost:8000@evil.example", False),
        ("null", False),
        ("", False),
        ("http://[", False),
    ],
)
def test_the_page_must_be_of_the_same_host_and_port(origin: str, is_own: bool) -> None:
    from apps.runs.visitors import is_own_origin

    assert is_own_origin(origin, "acme.localhost:8000") is is_own


def test_an_installation_at_https_takes_no_page_of_http(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.runs.visitors import is_own_origin

    monkeypatch.setattr("django.conf.settings.BASE_URL", "https://atrium.example")
    assert is_own_origin("https://acme.atrium.example", "acme.atrium.example")
    assert not is_own_origin("http://acme.atrium.example:443", "acme.atrium.example:443")


def test_a_static_file_is_what_it_says_and_nobody_elses() -> None:
    from config.asgi import application

    kept = next(file for url, file in application.files.items() if url.startswith("/static/img/"))
    headers = dict(kept.get_response("GET", {}).headers)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Content-Security-Policy" not in headers
