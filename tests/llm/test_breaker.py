"""The circuit breaker over scripted hosts: failing, slow, recovering; processes share it by Postgres."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.llm.conftest import Connected, Said, audit_actions, ledger
from tests.llm.host import Answer

if TYPE_CHECKING:
    from apps.llm.models import ConnectionHealth

pytestmark = pytest.mark.usefixtures("hints")

Say = Callable[..., Said]

BROKEN = Answer(status=500, error={"error": {"message": "boom"}})
REFUSED = Answer(status=401, error={"error": {"message": "wrong key", "code": "invalid_api_key"}})
BUSY = Answer(status=429, error={"error": {"message": "slow down"}}, headers={"Retry-After": "60"})
WRONG = Answer(status=400, error={"error": {"message": "no such parameter"}})


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silent retries come at once: what is tested here is the breaker."""
    monkeypatch.setattr("apps.llm.gateway.retry.random.uniform", lambda low, high: 0.0)


def health(connected: Connected) -> ConnectionHealth | None:
    from apps.llm.models import ConnectionHealth
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return ConnectionHealth.objects.filter(connection=connected.connection).first()


def change(connected: Connected, **values: Any) -> None:
    """Move the breaker's clock: what a test would have to wait for."""
    from apps.llm.models import ConnectionHealth
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        ConnectionHealth.objects.filter(connection=connected.connection).update(**values)


def is_due(connected: Connected) -> None:
    from django.utils import timezone

    change(connected, retry_at=timezone.now())


def brought_down(connected: Connected, say: Say, answer: Answer = BROKEN) -> ConnectionHealth:
    """Let calls fail until the breaker opens."""
    connected.host.answers = [answer]
    for _ in range(5):
        say()
        found = health(connected)
        if found is not None and found.state == "open":
            connected.host.asked.clear()
            return found
    raise AssertionError("The breaker did not open.")


def told(connected: Connected) -> list[tuple[str, str]]:
    from apps.accounts.models import Notification
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        rows = Notification.objects.order_by("created_at").select_related("user")
        return [(row.user.name, row.title) for row in rows]


def test_good_calls_write_nothing(connected: Connected, say: Say) -> None:
    assert say().text == "Hello world"
    assert health(connected) is None


def test_five_failures_open_it_and_nobody_is_asked(connected: Connected, say: Say) -> None:
    down = brought_down(connected, say)
    assert (down.error_kind, down.pause_s) == ("server", 10)
    rows = len(ledger(connected))
    took = []
    for _ in range(5):
        begun = time.monotonic()
        said = say()
        took.append(time.monotonic() - begun)
    assert min(took) < 0.3
    assert said.error.kind.value == "unavailable"  # type: ignore[union-attr]  # a VendorError
    assert said.error.retryable  # type: ignore[union-attr]  # as above
    assert 1 <= said.error.retry_after <= 10  # type: ignore[union-attr]  # as above
    assert connected.host.asked == []
    assert len(ledger(connected)) == rows


@pytest.mark.parametrize(("answer", "kind"), [(REFUSED, "authentication"), (BROKEN, "server")])
def test_faults_open_it(connected: Connected, say: Say, answer: Answer, kind: str) -> None:
    assert brought_down(connected, say, answer).error_kind == kind


def test_host_that_is_away_opens_it(connected: Connected, say: Say) -> None:
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope
    from tests.llm.conftest import allow

    allow(connected.cast.acme.id, 9)
    with tenant_scope(connected.cast.acme.id):
        Connection.objects.filter(pk=connected.connection.pk).update(
            base_url="http://127.0.0.1:9/v1", port=9, key_origin="http://127.0.0.1:9"
        )
    assert brought_down(connected, say).error_kind == "connection"


