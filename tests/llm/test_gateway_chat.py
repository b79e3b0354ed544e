"""A chat call through the gateway: order, ledger, retries, stopping."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.llm.conftest import KEY, Connected, Said, chat_call, ledger
from tests.llm.host import Answer, Asked

OVERLOADED = {"error": {"message": "busy", "type": "server_error", "code": "overloaded"}}
Say = Callable[..., Said]


def test_answer_arrives_and_its_row_is_exact(connected: Connected, say: Say) -> None:
    said = say()
    assert said.text == "Hello world"
    row = ledger(connected)[0]
    assert (row.state, row.finish, row.error_kind, row.estimated) == ("settled", "stop", "", False)
    assert (row.tokens_input, row.tokens_output) == (1000, 500)
    assert row.cost == Decimal("0.0105")
    assert row.price == {"source": "override", "input": "3", "output": "15"}
    assert (row.model_slug, row.model_asked, row.model_answered) == (
        "big-model",
        "big-model",
        "big-model-2026",
    )
    assert (row.team_name, row.user_name, row.connection_name) == ("Engineering", "Bob Member", "Test host")
    assert said.outcome.cost == Decimal("0.0105")
    assert said.outcome.usage is not None
    assert said.outcome.attempts == 1
    assert connected.host.asked[0].headers["Authorization"] == f"Bearer {KEY}"


def test_reservation_is_committed_before_the_host_is_asked(connected: Connected, say: Say) -> None:
    seen: list[str] = []
    connected.host.on_request = lambda asked: seen.extend(row.state for row in ledger(connected))
    say()
    assert seen == ["reserved"]


def test_unknown_price_is_null_and_never_zero(connected: Connected, say: Say) -> None:
    from apps.llm.services import model_update
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        model_update(actor=None, model=connected.chat, changes={"price_input": None, "price_output": None})
    said = say()
    row = ledger(connected)[0]
    assert row.state == "settled"
    assert row.cost is None
    assert row.price is None
    assert said.outcome.cost is None


def test_overload_before_the_first_token_is_retried_silently(
    connected: Connected, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.llm.gateway.retry.FIRST_PAUSE", 0.01)
    connected.host.answers[:0] = [Answer(status=503, error=OVERLOADED), Answer(status=503, error=OVERLOADED)]
    said = say()
    assert said.error is None
    assert said.text == "Hello world"
    assert said.outcome.attempts == 3
    rows = ledger(connected)
    assert [row.state for row in rows] == ["released", "released", "settled"]
    assert all(row.error_kind for row in rows[:2])
    assert [row.cost for row in rows[:2]] == [None, None]
    assert len({row.call_id for row in rows}) == 3


def test_third_failure_is_the_callers(
    connected: Connected, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.llm.gateway import UNREACHABLE, VendorError

    monkeypatch.setattr("apps.llm.gateway.retry.FIRST_PAUSE", 0.01)
    connected.host.answers = [Answer(status=503, error=OVERLOADED)]
    said = say()
    assert isinstance(said.error, VendorError)
    assert said.error.kind in UNREACHABLE
    assert len(connected.host.asked) == 3
    assert [row.state for row in ledger(connected)] == ["released"] * 3


def test_wrong_key_is_not_retried(connected: Connected, say: Say) -> None:
    from apps.llm.gateway import ErrorKind, VendorError

    refusal = {"error": {"message": f"Incorrect API key {KEY}", "code": "invalid_api_key"}}
    connected.host.answers = [Answer(status=401, error=refusal)]
    said = say()
    assert isinstance(said.error, VendorError)
    assert said.error.kind == ErrorKind.AUTHENTICATION
    assert KEY not in said.error.message + said.error.detail + repr(said.error)
    assert len(connected.host.asked) == 1


def test_long_retry_after_is_given_to_the_caller(connected: Connected, say: Say) -> None:
    from apps.llm.gateway import ErrorKind, VendorError

    limited = Answer(status=429, error={"error": {"message": "slow down"}}, headers={"Retry-After": "31"})
    connected.host.answers = [limited]
    said = say()
    assert isinstance(said.error, VendorError)
    assert said.error.kind == ErrorKind.RATE_LIMIT
    assert len(connected.host.asked) == 1


def test_cut_stream_is_interrupted_and_never_begun_again(connected: Connected, say: Say) -> None:
    from apps.llm.gateway import ErrorKind, VendorError

    connected.host.answers = [Answer(texts=("Half an", " answer"), finish=None)]
    said = say()
    assert said.text == "Half an answer"
    assert isinstance(said.error, VendorError)
    assert said.error.kind == ErrorKind.INTERRUPTED
    assert len(connected.host.asked) == 1
    row = ledger(connected)[0]
    assert (row.state, row.finish, row.error_kind) == ("settled", "interrupted", "interrupted")
    assert row.estimated
    assert row.tokens_output == 4  # 14 bytes
    assert row.tokens_input == 6  # one message and six bytes
    assert row.cost == Decimal("0.000078")


def test_stream_without_counts_is_estimated(connected: Connected, say: Say) -> None:
    connected.host.answers = [Answer(usage=None)]
    say()
    row = ledger(connected)[0]
    assert (row.finish, row.estimated, row.tokens_output) == ("stop", True, 3)


def test_stop_closes_the_host_and_settles_what_was_said(connected: Connected) -> None:
    from apps.llm import gateway
    from apps.llm.loop import run_on_loop

    hold = threading.Event()
    connected.host.answers = [Answer(hold=hold)]

    async def stopped() -> Any:
        stream = gateway.stream(chat_call(connected))

        async def follow() -> None:
            async with stream:
                async for _ in stream:
                    pass

        task = asyncio.create_task(follow())
        while stream.outcome.ms_first is None:  # noqa: ASYNC110 - the stream tells in no other way
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return stream.outcome

    outcome = run_on_loop(stopped())
    assert connected.host.gone.wait(15)
    assert outcome.finish == "stopped"
    row = ledger(connected)[0]
    assert (row.state, row.finish, row.estimated, row.tokens_output) == ("settled", "stopped", True, 3)


def test_leaving_at_the_end_keeps_the_hosts_count(connected: Connected) -> None:
    from apps.llm import gateway
    from apps.llm.loop import run_on_loop
    from apps.llm.vendors.base import Finished

    async def left() -> None:
        async with gateway.stream(chat_call(connected)) as stream:
            async for delta in stream:
                if isinstance(delta, Finished):
                    break

    run_on_loop(left())
    row = ledger(connected)[0]
    assert (row.finish, row.tokens_output, row.estimated) == ("stop", 500, False)


def test_stages_come_in_order(connected: Connected, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.llm.gateway import loading

    order: list[str] = []

    def watched(name: str) -> None:
        real = getattr(loading, name)

        def call(*args: Any, **options: Any) -> Any:
            order.append(name)
            return real(*args, **options)

        monkeypatch.setattr(loading, name, call)

    for name in ("load_target", "cleared_deployments", "guard_request", "_reserve"):
        watched(name)
    connected.host.on_request = lambda asked: order.append("host")
    say()
    assert order == ["load_target", "cleared_deployments", "guard_request", "_reserve", "host"]


def test_model_of_another_team_is_not_found_and_nobody_is_asked(connected: Connected, say: Say) -> None:
    from apps.llm.gateway import Caller, ModelNotFoundError

    cast = connected.cast
    said = say(who=Caller(cast.acme.id, cast.sales.pk, cast.carol.pk))
    assert isinstance(said.error, ModelNotFoundError)
    assert "big-model" not in str(said.error)
    assert connected.host.asked == []
    assert ledger(connected) == []


def test_lost_run_calls_nobody(connected: Connected, say: Say) -> None:
    from uuid import uuid4

    from apps.llm.gateway import RunRef
    from apps.runs.errors import LostRun

    said = say(run=RunRef(uuid4(), 1))
    assert isinstance(said.error, LostRun)
    assert connected.host.asked == []
    assert ledger(connected) == []


def test_request_names_the_hosts_model_and_is_capped(connected: Connected, say: Say) -> None:
    from apps.llm.services import model_update
    from apps.llm.vendors.base import ChatMessage, ChatRequest
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        model_update(actor=None, model=connected.chat, changes={"slug": "renamed", "max_output": 64})
    say(request=ChatRequest("other", (ChatMessage.text("user", "Hi"),), max_tokens=500))
    body = connected.host.asked[0].body
    assert (body["model"], body["max_tokens"]) == ("big-model", 64)


def test_key_is_in_no_log(connected: Connected, say: Say, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    connected.host.answers = [Answer(status=401, error={"error": {"message": f"bad key {KEY}"}})]
    say()
    assert KEY not in caplog.text


def test_environment_of_vendors_reaches_no_request(
    connected: Connected, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-canary")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    say()
    asked: Asked = connected.host.asked[0]
    assert "org-canary" not in str(asked.headers)
    assert "sk-other" not in str(asked.headers)
