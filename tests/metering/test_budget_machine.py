"""Budgets under parallel calls, failures, kills and clock edges: the promises, tried by a state machine.

Calls are reserved by the gateway and closed by the ledger on real connections at the same time; the clock is
the machine's, so that it stands at month ends and changes of the clock.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.llm.conftest import Connected, chat_call
from tests.metering.budgeting import budget_make

if TYPE_CHECKING:
    import pytest

_years = count(2027)
ZONE = "Europe/Berlin"
ENDS = st.sampled_from(("exact", "less", "more", "released"))
STEPS = st.sampled_from([dt.timedelta(seconds=s) for s in (1, 3, 45, 3600, 86_400)])


def _edges(year: int) -> list[dt.datetime]:
    """Two seconds before a month's end and before the clock changes, in Berlin, and before those days end."""
    spring = max(dt.date(year, 3, day) for day in range(25, 32) if dt.date(year, 3, day).weekday() == 6)
    autumn = max(dt.date(year, 10, day) for day in range(25, 32) if dt.date(year, 10, day).weekday() == 6)
    at = [
        dt.datetime(year, 1, 31, 22, 59, 58, tzinfo=dt.UTC),
        dt.datetime(year, 2, 28, 22, 59, 58, tzinfo=dt.UTC),
        dt.datetime.combine(spring, dt.time(0, 59, 58), dt.UTC),
        dt.datetime.combine(spring, dt.time(21, 59, 58), dt.UTC),
        dt.datetime.combine(autumn, dt.time(0, 59, 58), dt.UTC),
        dt.datetime.combine(autumn, dt.time(22, 59, 58), dt.UTC),
    ]
    return sorted(at)


@dataclass
class Flying:
    """A call that was reserved: until it is closed, or for ever when its worker was killed."""

    opened: Any
    at: dt.datetime
    run_id: Any
    held: tuple[Decimal, int]
    used: tuple[Decimal, int] | None = None


@dataclass
class World:
    """What the machine plays with."""

    connected: Connected
    now: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    def clock(self) -> Any:
        world = self

        class Clock:
            @staticmethod
            def now() -> dt.datetime:
                return world.now

        return Clock

    def do(self, work: Callable[[], Any]) -> Any:
        from apps.tenants.scope import tenant_scope

        with tenant_scope(self.connected.cast.acme.id):
            return work()


