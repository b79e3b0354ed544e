"""API keys: shown once, kept as prefix and hash, limited by scope, expiry and revocation (D10, D23)."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from tests.factories import Cast, Organisation


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_key_is_shown_once_and_kept_as_prefix_and_hash(
    cast: Cast, signed_in: Callable[..., Client]
) -> None:
    from apps.accounts.models import ApiKey
    from apps.accounts.tokens import token_hash
    from apps.tenants.scope import tenant_scope

    bob = signed_in(cast.bob)
    made = bob.post("/api/v1/api-keys", {"name": "Script"}, content_type="application/json")
    assert made.status_code == 201
    body = made.json()
    slug, prefix, secret = body["key"].removeprefix("atrium_").split("_", 2)
    assert (slug, prefix) == (cast.acme.slug, body["prefix"])
    assert len(secret) >= 43
    with tenant_scope(cast.acme.id):
        row = ApiKey.objects.values().get()
    assert row["secret_hash"] == token_hash(secret)
    assert secret not in str(row)
    assert row["scopes"] == ["chat", "embeddings", "images", "rerank", "knowledge"]
    listing = bob.get("/api/v1/api-keys")
    assert listing.status_code == 200
    assert [item["prefix"] for item in listing.json()["results"]] == [prefix]
    assert secret not in listing.text
    assert "hash" not in listing.text


def test_a_key_works_on_the_bare_host_and_on_its_own_but_not_on_anothers(
    cast: Cast, key_of: Callable[..., str]
) -> None:
    from django.test import Client

    key = key_of(cast.bob)
    for host in ("localhost", cast.acme.host):
        answer = Client(HTTP_HOST=host).get("/api/v1/me", headers=bearer(key))
        assert (answer.status_code, answer.json()["email"]) == (200, "bob@acme.example")
    foreign = Client(HTTP_HOST=cast.globex.host).get("/api/v1/me", headers=bearer(key))
    assert foreign.status_code == 401


def test_the_tenant_cannot_be_chosen_by_header_body_or_slug(
    cast: Cast, key_of: Callable[..., str], visit: Callable[[Organisation], Client]
) -> None:
    key = key_of(cast.bob)
    renamed = key.replace(cast.acme.slug, cast.globex.slug)
    client = visit(cast.globex)
    assert client.get("/api/v1/me", headers=bearer(renamed)).status_code == 401
    chosen = bearer(key) | {"X-Tenant": cast.globex.slug, "X-Forwarded-Host": cast.globex.host}
    answer = visit(cast.acme).get("/api/v1/me?tenant=globex", headers=chosen)
    assert answer.json()["tenant"]["slug"] == cast.acme.slug


@pytest.mark.parametrize(
    "change", ["expired", "revoked", "wrong secret", "wrong prefix", "not a key", "empty"]
)
def test_a_dead_or_wrong_key_is_401_and_says_what_to_do(
    cast: Cast, key_of: Callable[..., str], visit: Callable[[Organisation], Client], change: str
) -> None:
    from apps.accounts.models import ApiKey
    from apps.tenants.scope import tenant_scope

    key = key_of(cast.bob)
    past = timezone.now() - dt.timedelta(seconds=1)
    with tenant_scope(cast.acme.id):
        if change in ("expired", "revoked"):
            column = {"expired": "expires_at", "revoked": "revoked_at"}[change]
            ApiKey.objects.update(**{column: past})
    head, prefix, secret = key.rsplit("_", 2) if key.count("_") == 3 else key.split("_", 3)[1:]
    text = {
        "wrong secret": key[:-1] + ("a" if key[-1] != "a" else "b"),
        "wrong prefix": key.replace(f"_{prefix}_", "_00000000_"),
        "not a key": "sk-123",
        "empty": "",
    }.get(change, key)
    assert head
    assert secret
    answer = visit(cast.acme).get("/api/v1/me", headers=bearer(text))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="atrium"'
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthenticated"


def test_authenticating_is_one_statement_and_is_noted_once_a_minute(
    cast: Cast, key_of: Callable[..., str]
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.accounts.models import ApiKey
    from apps.accounts.services import api_key_authenticate
    from apps.accounts.tokens import read_key
    from apps.tenants.scope import tenant_scope

    text = read_key(key_of(cast.bob))
    assert text is not None
    with tenant_scope(cast.acme.id):
        counts = []
        for _ in range(3):
            with CaptureQueriesContext(connection) as captured:
                key = api_key_authenticate(text)
                assert key is not None
                assert (key.user.name, key.team.name) == ("Bob Member", "Everyone")
            counts.append(len(captured.captured_queries))
        assert counts == [2, 1, 1]
        assert ApiKey.objects.get().last_used_at is not None


def test_a_key_without_the_scope_is_refused_and_nothing_is_made(
    cast: Cast, key_of: Callable[..., str], visit: Callable[[Organisation], Client]
) -> None:
    from apps.accounts.models import ApiKey, Team
    from apps.tenants.scope import tenant_scope

    chat_only = key_of(cast.alice, "chat")
    client = visit(cast.acme)
    for path, body in (("/api/v1/api-keys", {"name": "Another"}), ("/api/v1/teams", {"name": "Legal"})):
        answer = client.post(path, body, content_type="application/json", headers=bearer(chat_only))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    with tenant_scope(cast.acme.id):
        assert ApiKey.objects.count() == 1
        assert not Team.objects.filter(name="Legal").exists()
    administers = key_of(cast.alice, "admin")
    answer = client.post(
        "/api/v1/teams", {"name": "Legal"}, content_type="application/json", headers=bearer(administers)
    )
    assert answer.status_code == 201


def test_a_member_cannot_make_a_key_that_administers(cast: Cast, signed_in: Callable[..., Client]) -> None:
    from apps.accounts.models import ApiKey
    from apps.tenants.scope import tenant_scope

    body = {"name": "Root", "scopes": ["chat", "admin"]}
    answer = signed_in(cast.bob).post("/api/v1/api-keys", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"field": "scopes", "message": "Only administrators can make a key that administers."}
    ]
    with tenant_scope(cast.acme.id):
        assert not ApiKey.objects.exists()


def test_a_key_acts_in_a_team_of_its_person_only(cast: Cast, signed_in: Callable[..., Client]) -> None:
    client = signed_in(cast.bob)
    answers = {
        str(team): client.post(
            "/api/v1/api-keys",
            json.dumps({"name": "Script", "team_id": str(team)}),
            content_type="application/json",
        ).status_code
        for team in (cast.engineering.id, cast.sales.id)
    }
    assert answers == {str(cast.engineering.id): 201, str(cast.sales.id): 400}


def test_a_colleagues_key_is_404_and_stays_alive(cast: Cast, signed_in: Callable[..., Client]) -> None:
    from apps.accounts.models import ApiKey
    from apps.tenants.scope import tenant_scope

    carol, bob = signed_in(cast.carol), signed_in(cast.bob)
    made = carol.post("/api/v1/api-keys", {"name": "Hers"}, content_type="application/json").json()
    foreign = bob.delete(f"/api/v1/api-keys/{made['id']}")
    random = bob.delete("/api/v1/api-keys/01890000-0000-7000-8000-000000000000")
    assert foreign.status_code == random.status_code == 404
    assert foreign.content == random.content
    with tenant_scope(cast.acme.id):
        assert ApiKey.objects.get(id=made["id"]).revoked_at is None
    assert carol.delete(f"/api/v1/api-keys/{made['id']}").status_code == 204
    with tenant_scope(cast.acme.id):
        assert ApiKey.objects.get(id=made["id"]).revoked_at is not None
