"""The socket `/ws/runs`: who may open it, what it shows, and when it is closed."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from apps.accounts.models import Session
from apps.tenants.scope import tenant_scope
from tests.durability.scripted.kind import answer
from tests.runs.browsing import events, follow, open_socket, text_of

if TYPE_CHECKING:
    from tests.durability.waiting import Make
    from tests.factories import Cast
    from tests.runs.conftest import SignedIn


def test_owner_sees_the_whole_run_and_goes_on_where_the_line_was_cut(
    port: int, bob: SignedIn, make: Make
) -> None:
    run = make(n=60, pause=0.01)
    with open_socket(port, bob) as socket:
        follow(socket, run.id)
        seen = []
        for event in events(socket):
            seen.append(event)
            if len(text_of(seen)) > 100:
                break
    with open_socket(port, bob) as again:
        follow(again, run.id, after=seen[-1]["end"])
        seen += list(events(again))
    assert [event["seq"] for event in seen[1:]] == [event["end"] for event in seen[:-1]]
    assert text_of(seen) == answer(60)
    assert seen[-1]["data"] == {"characters": len(answer(60))}
    with open_socket(port, bob) as late:
        follow(late, run.id)
        assert text_of(list(events(late))) == answer(60)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://acme.localhost.evil.example"])
def test_foreign_pages_are_refused(port: int, bob: SignedIn, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, open_socket(port, bob, origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_nobody_is_let_in_without_a_session(port: int, bob: SignedIn) -> None:
    bob.cookie = "atrium_session=made-up"
    with pytest.raises(InvalidStatus), open_socket(port, bob):
        pass


def test_a_foreign_run_looks_like_one_that_never_was(
    port: int, carol: SignedIn, mallory: SignedIn, make: Make
) -> None:
    run, nothing = make(n=20, pause=0.05), uuid.uuid4()
    for stranger in (carol, mallory):
        with open_socket(port, stranger) as socket:
            for wanted in (run.id, nothing):
                follow(socket, wanted)
                assert list(events(socket)) == [{"type": "gone", "run": str(wanted)}]


def test_signing_out_closes_the_socket_within_fifteen_seconds(
    port: int, bob: SignedIn, cast: Cast, make: Make
) -> None:
    run = make(n=3000, pause=0.01)
    with open_socket(port, bob) as socket:
        follow(socket, run.id)
        next(events(socket))
        with tenant_scope(cast.acme.id):
            Session.objects.filter(id=bob.session_id).delete()
        begun = time.monotonic()
        with pytest.raises(ConnectionClosed) as closed:
            list(events(socket))
        assert time.monotonic() - begun < 15
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


def test_a_reader_that_stops_reading_gets_the_rest_merged(port: int, bob: SignedIn, make: Make) -> None:
    run = make(n=30_000, every=200)
    with open_socket(port, bob, max_queue=1, max_size=None) as socket:
        follow(socket, run.id)
        first = next(events(socket))
        time.sleep(4)
        seen = [first, *events(socket)]
    assert text_of(seen) == answer(30_000)
    assert len(seen) < 3_000


@pytest.mark.parametrize(
    "said", ["{", "[]", '{"type":"follow","run":"x"}', f'{{"type":"sing","run":"{uuid.UUID(int=1)}"}}']
)
def test_nonsense_closes_the_socket(port: int, bob: SignedIn, said: str) -> None:
    with open_socket(port, bob) as socket:
        socket.send(said)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=20)
