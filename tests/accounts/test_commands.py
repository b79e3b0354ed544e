"""What an operator scripts: one line of JSON or one sentence, the organisation always named (A16)."""

from __future__ import annotations

import io
import json
import secrets
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

if TYPE_CHECKING:
    from tests.factories import Cast, Organisation


def run(*words: str) -> Any:
    out = io.StringIO()
    call_command(*words, "--json", stdout=out)
    assert out.getvalue().count("\n") == 1
    return json.loads(out.getvalue())


@pytest.mark.parametrize("words", [["user_create", "x@acme.example"], ["api_key_create", "x@acme.example"]])
def test_a_command_on_a_tenants_data_refuses_to_run_without_one(words: list[str]) -> None:
    with pytest.raises(CommandError, match="--tenant"):
        call_command(*words)
    with pytest.raises(CommandError, match="no organisation with the slug 'nowhere'"):
        call_command(*words, "--tenant", "nowhere")


@pytest.mark.parametrize(
    "name", ["tenant_create", "user_create", "api_key_create", "setup_link", "audit_verify", "vault_rotate"]
)
def test_every_command_explains_itself(name: str) -> None:
    from django.core.management import get_commands, load_command_class

    text = load_command_class(get_commands()[name], name).create_parser("manage.py", name).format_help()
    assert "--json" in text
    assert len(text) > 300


def test_an_organisation_its_person_and_key_come_from_the_command_line() -> None:
    slug = f"initech-{secrets.token_hex(4)}"
    made = run("tenant_create", slug, "--name", "Initech")
    assert (made["slug"], made["host"]) == (slug, f"{slug}.localhost")
    person = run("user_create", "Ira@initech.example", "--tenant", slug, "--name", "Ira", "--role", "owner")
    assert person["email"] == "ira@initech.example"
    host, _, path = person["link"].removeprefix("http://").partition("/")
    assert host.partition(":")[0] == made["host"]
    browser = Client(HTTP_HOST=made["host"])
    assert "Welcome, Ira" in browser.get(f"/{path}").text
    key = run("api_key_create", "ira@initech.example", "--tenant", slug, "--scope", "admin", "--days", "1")[
        "key"
    ]
    me = Client(HTTP_HOST="localhost").get("/api/v1/me", headers={"Authorization": f"Bearer {key}"})
    assert (me.json()["tenant"], me.json()["role"]) == ({"slug": slug, "name": "Initech"}, "owner")
    with pytest.raises(CommandError, match=r"is taken\. Nothing was changed"):
        call_command("tenant_create", slug)


@pytest.mark.parametrize("slug", ["Big", "under_score", "-x", "x-", "a" * 41, ""])
def test_a_malformed_slug_is_refused(slug: str) -> None:
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("tenant_create", "--", slug)


@pytest.mark.parametrize(
    "host", ["bad host", "a.example/x", "http://a.example", "a.example:80", "-a.example", "a..b"]
)
def test_a_malformed_host_is_refused(host: str) -> None:
    from apps.tenants.models import Tenant
    from apps.tenants.platform import PLATFORM, platform_scope

    slug = f"h{secrets.token_hex(4)}"
    with pytest.raises(CommandError, match="is not a host name"):
        call_command("tenant_create", slug, f"--host={host}")
    with platform_scope():
        assert not Tenant.objects.using(PLATFORM).filter(slug=slug).exists()


@pytest.mark.parametrize("days", ["0", "-3", "99999999"])
def test_days_that_make_no_expiry_are_refused(cast: Cast, days: str) -> None:
    with pytest.raises(CommandError, match="--days is a number from 1 to"):
        call_command("api_key_create", "bob@acme.example", "--tenant", cast.acme.slug, f"--days={days}")


def test_a_refusal_has_the_words_of_its_fields(cast: Cast) -> None:
    with pytest.raises(CommandError, match=r"^Enter a complete e-mail address\. Nothing was saved\.$"):
        call_command("user_create", "nobody", "--tenant", cast.acme.slug)


def test_a_refused_person_leaves_nothing_behind(cast: Cast) -> None:
    from apps.accounts.models import User
    from apps.tenants.scope import tenant_scope

    with pytest.raises(CommandError, match="Somebody with this address is already here"):
        call_command("user_create", "bob@acme.example", "--tenant", cast.acme.slug)
    with pytest.raises(CommandError, match="no team with the slug 'nowhere'"):
        call_command("user_create", "new@acme.example", "--tenant", cast.acme.slug, "--team", "nowhere")
    with tenant_scope(cast.acme.id):
        assert User.objects.count() == 3


def test_a_key_for_a_stranger_or_a_foreign_team_is_refused(cast: Cast) -> None:
    from apps.accounts.models import ApiKey
    from apps.tenants.scope import tenant_scope

    for words, says in (
        (["mallory@globex.example"], "no such person"),
        (["bob@acme.example", "--team", "nowhere"], "no such person or team"),
        (["bob@acme.example", "--team", "sales"], "Choose a team that the person is in"),
    ):
        with pytest.raises(CommandError, match=says):
            call_command("api_key_create", *words, "--tenant", cast.acme.slug)
    with tenant_scope(cast.acme.id):
        assert not ApiKey.objects.exists()


def test_the_setup_link_is_none_where_there_are_organisations(
    acme: Organisation, globex: Organisation
) -> None:
    assert run("setup_link") == {"url": None}
