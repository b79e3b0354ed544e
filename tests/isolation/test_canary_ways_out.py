"""Proof (d), what leaves by other ways than a page: prompts, socket frames, mails, notifications, the export.

globex does all that acme does, with the same words and a token beside them; then acme does it. What left on
acme's side is searched for the token. The same with a leak planted, one for each way, turns every way red.
"""

from __future__ import annotations

import io
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from django.core import mail

from apps.accounts.actors import Actor
from apps.accounts.middleware import COOKIE
from apps.accounts.models import Role
from apps.accounts.selectors import everyone
from apps.accounts.services import session_create, user_create
from apps.accounts.services.notifications import notification_create
from apps.audit.services import record
from apps.knowledge.ingesting import ingest
from apps.knowledge.models import Visibility
from apps.knowledge.services import document_add, knowledge_base_create
from apps.llm.services import Offer, connection_create, default_set, model_grants_set, model_offer
from apps.tenants.scope import tenant_scope
from tests.chat.conftest import Browser, browse
from tests.isolation.test_canary import TOKEN, flood
from tests.llm.conftest import KEY, allow
from tests.llm.host import Answer, Host, model_host
from tests.processes import Served, product
from tests.runs.browsing import events, follow, open_socket
from tests.runs.conftest import SignedIn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from apps.accounts.models import User
    from tests.factories import Organisation

__all__ = ["browse", "product"]

MAIL = "pat@both.example"
QUESTION = "How large is the reserve of the treasury?"
WAYS = {"prompts", "frames", "mails", "notifications", "export"}


@dataclass(frozen=True)
class Side:
    """One organisation at work: its person, its model host, its collection."""

    organisation: Organisation
    person: User
    host: Host
    base_id: UUID
    browser: Browser
    signed_in: SignedIn

    def answered_chat(self) -> tuple[str, str]:
        """Ask the question; returns the run and all that the model host was sent."""
        chat = self.browser.begin(knowledge_base_ids=[str(self.base_id)])
        asked = self.browser.send(chat, QUESTION)
        assert asked.status_code == 202, asked.content
        self.browser.answered(chat)
        return asked.json()["run"]["id"], json.dumps([request.body for request in self.host.asked])


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    """Each organisation's own model host; both record what they are asked."""
    with model_host() as first, model_host() as second:
        yield first, second


@pytest.fixture
def sides(
    acme: Organisation,
    globex: Organisation,
    hosts: tuple[Host, Host],
    product: Served,
    browse: Callable[[Organisation, User], Browser],
) -> Callable[[bool], tuple[Side, Side]]:
    """Furnishes acme and globex; with True, acme's own rows hold the token too, as a leak would show it."""

    def furnish(organisation: Organisation, host: Host, token: str) -> Side:
        with tenant_scope(organisation.id):
            person = user_create(actor=None, email=MAIL, name=f"Pat {token}", role=Role.OWNER)
            notification_create(user=person, kind="note", title=f"The reserve {token}")
            record(actor=None, action="note.made", target_type="note", detail={"text": token})
            base = knowledge_base_create(actor=Actor(person), name="Treasury", visibility=Visibility.TENANT)
            text = f"# Reserve\n\nThe reserve of the treasury is large: {token} millions."
            document = document_add(
                actor=Actor(person), knowledge_base=base, name="reserve.md", stream=io.BytesIO(text.encode())
            )
            session, cookie = session_create(user=person, ip=None, agent="test")
        ingest(organisation.id, document.id)
        _connect(organisation, host)
        host.answers[:] = [Answer(texts=("It is large: ", token, " millions."))]
        tab = SignedIn(f"{organisation.host}:{product.port}", f"{COOKIE}={cookie}", session.id, person)
        return Side(organisation, person, host, base.id, browse(organisation, person), tab)

    def make(planted: bool) -> tuple[Side, Side]:
        flood(globex, TOKEN)
        return (
            furnish(acme, hosts[0], TOKEN if planted else "seven"),
            furnish(globex, hosts[1], TOKEN),
        )

    return make


def _connect(organisation: Organisation, host: Host) -> None:
    allow(organisation.id, host.port)
    with tenant_scope(organisation.id):
        connection = connection_create(
            actor=None, vendor="openai_compatible", name="Host", base_url=host.base_url, key=KEY
        )
        (model,) = model_offer(actor=None, connection=connection, offers=[Offer("big-model")])
        team = everyone()
        model_grants_set(actor=None, model=model, team_ids=[team.pk])
        default_set(actor=None, team=team, model=model)


def _frames(side: Side, port: int, *runs: str) -> str:
    """All that the side's own socket says when it follows these runs."""
    with open_socket(port, side.signed_in) as tab:
        said = []
        for run in runs:
            follow(tab, run)
            said += list(events(tab))
    return json.dumps(said)


def _mails(side: Side) -> str:
    """What is mailed when the address that both organisations know asks for a new password."""
    mail.outbox.clear()
    client = side.browser.client
    asked = client.post("/password/forgot", {"email": MAIL}, HTTP_HOST=side.organisation.host)
    assert asked.status_code == 200, asked.content
    deadline = time.monotonic() + 20
    while not mail.outbox and time.monotonic() < deadline:
        time.sleep(0.02)
    assert mail.outbox
    return " ".join(str(message.message()) for message in mail.outbox)


def _left(side: Side, other: Side, port: int) -> dict[str, str]:
    """What left on this side, by way, while the other was at work too and its run was asked for."""
    foreign_run, _ = other.answered_chat()
    run, prompts = side.answered_chat()
    return {
        "prompts": prompts,
        "frames": _frames(side, port, foreign_run, run),
        "mails": _mails(side),
        "notifications": side.browser.page("/notifications").content.decode(),
        "export": side.browser.page("/admin/audit/export").content.decode(),
    }


def _leaks(left: dict[str, str]) -> set[str]:
    assert left.keys() == WAYS
    return {way for way, text in left.items() if TOKEN in text}


@pytest.fixture(autouse=True)
def _can_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.EMAIL_HOST", "mail.example")
    monkeypatch.setattr("django.conf.settings.EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr(mail, "outbox", [], raising=False)


@pytest.mark.parametrize("is_planted", [False, True], ids=["as-it-is", "with-planted-leaks"])
def test_nothing_of_globex_leaves_acme(
    sides: Callable[[bool], tuple[Side, Side]], product: Served, is_planted: bool
) -> None:
    ours, theirs = sides(is_planted)
    left = _left(ours, theirs, product.port)
    assert "The reserve of the treasury is large" in left["prompts"]
    assert "It is large" in left["frames"]
    assert "The reserve" in left["notifications"]
    assert "note.made" in left["export"]
    assert _leaks(left) == (WAYS if is_planted else set())


def test_foreign_collection_in_a_chat_reaches_no_prompt(
    sides: Callable[[bool], tuple[Side, Side]],
) -> None:
    ours, theirs = sides(False)
    refused = ours.browser.call("POST", "/conversations", {"knowledge_base_ids": [str(theirs.base_id)]})
    assert refused.status_code in {400, 404}
    assert TOKEN not in refused.content.decode()