def test_host_that_is_too_slow_opens_it(
    connected: Connected, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.llm.vendors.interface import Timeouts

    monkeypatch.setattr("apps.llm.gateway.loading.Timeouts", lambda: Timeouts(first_token=0.05))
    slow = Answer(texts=(), hold=threading.Event())
    assert brought_down(connected, say, slow).error_kind == "timeout"


@pytest.mark.parametrize("answer", [BUSY, WRONG])
def test_answers_of_a_host_that_works_do_not(connected: Connected, say: Say, answer: Answer) -> None:
    connected.host.answers = [answer]
    for _ in range(8):
        assert say().error is not None
    found = health(connected)
    assert found is None or found.state == "closed"


def test_few_failures_among_many_calls_do_not(connected: Connected, say: Say) -> None:
    for number in range(14):
        connected.host.answers = [WRONG if number % 2 else REFUSED] if number > 3 else [Answer()]
        say()
    found = health(connected)
    assert found is not None
    assert found.state == "closed"


def test_half_open_lets_one_through_and_its_answer_closes(connected: Connected, say: Say) -> None:
    brought_down(connected, say)
    is_due(connected)
    hold = threading.Event()
    connected.host.answers = [Answer(texts=(), hold=hold)]
    trial: list[Said] = []
    thread = threading.Thread(target=lambda: trial.append(say()))
    thread.start()
    wait_for(lambda: len(connected.host.asked) == 1)
    others = [say() for _ in range(3)]
    assert [said.error.kind.value for said in others] == ["unavailable"] * 3  # type: ignore[union-attr]  # VendorErrors
    assert len(connected.host.asked) == 1
    assert health(connected).state == "half_open"  # type: ignore[union-attr]  # it is there
    connected.host.answers = [Answer()]
    hold.set()
    thread.join(5)
    assert trial[0].error is None
    wait_for(lambda: health(connected).state == "closed")  # type: ignore[union-attr]  # as above
    assert say().text == "Hello world"


def test_first_delta_of_the_trial_closes_it_before_the_answer_ends(connected: Connected, say: Say) -> None:
    brought_down(connected, say)
    is_due(connected)
    hold = threading.Event()
    connected.host.answers = [Answer(hold=hold), Answer()]
    thread = threading.Thread(target=say)
    thread.start()
    wait_for(lambda: health(connected).state == "closed")  # type: ignore[union-attr]  # it is there
    assert say().text == "Hello world"
    hold.set()
    thread.join(5)


def test_failed_trials_double_the_pause_up_to_five_minutes(connected: Connected, say: Say) -> None:
    brought_down(connected, say)
    pauses = []
    for _ in range(6):
        is_due(connected)
        assert say().error.kind.value == "server"  # type: ignore[union-attr]  # a VendorError
        found = health(connected)
        assert found is not None
        assert found.state == "open"
        pauses.append(found.pause_s)
    assert pauses == [20, 40, 80, 160, 300, 300]
    assert len(connected.host.asked) == 6


def test_stopped_trial_is_given_back(connected: Connected, say: Say) -> None:
    import asyncio

    from apps.llm import gateway
    from apps.llm.loop import run_on_loop
    from tests.llm.conftest import chat_call

    brought_down(connected, say)
    is_due(connected)
    connected.host.answers = [Answer(texts=(), hold=threading.Event())]

    async def left_early() -> None:
        async def follow() -> None:
            async with gateway.stream(chat_call(connected)) as stream:
                async for _ in stream:
                    pass

        task = asyncio.create_task(follow())
        await asyncio.to_thread(wait_for, lambda: bool(connected.host.asked))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run_on_loop(left_early())
    wait_for(lambda: health(connected).state == "open")  # type: ignore[union-attr]  # it is there
    connected.host.answers = [Answer()]
    assert say().text == "Hello world"


@pytest.mark.parametrize(("answer", "kind"), [(WRONG, "bad_request"), (BUSY, "rate_limit")])
def test_refusal_of_the_request_closes_it(connected: Connected, say: Say, answer: Answer, kind: str) -> None:
    brought_down(connected, say)
    is_due(connected)
    connected.host.answers = [answer]
    assert say().error.kind.value == kind  # type: ignore[union-attr]  # a VendorError
    wait_for(lambda: health(connected).state == "closed")  # type: ignore[union-attr]  # it is there


def test_lost_trial_frees_its_place_after_the_lease(connected: Connected, say: Say) -> None:
    brought_down(connected, say)
    change(connected, state="half_open")
    assert say().error.kind.value == "unavailable"  # type: ignore[union-attr]  # a VendorError
    is_due(connected)
    connected.host.answers = [Answer()]
    assert say().text == "Hello world"


def test_old_failures_count_no_more_once_it_came_back(connected: Connected, say: Say) -> None:
    brought_down(connected, say)
    is_due(connected)
    connected.host.answers = [Answer()]
    say()
    wait_for(lambda: health(connected).state == "closed")  # type: ignore[union-attr]  # it is there
    connected.host.answers = [REFUSED]
    for _ in range(3):
        say()
    assert health(connected).state == "closed"  # type: ignore[union-attr]  # as above
    for _ in range(2):
        say()
    found = health(connected)
    assert found is not None
    assert (found.state, found.pause_s) == ("open", 20)


def test_administrators_hear_once_that_it_is_down_and_that_it_is_back(connected: Connected, say: Say) -> None:
    brought_down(connected, say)
    is_due(connected)
    say()
    assert told(connected) == [("Alice Admin", "Test host does not answer")]
    is_due(connected)
    connected.host.answers = [Answer()]
    say()
    wait_for(lambda: len(told(connected)) == 2)
    assert told(connected)[1] == ("Alice Admin", "Test host answers again")
    actions = audit_actions(connected.cast.acme.id)
    assert [name for name in actions if name.startswith("connection.")][1:] == [
        "connection.went_down",
        "connection.came_back",
    ]


def test_new_key_forgets_what_was_known(connected: Connected, say: Say) -> None:
    from apps.llm.services import connection_update
    from apps.tenants.scope import tenant_scope

    brought_down(connected, say, REFUSED)
    with tenant_scope(connected.cast.acme.id):
        connection_update(actor=None, connection=connected.connection, changes={"key": "sk-new-0123456789"})
    connected.host.answers = [Answer()]
    assert say().text == "Hello world"


def test_many_that_fail_at_once_open_it(connected: Connected, say: Say) -> None:
    connected.host.answers = [REFUSED]
    threads = [threading.Thread(target=say) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert health(connected).state == "open"  # type: ignore[union-attr]  # it is there
    assert told(connected) == [("Alice Admin", "Test host does not answer")]


def test_embeddings_share_the_breaker(connected: Connected, say: Say) -> None:
    from apps.llm import gateway

    brought_down(connected, say)
    cast = connected.cast
    call = gateway.EmbedCall(
        gateway.Caller(cast.acme.id, cast.engineering.pk), connected.embedding.pk, ("a",)
    )
    with pytest.raises(gateway.VendorError) as raised:
        gateway.embed_sync(call)
    assert raised.value.kind.value == "unavailable"
    is_due(connected)
    connected.host.answers = [Answer()]
    assert len(gateway.embed_sync(call).vectors) == 1
    wait_for(lambda: health(connected).state == "closed")  # type: ignore[union-attr]  # it is there


def test_other_tenants_connection_to_the_same_host_stays_closed(connected: Connected, say: Say) -> None:
    from apps.llm.models import ConnectionHealth
    from apps.tenants.scope import tenant_scope

    brought_down(connected, say)
    with tenant_scope(connected.cast.globex.id):
        assert not ConnectionHealth.objects.exists()


def wait_for(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Until it holds; fails the test after that long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "It did not come to hold."
        time.sleep(0.01)
