"""The door: sign in and out, one-time links, forgotten passwords, one's organisation (D14, D16, D21)."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.accounts.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from tests.factories import Cast, Organisation

    Visit = Callable[..., Client]

COOKIE = "atrium_session"


@pytest.fixture
def with_password(cast: Cast) -> Cast:
    """bob has a password."""
    from apps.accounts.services import password_set
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        password_set(actor=None, user=cast.bob, password=PASSWORD)
    return cast


def sign_in(client: Client, email: str, password: str, ip: str = "192.0.2.1", **data: str) -> Any:
    return client.post("/sign-in", {"email": email, "password": password} | data, REMOTE_ADDR=ip)


def link_of(cast: Cast, kind: str) -> str:
    from apps.accounts.services import one_time_link_create
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        return one_time_link_create(actor=None, kind=kind, user=cast.bob)


def test_signing_in_gives_a_new_session_in_a_safe_cookie(with_password: Cast, visit: Visit) -> None:
    client = visit(with_password.acme)
    client.cookies[COOKIE] = "an-attackers-choice"
    first = sign_in(client, " Bob@Acme.example ", PASSWORD, next="/c/1?x=2")
    assert (first.status_code, first.headers["Location"]) == (302, "/c/1?x=2")
    cookie = first.cookies[COOKIE]
    assert cookie.value not in ("", "an-attackers-choice")
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (
        True,
        "Lax",
        "/",
        "",
    )
    again = sign_in(client, "bob@acme.example", PASSWORD)
    assert again.cookies[COOKIE].value != cookie.value
    client.cookies[COOKIE] = cookie.value
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    "where", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x"]
)
def test_after_signing_in_one_stays_on_this_host(with_password: Cast, visit: Visit, where: str) -> None:
    answer = sign_in(visit(with_password.acme), "bob@acme.example", PASSWORD, next=where)
    assert answer.headers["Location"] == "/"


def test_every_failure_reads_the_same(with_password: Cast, visit: Visit) -> None:
    from apps.accounts.services import user_deactivate
    from apps.tenants.scope import tenant_scope

    with tenant_scope(with_password.acme.id):
        user_deactivate(actor=None, user=with_password.carol)
    pages = set()
    for email in ("bob@acme.example", "nobody@acme.example", "carol@acme.example", "alice@acme.example"):
        answer = sign_in(visit(with_password.acme), email, "not the password")
        assert answer.status_code == 422
        assert COOKIE not in answer.cookies
        text = answer.text.replace(email, "EMAIL")
        pages.add(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text))
    assert len(pages) == 1
    assert "do not belong together" in pages.pop()


def test_an_unknown_address_takes_as_long_as_a_known_one(
    with_password: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import Argon2PasswordHasher

    from apps.accounts.services import attempt_begin, password_fits
    from apps.tenants.scope import tenant_scope

    compared: list[str] = []
    verify = Argon2PasswordHasher.verify

    def counting(self: Any, password: str, encoded: str) -> bool:
        compared.append(encoded)
        return bool(verify(self, password, encoded))

    monkeypatch.setattr(Argon2PasswordHasher, "verify", counting)
    for email in ("bob@acme.example", "nobody@acme.example", "alice@acme.example"):
        with tenant_scope(with_password.acme.id):
            attempt = attempt_begin(email=email, ip="192.0.2.9")
        assert not password_fits(attempt, "nobody")
    assert len(compared) == 3
    assert all(encoded.startswith("argon2$argon2id$") for encoded in compared)


def test_guessing_is_throttled_per_address_and_does_not_lock_out_the_owner(
    with_password: Cast, visit: Visit
) -> None:
    from apps.accounts.services.sign_in import MOST_PER_ACCOUNT_AND_ADDRESS

    client = visit(with_password.acme)
    for _ in range(MOST_PER_ACCOUNT_AND_ADDRESS):
        assert sign_in(client, "bob@acme.example", "guess", ip="203.0.113.5").status_code == 422
    refused = sign_in(client, "bob@acme.example", PASSWORD, ip="203.0.113.5")
    assert refused.status_code == 429
    assert "Wait 15 minutes" in refused.text
    assert COOKIE not in refused.cookies
    assert sign_in(client, "nobody@acme.example", "guess", ip="203.0.113.5").status_code == 422
    assert sign_in(client, "bob@acme.example", PASSWORD, ip="192.0.2.1").status_code == 302


def test_guesses_at_the_same_moment_are_all_counted(with_password: Cast) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    from apps.accounts.services import attempt_begin
    from apps.accounts.services.sign_in import MOST_PER_ACCOUNT_AND_ADDRESS
    from apps.rest.errors import ProblemError
    from apps.tenants.scope import tenant_scope

    def guess(_: int) -> bool:
        try:
            with tenant_scope(with_password.acme.id):
                attempt_begin(email="bob@acme.example", ip="203.0.113.6")
        except ProblemError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(24))) == MOST_PER_ACCOUNT_AND_ADDRESS


def test_failures_and_successes_are_audited(with_password: Cast, visit: Visit) -> None:
    from apps.audit.selectors import events
    from apps.tenants.scope import tenant_scope

    client = visit(with_password.acme)
    sign_in(client, "bob@acme.example", "guess", ip="203.0.113.7")
    sign_in(client, "nobody@acme.example", "guess", ip="203.0.113.7")
    sign_in(client, "bob@acme.example", PASSWORD, ip="203.0.113.7")
    client.post("/sign-out", REMOTE_ADDR="203.0.113.7")
    with tenant_scope(with_password.acme.id):
        found = [(event.action, event.actor_name, event.ip) for event in events()[:4]]
        targets = [event.target_id for event in events()[:4]]
    assert found == [
        ("session.ended", "Bob Member", "203.0.113.7"),
        ("session.started", "Bob Member", "203.0.113.7"),
        ("sign_in.failed", "", None),
        ("sign_in.failed", "", None),
    ]
    assert targets[2:] == ["", str(with_password.bob.id)]


def test_a_busy_database_is_503_with_a_time_to_come_back(
    cast: Cast, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def busy(*_: Any, **__: Any) -> None:
        raise OperationalError("couldn't get a connection after 5.00 sec")

    for target in ("apps.accounts.pages.respond_in_scope", "apps.accounts.api.base.tenant_scope"):
        monkeypatch.setattr(target, busy)
    client = visit(cast.acme)
    for path in ("/sign-in", "/api/v1/me"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert "couldn't" not in answer.text


def test_a_success_forgives_earlier_failures(with_password: Cast, visit: Visit) -> None:
    from apps.accounts.models import SignInAttempt
    from apps.tenants.scope import tenant_scope

    client = visit(with_password.acme)
    sign_in(client, "bob@acme.example", "guess")
    assert sign_in(client, "bob@acme.example", PASSWORD).status_code == 302
    with tenant_scope(with_password.acme.id):
        assert not SignInAttempt.objects.exists()


def test_signing_out_ends_the_session_on_the_server(
    with_password: Cast, signed_in: Callable[..., Client]
) -> None:
    bob = signed_in(with_password.bob)
    token = bob.cookies[COOKIE].value
    assert bob.get("/sign-out").status_code == 405
    answer = bob.post("/sign-out")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    assert answer.cookies[COOKIE].value == ""
    bob.cookies[COOKIE] = token
    assert bob.get("/api/v1/me").status_code == 401


def test_a_link_survives_a_preview_and_lets_in_once(cast: Cast, visit: Visit) -> None:
    path = link_of(cast, "sign_in")
    client = visit(cast.acme)
    for _ in range(3):
        preview = client.get(path)
        assert preview.status_code == 200
        assert "Sign in as Bob Member" in preview.text
    assert visit(cast.globex).post(path).status_code == 410
    assert client.post(path).status_code == 302
    assert client.get("/api/v1/me").json()["email"] == "bob@acme.example"
    second = visit(cast.acme).post(path)
    assert second.status_code == 410
    assert COOKIE not in second.cookies


def test_a_reset_link_needs_a_good_password_and_stays_until_it_has_one(cast: Cast, visit: Visit) -> None:
    path = link_of(cast, "reset")
    client = visit(cast.acme)
    weak = client.post(path, {"password": "password1"})
    assert "too common" in weak.text
    assert COOKIE not in weak.cookies
    assert client.post(path, {"password": PASSWORD}).status_code == 302
    assert client.post(path, {"password": PASSWORD + "!"}).status_code == 410
    assert sign_in(visit(cast.acme), "bob@acme.example", PASSWORD).status_code == 302


def test_a_link_is_kept_as_a_hash_and_dies_with_its_person(cast: Cast, visit: Visit) -> None:
    from apps.accounts.models import OneTimeLink
    from apps.accounts.services import user_deactivate
    from apps.tenants.scope import tenant_scope

    path = link_of(cast, "sign_in")
    with tenant_scope(cast.acme.id):
        assert path.rpartition("/")[2] not in str(list(OneTimeLink.objects.values()))
        user_deactivate(actor=None, user=cast.bob)
    assert visit(cast.acme).post(path).status_code == 410


def test_a_forgotten_password_is_mailed_and_strangers_see_the_same(
    with_password: Cast, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings
    from django.core import mail

    mail.outbox = []
    monkeypatch.setattr(settings, "EMAIL_HOST", "mail.example")
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    pages = {
        visit(with_password.acme).post("/password/forgot", {"email": email}).text
        for email in ("bob@acme.example", "nobody@acme.example")
    }
    assert len(pages) == 1
    deadline = time.monotonic() + 20
    while not mail.outbox and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [message.to for message in mail.outbox] == [["bob@acme.example"]]
    found = re.search(rf"http://{with_password.acme.host}[:\d]*(/link/\S+)", str(mail.outbox[0].body))
    assert found is not None
    answer = visit(with_password.acme).post(found[1], {"password": "another good password"})
    assert answer.status_code == 302


def test_without_mail_an_administrator_is_named(cast: Cast, visit: Visit) -> None:
    page = visit(cast.acme).get("/password/forgot")
    assert "Ask an administrator" in page.text
    assert "<form" not in page.text.partition("<main")[2]


def test_the_bare_host_asks_for_the_address_and_lists_nobody(
    cast: Cast, acme: Organisation, globex: Organisation
) -> None:
    from django.test import Client

    bare = Client(HTTP_HOST="localhost:8000")
    for path in ("/sign-in", "/settings/profile", "/admin/"):
        assert bare.get(path).headers["Location"] == "/organisation"
    page = bare.get("/organisation")
    assert page.status_code == 200
    assert acme.slug not in page.text
    assert globex.slug not in page.text
    for address in (acme.slug, acme.host, f"http://{acme.host}/c/1"):
        answer = bare.post("/organisation", {"address": address})
        assert answer.headers["Location"] == f"http://{acme.host}:8000/"
    unknown = bare.post("/organisation", {"address": "nowhere"})
    assert "No organisation has this address" in unknown.text