class BudgetMachine(RuleBasedStateMachine):
    """Nothing that it decides rests on who was faster: hypothesis tries the same steps again."""

    world: World

    @initialize(edge=st.integers(0, 5), amount=st.integers(0, 5))
    def begin(self, edge: int, amount: int) -> None:
        from apps.metering.models import Budget
        from apps.metering.upkeep import settle_stale

        cast = self.world.connected.cast
        old = Budget.objects.filter(archived_at=None)
        self.world.do(lambda: old.update(archived_at=dt.datetime.now(dt.UTC)))
        self.world.now = _edges(next(_years))[edge]
        settle_stale()
        money = Decimal("0.0075") * amount
        self.budgets = [
            budget_make(cast, amount=money, period="month"),
            budget_make(cast, amount=20 * money, period="day", reach="team", subject=cast.engineering),
            budget_make(cast, amount=2000, period="week", unit="tokens", sharing="each"),
            budget_make(
                cast,
                amount=3000,
                period="day",
                unit="tokens",
                reach="model",
                subject=self.world.connected.chat,
            ),
        ]
        self.flying: list[Flying] = []
        self.all: list[Flying] = []
        self.refused = 0
        self.price(1)

    @rule(tokens=st.lists(st.integers(1, 500), min_size=1, max_size=8), closes=st.integers(0, 3), end=ENDS)
    def reserve_and_close(self, tokens: list[int], closes: int, end: str) -> None:
        """Many at once, while others close."""
        closing, self.flying = self.flying[:closes], self.flying[closes:]
        ends = [partial(self._closed, call, end) for call in closing]
        _run(*(partial(self._reserved, most) for most in tokens), *ends)

    @rule(ends=st.lists(ENDS, min_size=1, max_size=6))
    def close(self, ends: list[str]) -> None:
        closing, self.flying = self.flying[: len(ends)], self.flying[len(ends) :]
        _run(*(partial(self._closed, call, end) for call, end in zip(closing, ends, strict=False)))

    @rule()
    def close_again(self) -> None:
        """A late worker's word on a closed call changes nothing."""
        late = [call for call in self.all if call.used is not None][:2]
        for call in late:
            used = call.used
            _run(partial(self._closed, call, "more"))
            call.used = used

    @rule()
    def kill(self) -> None:
        """A worker vanishes with its call; the run's own sweeper ends the run."""
        from apps.runs.models import Run

        if not self.flying:
            return
        lost = self.flying.pop(0)
        runs = Run.objects.filter(pk=lost.run_id)
        self.world.do(lambda: runs.update(state="interrupted", ended_at=self.world.now, position=40))

    @rule(step=STEPS)
    def pass_time(self, step: dt.timedelta) -> None:
        """Upkeep comes every ten seconds; after half an hour nobody's call goes on."""
        from apps.metering.upkeep import settle_stale

        self.world.now += step
        settle_stale()
        self.flying = [call for call in self.flying if self.world.now - call.at < dt.timedelta(minutes=30)]

    @rule(factor=st.sampled_from((1, 2, 10)))
    def price(self, factor: int) -> None:
        """What is in flight keeps the price that it was reserved at."""
        from apps.metering.known_models import known_model
        from apps.metering.pricebook.services import price_plan
        from apps.metering.prices import Price

        def plan() -> None:
            model = known_model(self.world.connected.chat.pk)
            assert model is not None
            price_plan(actor=None, model=model, price=Price(Decimal(3 * factor), Decimal(15 * factor), "USD"))

        self.factor = factor
        self.world.do(plan)

    @rule(more=st.integers(1, 3))
    def grant(self, more: int) -> None:
        from django.db.models import F

        from apps.metering.models import BudgetCounter

        counters = BudgetCounter.objects.filter(budget=self.budgets[0], ends_at__gt=self.world.now)
        self.world.do(lambda: counters.update(granted=F("granted") + Decimal("0.0075") * more))

    @invariant()
    def nothing_is_spent_twice_or_unseen(self) -> None:
        for counter, budget in self._counters():
            rows = self._rows(counter, budget)
            spent = sum((_used(row, budget.unit) for row in rows), Decimal(0))
            held = sum((hold.amount for hold in counter.holds.all()), Decimal(0))
            assert counter.spent == spent, (budget, counter)
            assert counter.reserved == held, (budget, counter)

    @invariant()
    def no_limit_is_passed_but_by_what_calls_cost_more_than_they_held(self) -> None:
        for counter, budget in self._counters():
            over = sum((self._over(call, budget.unit, counter) for call in self.all), Decimal(0))
            limit = budget.amount + counter.granted
            assert counter.spent + counter.reserved <= limit + over, (budget, counter)

    @invariant()
    def no_reservation_outlives_its_run_by_a_minute(self) -> None:
        from apps.metering.models import UsageRecord
        from apps.runs.models import Run

        ended = Run.objects.filter(ended_at__lt=self.world.now - dt.timedelta(minutes=1))
        ids = self.world.do(lambda: list(ended.values_list("pk", flat=True)))
        open_ = UsageRecord.objects.filter(state="reserved", run_id__in=ids)
        assert self.world.do(open_.count) == 0

    def _counters(self) -> list[tuple[Any, Any]]:
        from apps.metering.models import BudgetCounter

        rows = BudgetCounter.objects.filter(budget__in=self.budgets).prefetch_related("holds")

        def load() -> list[tuple[Any, Any]]:
            return [(counter, counter.budget) for counter in rows.select_related("budget")]

        loaded: list[tuple[Any, Any]] = self.world.do(load)
        return loaded

    def _rows(self, counter: Any, budget: Any) -> list[Any]:
        from apps.metering.models import UsageRecord

        rows = UsageRecord.objects.filter(
            state="settled", created_at__gte=counter.starts_at, created_at__lt=counter.ends_at
        )
        found: list[Any] = self.world.do(lambda: list(rows))
        return found

    def _over(self, call: Flying, unit: str, counter: Any) -> Decimal:
        if call.used is None or not counter.starts_at <= call.at < counter.ends_at:
            return Decimal(0)
        place = 0 if unit == "money" else 1
        return max(Decimal(0), Decimal(call.used[place]) - Decimal(call.held[place]))

    async def _reserved(self, most: int) -> None:
        from apps.llm.errors import BudgetRefusedError
        from apps.llm.gateway import RunRef
        from apps.llm.gateway.loading import open_chat
        from apps.llm.gateway.reserving import reservation
        from apps.llm.vendors.base import ChatMessage, ChatRequest
        from apps.tenants.aio import in_scope
        from apps.tenants.quick import in_quick_scope

        tenant_id = self.world.connected.cast.acme.id
        run_id = await in_scope(tenant_id, self._run)
        request = ChatRequest("", (ChatMessage.text("user", "Hello?"),), max_tokens=most)
        call = chat_call(self.world.connected, request=request, run=RunRef(run_id, 1))
        scope = in_quick_scope if most % 2 else in_scope
        try:
            opened = await reservation(call, partial(scope, tenant_id, open_chat, call))
        except BudgetRefusedError:
            self.refused += 1
            return
        held = (Decimal(6 * 3 + most * 15) * self.factor / 1_000_000, 6 + most)
        flying = Flying(opened, self.world.now, run_id, held)
        self.flying.append(flying)
        self.all.append(flying)

    def _run(self) -> Any:
        from apps.runs.models import Run

        cast = self.world.connected.cast
        run = Run.objects.create(
            kind="completion",
            team_id=cast.engineering.pk,
            user_id=cast.bob.pk,
            state="running",
            fence=1,
            lease_until=dt.datetime(2200, 1, 1, tzinfo=dt.UTC),
        )
        return run.pk

    async def _closed(self, call: Flying, end: str) -> None:
        from apps.llm.gateway.closing import close
        from apps.metering import services as metering

        tenant_id = self.world.connected.cast.acme.id
        opened, most = call.opened, call.opened.bound.output
        if end == "released":
            call.used = (Decimal(0), 0)
            await close(tenant_id, metering.released(opened.call_id, metering.Ending(error_kind="server")))
            return
        output = {"exact": most, "less": most // 3, "more": most * 2}[end]
        tokens = metering.Tokens(6, output)
        charge = metering.charge_now(opened.target.item, tokens)
        worth = opened.target.purse.worth(charge)
        assert worth is not None
        call.used = (worth, 6 + output)
        await close(
            tenant_id, metering.settled(opened.call_id, tokens, charge, metering.Ending("stop"), worth)
        )


def _used(row: Any, unit: str) -> Decimal:
    return row.cost if unit == "money" else Decimal(row.tokens_input + row.tokens_output)


def _run(*works: Callable[[], Any]) -> None:
    """All at once, on the application's own loop."""
    from apps.llm.loop import run_on_loop

    async def together() -> None:
        await asyncio.gather(*(work() for work in works))

    run_on_loop(together())


def test_budgets_hold_whatever_happens(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.accounts.models import TenantSettings

    world = World(connected)
    for module in ("apps.llm.gateway.loading", "apps.metering.upkeep", "apps.llm.gateway.refusing"):
        monkeypatch.setattr(f"{module}.timezone", world.clock())
    world.do(lambda: TenantSettings.objects.update(time_zone=ZONE))
    run_state_machine_as_test(
        type("Machine", (BudgetMachine,), {"world": world}),
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
