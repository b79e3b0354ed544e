"""The ledger keeps its count when tasks are cancelled and when the database goes away."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from tests.llm.conftest import Connected, chat_call, ledger


def cancelled_while_reserving(
    connected: Connected, monkeypatch: pytest.MonkeyPatch, *, seconds: float, times: int
) -> None:
    """Cancel a stream so often while its reservation takes that long.

    Where it is more than once, returns when what is released behind the task is released.
    """
    from apps.llm import gateway
    from apps.llm.gateway.loading import open_chat
    from apps.llm.loop import run_on_loop

    begun = threading.Event()

    def slowly(*asked: Any) -> Any:
        begun.set()
        opened = open_chat(*asked)
        threading.Event().wait(seconds)
        return opened

    monkeypatch.setattr("apps.llm.gateway.chat.open_chat", slowly)

    async def follow() -> None:
        async with gateway.stream(chat_call(connected)) as stream:
            async for _ in stream:
                pass

    async def cancelled() -> None:
        task = asyncio.create_task(follow())
        await asyncio.to_thread(begun.wait, 30)
        task.cancel()
        for _ in range(times - 1):
            await asyncio.sleep(0.02)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(100 if times > 1 else 0):
            if [row.state for row in await asyncio.to_thread(ledger, connected)] == ["released"]:
                return
            await asyncio.sleep(0.05)

    run_on_loop(cancelled())


def test_cancelled_while_reserving_leaves_no_reservation(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled_while_reserving(connected, monkeypatch, seconds=0.2, times=1)
    assert [(row.state, row.finish) for row in ledger(connected)] == [("released", "stopped")]
    assert connected.host.asked == []


def test_a_second_cancellation_leaves_no_reservation_either(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is stopped while its worker shuts down: what is being committed is released behind it."""
    cancelled_while_reserving(connected, monkeypatch, seconds=0.3, times=3)
    assert [(row.state, row.finish) for row in ledger(connected)] == [("released", "stopped")]
    assert connected.host.asked == []


def test_who_is_overtaken_again_and_again_is_told_to_try_again(
    connected: Connected, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look says that there is room, each commit that others took it: no fault, and nothing is left."""
    from decimal import Decimal

    from apps.llm.errors import BudgetRefusedError
    from apps.metering.budgets import holding
    from tests.metering.budgeting import budget_make, counters_of, holds

    cast = connected.cast
    budget = budget_make(cast, reach="team", subject=cast.engineering, amount=1)
    monkeypatch.setattr(
        "apps.llm.gateway.loading.holds_of",
        lambda purse, _: [holding.Hold(line.counter_id, Decimal(2)) for line in purse.lines],
    )
    error = say().error
    assert isinstance(error, BudgetRefusedError)
    assert (error.retry_after, error.message.endswith("Try again in a moment.")) == (1.0, True)
    assert (ledger(connected), holds(cast), counters_of(cast, budget)) == ([], 0, [])
    assert connected.host.asked == []


def test_settling_is_tried_again_when_the_database_comes_back(
    connected: Connected, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    from apps.llm.gateway import closing
    from apps.llm.loop import run_on_loop
    from apps.tenants.grouped import in_shared_batch

    monkeypatch.setattr(closing, "RETRY_PAUSES", (0.01, 0.01, 0.01))
    failures = [OperationalError("away"), OperationalError("still away")]

    async def flaky(*args: Any, **options: Any) -> Any:
        if failures:
            raise failures.pop()
        return await in_shared_batch(*args, **options)

    monkeypatch.setattr(closing, "in_shared_batch", flaky)
    said = say()
    assert said.error is None

    async def settled() -> None:
        while closing._closing:
            await asyncio.gather(*closing._closing)

    run_on_loop(settled())
    assert [row.state for row in ledger(connected)] == ["settled"]


def test_keys_survive_a_rotation_of_the_vault(connected: Connected, say: Any) -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.test import override_settings

    from apps.tenants.scope import tenant_scope
    from apps.vault.sealing import key_id_of

    new = "t9:" + "bmV3LXZhdWx0LWtleS10aGF0LWhhcy0zMi1ieXRlcyE="
    with override_settings(VAULT_KEYS=[new, *settings.VAULT_KEYS]):
        call_command("vault_rotate", "--json", "--tenant", connected.cast.acme.slug)
        with override_settings(VAULT_KEYS=[new]):
            assert say().error is None
        with tenant_scope(connected.cast.acme.id):
            connected.connection.refresh_from_db()
        assert key_id_of(bytes(connected.connection.sealed_key)) == "t9"
        with override_settings(VAULT_KEYS=[*settings.VAULT_KEYS[1:], new]):
            call_command("vault_rotate", "--json", "--tenant", connected.cast.acme.slug)
