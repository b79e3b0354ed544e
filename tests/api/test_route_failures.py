"""Members that fail, are silent, die while they speak or are down: who answers instead, and who may not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import openai
import pytest

from tests.api.asking import ask, hear, words
from tests.api.conftest import Api
from tests.llm.host import Answer, Asked
from tests.llm.routing import Routing, Script, failing, said

if TYPE_CHECKING:
    from apps.llm.models import Connection, ConnectionHealth

WORDLESS = "an answer without a word"
FAILURES: dict[str, tuple[Script | None, str, str]] = {
    "refused": (None, "connection", "could not be reached"),
    "reset after the headers": (Answer(texts=(), is_reset=True), "connection", "broke off"),
    "closed after the headers": (Answer(texts=(), finish=None), "connection", "broke off"),
    "429": (failing(429), "rate_limit", "is limited by its provider at the moment"),
    "500": (failing(500), "server", "had a fault"),
    "503": (failing(503), "unavailable", "is not available"),
    "401": (failing(401), "authentication", "refused our key"),
    "404": (failing(404), "not_found", "is not known to its provider"),
    WORDLESS: (Answer(texts=()), "protocol", "gave no readable answer"),
}
TEXT = "Half an answer."


def failing_member(routing: Routing, script: Script | None) -> str:
    return routing.unreachable("bad") if script is None else routing.model("bad", script)


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_of_a_chosen_kind_falls_back_and_is_told(api: Api, routing: Routing, failure: str) -> None:
    script, kind, trouble = FAILURES[failure]
    members = [failing_member(routing, script), routing.model("good")]
    routing.route("fallback", {"members": members, "on": [kind]})
    answer = ask(api)
    assert words(answer) == "I am good."
    assert answer.route["why"] == [f"bad {trouble}."]
    assert [step["state"] for step in answer.route["steps"]] == ["failed", "done"]
    assert [row[2] for row in routing.ledger()] == [
        "settled" if failure == WORDLESS else "released",
        "settled",
    ]


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_of_another_kind_ends_the_search(api: Api, routing: Routing, failure: str) -> None:
    script, kind, _ = FAILURES[failure]
    others = [name for name in ("connection", "server", "rate_limit") if name != kind]
    members = [failing_member(routing, script), routing.model("good")]
    routing.route("fallback", {"members": members, "on": others})
    with pytest.raises(openai.APIStatusError):
        ask(api)
    assert "good" not in routing.asked


def test_a_failed_connection_costs_less_than_300_ms_more_than_a_direct_answer(
    api: Api, routing: Routing
) -> None:
    """Compared in one run: a busy machine slows both alike, and the difference is the fallback's."""
    routing.route("fallback", {"members": [routing.unreachable(), routing.model("alive")]})
    routing.route("fallback", {"members": ["alive", "dead"]}, slug="direct")
    times: dict[str, list[float]] = {"auto": [], "direct": []}
    for _ in range(4):
        for route, taken in times.items():
            begun = time.monotonic()
            assert words(ask(api, route=route)) == "I am alive."
            taken.append(time.monotonic() - begun)
    assert min(times["auto"]) - min(times["direct"]) < 0.3


def test_a_slow_first_token_falls_back_after_the_configured_wait(api: Api, routing: Routing) -> None:
    """The wait counts from the question, whatever the host sends that is no word."""
    hold = threading.Event()
    members = [routing.model("slow", Answer(texts=(), hold=hold)), routing.model("quick")]
    routing.route("fallback", {"members": members, "first_token_s": 0.5})
    routing.route("fallback", {"members": ["quick", "slow"]}, slug="direct")
    times: dict[str, list[float]] = {"direct": [], "auto": []}
    for _ in range(3):
        for route, taken in times.items():
            begun = time.monotonic()
            answer = ask(api, route=route)
            taken.append(time.monotonic() - begun)
            assert words(answer) == "I am quick."
        assert answer.route["why"] == ["slow said nothing for 0.5 s."]
        assert answer.route["steps"][0]["reason"] == "timeout"
    hold.set()
    assert min(times["auto"]) >= 0.5
    assert min(times["auto"]) - min(times["direct"]) < 0.5 + 0.3
    assert {row[2] for row in routing.ledger()} == {"settled"}


def cut_after(letters: int) -> Answer:
    return Answer(texts=tuple(TEXT[:letters]), finish=None)


def plain(routing: Routing) -> None:
    routing.route("fallback", {"members": ["cut", "other"]})


def ranked(routing: Routing) -> None:
    routing.route("cheapest", {"candidates": [{"ref": "cut"}, {"ref": "other"}]})


def cascaded(routing: Routing) -> None:
    routing.route("fallback", {"members": ["cut", "other"]}, slug="inner")
    checker = routing.model("checker", said('{"sufficient": false, "reason": "No."}'))
    routing.route("cascade", {"first": routing.model("small"), "checker": checker, "second": "route/inner"})


def by_task(routing: Routing) -> None:
    routing.route("fallback", {"members": ["cut", "other"]}, slug="inner")
    routing.route("fallback", {"members": ["route/inner", "last"]}, slug="outer")
    routing.route(
        "task", {"rules": [{"when": {"longer_than": 100_000}, "use": "last"}], "otherwise": "route/outer"}
    )


