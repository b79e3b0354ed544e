"""Every vendor's form: fields, help, key page and marks from the registry; a retired one says what to use."""

from __future__ import annotations

import io
import json
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from tests.llm.conftest import KEY, browser

if TYPE_CHECKING:
    from django.test import Client

    from apps.llm.vendors.interface import Vendor
    from tests.factories import Cast

pytestmark = pytest.mark.usefixtures("hints")


def _vendors(*, retired: bool = False) -> list[Vendor]:
    from apps.llm.vendors.registry import GROUPS

    return [vendor for group in GROUPS.values() for vendor in group if bool(vendor.info.retired) is retired]


@pytest.fixture
def alice(cast: Cast) -> Client:
    return browser(cast, cast.alice)


def _text(client: Client, url: str, status: int = 200) -> str:
    page = client.get(url)
    assert page.status_code == status, url
    return unescape(page.content.decode())


def test_list_names_every_vendor_once_with_its_marks(alice: Client) -> None:
    page = _text(alice, "/admin/providers/new")
    for vendor in _vendors():
        assert page.count(f'href="/admin/providers/new/{vendor.slug}">{vendor.label}</a></') <= 1
        assert f'<a href="/admin/providers/new/{vendor.slug}">{vendor.label}</a>' in page, vendor.slug
        assert vendor.info.note in page
        assert vendor.key_page in page
    for words in ("Open, closed", "Closed", "Maker of models", "Your own host", "Germany"):
        assert words in page


def test_form_shows_fields_help_key_page_and_marks_of_every_vendor(alice: Client) -> None:
    for vendor in _vendors():
        page = _text(alice, f"/admin/providers/new/{vendor.slug}")
        for field in vendor.fields:
            name = "key" if field.secret else field.name
            assert f'name="{name}"' in page, (vendor.slug, field.name)
            assert field.label in page
            assert field.help in page
            for value, label in field.choices:
                assert f'<option value="{value}"' in page
                assert label in page
        for words in (vendor.key_page, vendor.info.docs, vendor.info.region, vendor.info.note):
            assert words in page, vendor.slug


@pytest.mark.parametrize("slug", ["palm", "lambda", "meta"])
def test_retired_vendor_says_what_to_use_instead_and_can_not_be_added(
    cast: Cast, alice: Client, slug: str
) -> None:
    from apps.llm.models import Connection
    from apps.llm.vendors.registry import vendor_for
    from apps.tenants.scope import tenant_scope

    info = vendor_for(slug).info
    url = f"/admin/providers/new/{slug}"
    for page in (_text(alice, "/admin/providers/new"), _text(alice, url)):
        assert info.retired in page
        assert all(f"/admin/providers/new/{other}" in page for other in info.instead)
    assert f'href="{url}"' not in _text(alice, "/admin/providers/new")
    assert 'name="base_url"' not in _text(alice, url)
    posted = alice.post(url, {"name": "Old", "base_url": "https://old.example/v1", "key": KEY})
    assert posted.status_code == 422
    assert info.retired in unescape(posted.content.decode())
    with tenant_scope(cast.acme.id):
        assert not Connection.objects.exists()


def test_retired_vendor_is_refused_over_rest_too(cast: Cast, alice: Client) -> None:
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    values = {"vendor": "palm", "name": "Old", "base_url": "https://old.example/v1", "key": KEY}
    answer = alice.post("/api/v1/connections", json.dumps(values), content_type="application/json")
    assert answer.status_code in {400, 422}
    assert "Gemini" in answer.content.decode()
    with tenant_scope(cast.acme.id):
        assert not Connection.objects.exists()


def _filled(vendor: Vendor) -> dict[str, Any]:
    """What a person would enter: an address where each customer has one, a key, the defaults."""
    values: dict[str, Any] = {"name": f"My {vendor.slug}", "key": KEY, "base_url": "https://host.example/v1"}
    for field in vendor.fields:
        if field.secret or field.name == "base_url":
            continue
        if field.kind != "boolean":
            values[field.name] = field.default
        elif field.default == "yes":
            values[field.name] = "on"
    return values


def test_every_vendor_can_be_connected_with_its_defaults(cast: Cast, alice: Client) -> None:
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    for vendor in _vendors():
        posted = alice.post(f"/admin/providers/new/{vendor.slug}", _filled(vendor))
        assert posted.status_code == 302, (vendor.slug, unescape(posted.content.decode())[:0])
        plain = [field for field in vendor.fields if not field.secret and field.name != "base_url"]
        with tenant_scope(cast.acme.id):
            made = Connection.objects.get(name=f"My {vendor.slug}")
        assert made.vendor == vendor.slug
        assert made.settings == {field.name: field.default for field in plain}
        assert made.has_key
        edit = _text(alice, f"/admin/providers/{made.pk}/edit")
        assert vendor.info.docs in edit
        assert KEY not in edit


ACCOUNT = {"type": "service_account", "private_key": "-----BEGIN\nx\n-----END\n", "client_email": "a@b.c"}
PRETTY = json.dumps(ACCOUNT, indent=2) + "\n"


def _stored_key(cast: Cast) -> str:
    from apps.llm.endpoints import Place, endpoint_of
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        return endpoint_of(Place.of(Connection.objects.get()), is_allowed=False).api_key


def _assert_account_in_one_line(cast: Cast) -> None:
    assert "\n" not in _stored_key(cast)
    assert json.loads(_stored_key(cast)) == ACCOUNT


def test_a_service_account_with_line_breaks_is_stored_in_one_line(cast: Cast, alice: Client) -> None:
    from apps.llm.vendors.registry import vendor_for

    values = _filled(vendor_for("vertex")) | {"key": PRETTY}
    assert alice.post("/admin/providers/new/vertex", values).status_code == 302
    _assert_account_in_one_line(cast)


def test_the_same_over_rest_new_and_replaced(cast: Cast, alice: Client) -> None:
    settings = {"project": "acme-1", "location": "europe-west4"}
    values = {"vendor": "vertex", "name": "V", "settings": settings, "key": PRETTY}
    made = alice.post("/api/v1/connections", json.dumps(values), content_type="application/json")
    assert made.status_code == 201, made.content
    _assert_account_in_one_line(cast)
    address = f"/api/v1/connections/{made.json()['id']}"
    for key, stored in (("plain-key-0123456789", "plain-key-0123456789"), (PRETTY, json.dumps(ACCOUNT))):
        changed = alice.patch(address, json.dumps({"key": key}), content_type="application/json")
        assert changed.status_code == 200, changed.content
        assert _stored_key(cast) == stored
        assert "BEGIN" not in changed.content.decode()


@pytest.mark.parametrize("way", ["stdin", "env"])
def test_the_same_on_the_command_line(cast: Cast, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PRETTY))
    monkeypatch.setenv("ACME_VERTEX", PRETTY)
    said = io.StringIO()
    options = ("--key-stdin",) if way == "stdin" else ("--key-env", "ACME_VERTEX")
    words = ("--tenant", cast.acme.slug, "--vendor", "vertex", "--name", "V", *options, "--json")
    call_command("connection_add", *words, "--setting", "project=acme-1", stdout=said)
    _assert_account_in_one_line(cast)
    assert "BEGIN" not in said.getvalue()
