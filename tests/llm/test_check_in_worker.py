"""Test, with the product's real processes: the page asks, a Celery worker calls the host."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any

from tests.llm.conftest import Connected
from tests.processes import Served, product

__all__ = ["product"]


def _call(url: str, secret: str, method: str = "GET") -> dict[str, Any]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {secret}"}, method=method)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        told: dict[str, Any] = json.load(answer)
        return told


def test_worker_makes_the_call_that_the_page_asked_for(connected: Connected, product: Served) -> None:
    from apps.accounts.services import api_key_create
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        _, secret = api_key_create(
            actor=None,
            slug=cast.acme.slug,
            user=cast.alice,
            team=cast.engineering,
            name="program",
            scopes=["admin"],
        )
    one = f"{product.bare_url}/api/v1/connections/{connected.connection.pk}"
    check = _call(f"{one}/listing", secret, "POST")
    deadline = time.monotonic() + 60
    while check["state"] in {"queued", "running"} and time.monotonic() < deadline:
        time.sleep(0.05)
        check = _call(f"{one}/checks/{check['id']}", secret)
    assert (check["state"], len(check["found"])) == ("done", 3), check
    assert [asked.path for asked in connected.host.asked] == ["/v1/models"]