@pytest.mark.parametrize("made", [plain, ranked, cascaded, by_task])
@pytest.mark.parametrize("letters", [0, 1, 2, len(TEXT)])
def test_an_answer_is_begun_once_wherever_it_is_cut(
    api: Api, routing: Routing, letters: int, made: Callable[[Routing], None]
) -> None:
    """A member that dies after so many letters: only before the first may another begin."""
    routing.model("cut", cut_after(letters), price=("1", "1"))
    routing.model("other", price=("9", "9"))
    routing.model("last")
    made(routing)
    for stream in (True, False):
        routing.asked.clear()
        heard = hear(api, stream=stream)
        if letters:
            assert heard.error is not None
            assert heard.text == (TEXT[:letters] if stream else "")
            assert routing.asked[-1] == "cut"
        else:
            assert (heard.error, heard.text) == (None, "I am other.")
            assert routing.asked[-2:] == ["cut", "other"]


def test_thoughts_that_were_heard_are_a_beginning_too(api: Api, routing: Routing) -> None:
    thought = {"reasoning_content": "Hm."}
    cut = routing.model("cut", Answer(texts=(), deltas=(thought,), finish=None))
    routing.route("fallback", {"members": [cut, routing.model("other")]})
    assert hear(api, stream=True).error is not None
    assert routing.asked == ["cut"]


def test_a_draft_that_nobody_has_heard_may_be_begun_again(api: Api, routing: Routing) -> None:
    routing.model("cut", cut_after(5))
    routing.route("fallback", {"members": ["cut", routing.model("other")]}, slug="inner")
    judge = routing.model("judge", said('{"verdict": "pass", "reasons": []}'))
    routing.route("judge", {"answerer": "route/inner", "judge": judge})
    heard = hear(api, stream=True)
    assert (heard.error, heard.text) == (None, "I am other.")
    assert heard.route["why"] == ["cut broke off.", "The answer passed its check."]


@pytest.fixture
def other_host(api: Api) -> Connection:
    """Another provider at the same host, with a breaker of its own."""
    from apps.llm.services import connection_create
    from apps.tenants.scope import tenant_scope
    from tests.llm.conftest import KEY

    with tenant_scope(api.connected.cast.acme.id):
        return connection_create(
            actor=None,
            vendor="openai_compatible",
            name="Weak host",
            base_url=api.connected.host.base_url,
            key=KEY,
        )


def health(connection: Connection, **changes: Any) -> ConnectionHealth | None:
    """The breaker's row, after its clock was moved."""
    from apps.llm.models import ConnectionHealth
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connection.tenant_id):
        rows = ConnectionHealth.objects.filter(connection=connection)
        if changes:
            rows.update(**changes)
        return rows.first()


def state_of(connection: Connection) -> str:
    found = health(connection)
    return found.state if found else "closed"


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def many() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_a_breaker_that_opens_is_passed_by_and_one_trial_closes_it(
    api: Api, routing: Routing, other_host: Connection, many: ThreadPoolExecutor
) -> None:
    from django.utils import timezone

    weak = routing.model("weak", failing(500), connection=other_host)
    routing.route("fallback", {"members": [weak, routing.model("strong")]})
    notes = [ask(api).route["why"] for _ in range(5)]
    assert notes == [["weak had a fault."]] * 5
    assert state_of(other_host) == "open"
    routing.asked.clear()
    assert ask(api).route["why"] == ["weak is not available."]
    assert routing.asked == ["strong"]
    hold = threading.Event()

    def trial(asked: Asked) -> Answer:
        hold.wait(60)
        return said("I am weak.")

    routing.scripts["weak"] = trial
    routing.asked.clear()
    health(other_host, retry_at=timezone.now())
    first = many.submit(hear, api, stream=True)
    wait_for(lambda: routing.asked == ["weak"])
    others = [many.submit(hear, api, stream=False) for _ in range(3)]
    assert [heard.result(60).text for heard in others] == ["I am strong."] * 3
    assert state_of(other_host) == "half_open"
    assert sorted(routing.asked) == ["strong", "strong", "strong", "weak"]
    hold.set()
    assert first.result(60).text == "I am weak."
    wait_for(lambda: state_of(other_host) == "closed")
    answer = ask(api)
    assert (words(answer), answer.route["why"]) == ("I am weak.", [])


def test_a_trial_that_fails_opens_it_again_and_the_answer_comes_from_the_next(
    api: Api, routing: Routing, other_host: Connection
) -> None:
    from django.utils import timezone

    weak = routing.model("weak", failing(500), connection=other_host)
    routing.route("fallback", {"members": [weak, routing.model("strong")]})
    for _ in range(5):
        ask(api)
    health(other_host, retry_at=timezone.now())
    assert words(ask(api)) == "I am strong."
    assert routing.asked[-2:] == ["weak", "strong"]
    assert state_of(other_host) == "open"
    ask(api)
    assert routing.asked[-2:] == ["strong", "strong"]
