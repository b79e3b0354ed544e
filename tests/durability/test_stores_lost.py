"""Redis and Postgres are killed, emptied and restarted in mid-stream: streams go on, nothing is lost."""

from __future__ import annotations

import time

import pytest

from apps.runs import outbox
from apps.runs.services import run_stop
from apps.tenants.scope import tenant_scope
from tests.durability import stores
from tests.durability.scripted.kind import answer
from tests.durability.viewing import Reading
from tests.durability.waiting import Make, Row, wait_until
from tests.factories import Organisation

pytestmark = [pytest.mark.durability, pytest.mark.usefixtures("maintenance")]


@pytest.mark.usefixtures("worker")
def test_streams_go_on_through_the_loss_of_each_store(
    make: Make, row: Row, reading: Reading, acme: Organisation
) -> None:
    for lose in (_flush, _kill_valkey, stores.postgres_restart):
        runs = [make(n=250, pause=0.02) for _ in range(4)]
        views = [reading.watch(acme.id, run.id) for run in runs]
        for view in views:
            view.wait(lambda seen: len(seen.text) > 200)
        lose()
        late = [reading.watch(acme.id, runs[0].id), reading.watch(acme.id, runs[0].id, after=100)]
        for view in (*views, *late):
            assert view.end(40)["state"] == "done", lose
        for view in (*views, late[0]):
            view.check()
            assert view.text == answer(250), lose
        late[1].check(100)
        for run in runs:
            kept = row(run)
            assert (kept.state, kept.attempts) == ("done", 1)
            assert "".join(payload for _, kind, payload in kept.log if kind == "text") == answer(250)


def _flush() -> None:
    stores.redis().flushall()


def _kill_valkey() -> None:
    stores.valkey_kill()
    time.sleep(2)
    stores.valkey_start()


@pytest.mark.usefixtures("worker")
def test_a_send_without_redis_is_accepted_and_answered(
    make: Make, row: Row, reading: Reading, acme: Organisation
) -> None:
    stores.valkey_kill()
    try:
        begun = time.monotonic()
        run = make(n=50, pause=0.01)
        assert time.monotonic() - begun < 10
        view = reading.watch(acme.id, run.id)
        assert view.end(20)["state"] == "done"
        view.check()
        assert view.text == answer(50)
    finally:
        stores.valkey_start()
    again = make(n=5)
    wait_until(lambda: row(again).state == "done", 30, "the worker's return to the broker")


@pytest.mark.usefixtures("worker")
def test_five_hints_give_one_answer_and_no_hint_gives_one_too(
    make: Make, row: Row, monkeypatch: pytest.MonkeyPatch, acme: Organisation
) -> None:
    run = make(n=30, pause=0.01)
    for _ in range(5):
        outbox.send_hint(acme.id, run.id)
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "hint", lambda *_: None)
        unhinted = make(n=3)
    wait_until(lambda: row(unhinted).state == "done", 30, "the start of a run without a hint")
    kept = row(run)
    assert (kept.state, kept.attempts, kept.fence) == ("done", 1, 1)


@pytest.mark.usefixtures("worker")
def test_stop_ends_a_running_run_at_once_and_keeps_its_text(
    make: Make, row: Row, reading: Reading, acme: Organisation
) -> None:
    run = make(n=5000, pause=0.02)
    view = reading.watch(acme.id, run.id)
    view.wait(lambda seen: len(seen.text) > 50)
    begun = time.monotonic()
    with tenant_scope(acme.id):
        run_stop(run_id=run.id)
    assert view.end()["state"] == "stopped"
    assert time.monotonic() - begun < 15
    kept = row(run)
    assert kept.state == "stopped"
    assert "".join(payload for _, kind, payload in kept.log if kind == "text") == view.text


def test_stop_ends_a_run_that_no_worker_has_taken(
    make: Make, row: Row, reading: Reading, acme: Organisation
) -> None:
    run = make(n=5)
    view = reading.watch(acme.id, run.id)
    with tenant_scope(acme.id):
        run_stop(run_id=run.id)
    assert view.end()["state"] == "stopped"
    assert row(run).state == "stopped"
