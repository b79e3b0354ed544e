"""The API's documentation: complete, for who is signed in, without anything from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

from tests.factories import Cast

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def alice(cast: Cast) -> Client:
    """alice's browser."""
    from apps.accounts.middleware import COOKIE
    from apps.accounts.services import session_create
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        _, token = session_create(user=cast.alice, ip=None, agent="test")
    client = Client(headers={"host": cast.acme.host})
    client.cookies[COOKIE] = token
    return client


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation of the committed schema."""
    paths = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    return [(path, method, operation) for path, item in paths.items() for method, operation in item.items()]


def test_every_operation_has_an_id_a_tag_a_summary_and_its_errors() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids)) > 30
    for path, method, operation in operations():
        assert operation["tags"], (path, method)
        assert operation.get("summary") or operation.get("description"), (path, method)
        assert {"401", "403", "503"} <= operation["responses"].keys(), (path, method)
        if path.startswith("/api/") and method != "get":
            assert "409" in operation["responses"], (path, method)
        if "parameters" in operation and path != "/api/v1/runs/{run_id}/events":
            assert {"400", "404"} & operation["responses"].keys(), (path, method)
        if "requestBody" in operation:
            assert {"400", "404", "413", "429"} <= operation["responses"].keys(), (path, method)


def test_every_route_of_the_api_is_described() -> None:
    from tests.isolation.surface import doors

    described = {re.sub(r"\{\w+\}", "{}", path) for path, _, _ in operations()}
    undescribed = {"/api/v1/schema"}
    for door in doors():
        if door.route.startswith(("api/v1/", "v1/")) and "^" not in door.route:
            path = "/" + re.sub(r"<[^>]+>", "{}", door.route)
            assert path in described | undescribed, path


def test_the_schema_is_served_to_who_is_signed_in_only(alice: Client) -> None:
    served = alice.get("/api/v1/schema")
    assert served.status_code == 200
    assert served.json()["info"]["title"] == "Atrium"
    alice.cookies.clear()
    assert alice.get("/api/v1/schema").status_code == 401
    assert alice.get("/docs/api/").status_code == 302


def test_the_reference_runs_without_inline_script_and_from_here_alone(alice: Client) -> None:
    page = alice.get("/docs/api/")
    assert page.status_code == 200
    html = page.content.decode()
    policy = page["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"\son\w+=", html)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
    for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', html):
        if "/static/dist/" not in asset:
            from django.contrib.staticfiles import finders

            assert finders.find(asset.removeprefix("/static/")), asset
