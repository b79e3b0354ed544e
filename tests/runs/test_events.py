"""The event stream of REST: resumed by Last-Event-ID, refused like the socket."""

from __future__ import annotations

import http.client
import json
import uuid
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from apps.accounts.services.keys import api_key_create
from apps.tenants.scope import tenant_scope
from tests.durability.scripted.kind import answer
from tests.runs.browsing import get, stream, text_of

if TYPE_CHECKING:
    from tests.durability.waiting import Make
    from tests.factories import Cast
    from tests.runs.conftest import SignedIn


@pytest.fixture
def key(cast: Cast) -> str:
    """An API key of bob's."""
    with tenant_scope(cast.acme.id):
        _, text = api_key_create(
            actor=None,
            slug=cast.acme.slug,
            user=cast.bob,
            team=cast.engineering,
            name="test",
            scopes=["chat"],
        )
    return text


def test_a_key_streams_a_run_and_resumes_it(port: int, key: str, make: Make) -> None:
    run = make(n=60, pause=0.01)
    headers = {"Host": f"localhost:{port}", "Authorization": f"Bearer {key}"}
    seen = []
    for number, kind, event in stream(get(port, f"/api/v1/runs/{run.id}/events", headers)):
        assert (number, kind) == (event["end"], event["kind"])
        seen.append(event)
        if len(text_of(seen)) > 100:
            break
    headers["Last-Event-ID"] = str(seen[-1]["end"])
    seen += [event for _, _, event in stream(get(port, f"/api/v1/runs/{run.id}/events", headers))]
    assert [event["seq"] for event in seen[1:]] == [event["end"] for event in seen[:-1]]
    assert text_of(seen) == answer(60)
    headers["Last-Event-ID"] = str(seen[-1]["end"])
    assert get(port, f"/api/v1/runs/{run.id}/events", headers).status == 204


def test_strangers_get_the_same_404_for_a_run_and_for_nothing(
    port: int, carol: SignedIn, mallory: SignedIn, make: Make
) -> None:
    run = make(n=1)
    for stranger in (carol, mallory):
        headers = {"Host": stranger.host, "Cookie": stranger.cookie}
        for path in ("events", ""):
            answers = [
                get(port, f"/api/v1/runs/{wanted}/{path}".rstrip("/"), headers)
                for wanted in (run.id, uuid.uuid4())
            ]
            assert [answer.status for answer in answers] == [404, 404]
            assert answers[0].read() == answers[1].read()


def test_without_a_session_there_is_a_problem_and_no_stream(port: int, bob: SignedIn, make: Make) -> None:
    refused = get(port, f"/api/v1/runs/{make(n=1).id}/events", {"Host": bob.host})
    assert refused.status == 401
    assert json.loads(refused.read())["code"] == "unauthenticated"


@pytest.mark.parametrize("after", ["-1", "x", "٣", "9" * 30])
def test_a_position_that_is_none_is_refused(port: int, bob: SignedIn, make: Make, after: str) -> None:
    from urllib.parse import quote

    headers = {"Host": bob.host, "Cookie": bob.cookie}
    assert get(port, f"/api/v1/runs/{make(n=1).id}/events?after={quote(after)}", headers).status == 400


def test_a_run_is_shown_and_stopped(port: int, key: str, make: Make) -> None:
    run = make(n=3000, pause=0.02)
    headers = {"Host": f"localhost:{port}", "Authorization": f"Bearer {key}"}
    assert json.loads(get(port, f"/api/v1/runs/{run.id}", headers).read())["kind"] == "scripted"
    events = stream(get(port, f"/api/v1/runs/{run.id}/events", headers))
    next(events)
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("POST", f"/api/v1/runs/{run.id}/stop", headers=headers)
        assert connection.getresponse().status == 202
    assert list(events)[-1][2]["state"] == "stopped"
