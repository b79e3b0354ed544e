"""Limits a minute: which hold for a call, how they are counted, and that lost counters delay nobody."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from apps.metering.rates.admission import Permit, admit_call, admit_request
from apps.metering.rates.counting import Ask, count
from apps.metering.rates.rules import Bucket, Refusal, Rule, Who, buckets_of

if TYPE_CHECKING:
    from tests.factories import Cast

TENANT, TEAM, OTHER, USER, KEY, MODEL = (uuid4() for _ in range(6))
WHO = Who(TENANT, TEAM, USER, KEY, MODEL)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counters that answer late on a busy machine are no lost ones."""
    monkeypatch.setattr("apps.metering.rates.counting.PATIENCE_S", 20.0)


def rule(of: str, team: UUID | None = None, requests: int | None = 10, tokens: int | None = None) -> Rule:
    return Rule(team, of, MODEL if of == "model" else None, requests, tokens)


def bucket(limit: int = 60) -> Bucket:
    return Bucket(f"rate:{{{uuid4()}}}:test", "key", "requests", limit)


def test_a_teams_own_limit_replaces_the_default_and_another_teams_does_not() -> None:
    rules = [rule("person", requests=5), rule("person", TEAM, 7), rule("key"), rule("team", OTHER)]
    found = {(found.of, found.limit) for found in buckets_of(rules, WHO)}
    assert found == {("person", 7), ("key", 10)}


def test_a_models_limits_of_all_and_of_the_team_hold_both() -> None:
    rules = [rule("model", requests=50), rule("model", TEAM, 7, 9)]
    assert {(b.unit, b.limit) for b in buckets_of(rules, WHO)} == {
        ("requests", 50), ("requests", 7), ("tokens", 9),
    }  # fmt: skip
    assert buckets_of(rules, Who(TENANT, TEAM, USER, KEY)) == []


def test_every_key_in_valkey_names_the_tenant() -> None:
    assert all(str(TENANT) in found.key for found in buckets_of([rule("person"), rule("model", TEAM)], WHO))


def test_a_minutes_worth_goes_through_at_once_and_then_evenly() -> None:
    async def asked() -> tuple[list[Any], float]:
        place, begun = bucket(60), time.monotonic()
        return [await count([Ask(place, 1, 1)]) for _ in range(70)], time.monotonic() - begun

    counted, seconds = asyncio.run(asked())
    let_through = [one.refused for one in counted].count(False)
    assert 60 <= let_through <= 61 + seconds
    refused = next(one for one in counted if one.refused)
    assert 0 < refused.levels[0].wait_s <= 1
    assert (counted[0].levels[0].left, refused.levels[0].left) == (59, 0)


def test_what_is_refused_by_one_bucket_is_taken_from_none() -> None:
    async def asked() -> tuple[Any, Any]:
        wide, narrow = bucket(10), bucket(1)
        both = [Ask(wide, 1, 1), Ask(narrow, 1, 1)]
        await count(both)
        return await count(both), await count([Ask(wide, 0, 0)])

    refused, looked = asyncio.run(asked())
    assert refused.refused
    assert looked.levels[0].left == 9


def test_more_than_a_minutes_worth_needs_a_full_bucket_and_is_paid_off() -> None:
    async def asked() -> list[Any]:
        place = bucket(10)
        return [await count([Ask(place, 25, 25)]), await count([Ask(place, 1, 1)])]

    first, second = asyncio.run(asked())
    assert not first.refused
    assert second.refused
    assert second.levels[0].wait_s == pytest.approx(96, abs=1)


def test_parallel_requests_share_one_bucket_exactly() -> None:
    async def asked() -> list[Any]:
        place = bucket(20)
        return await asyncio.gather(*(count([Ask(place, 1, 1)]) for _ in range(50)))

    assert sum(not one.refused for one in asyncio.run(asked())) == 20


def test_tokens_are_put_right_after_the_call(cast: Cast) -> None:
    who = _limited(cast, tokens=1000)

    async def asked() -> list[Any]:
        permit = await admit_call(who, 100)
        assert isinstance(permit, Permit)
        permit.settle(940)
        await asyncio.sleep(0.05)
        refused = await admit_call(who, 500)
        looked = await admit_request(who)
        return [refused, looked]

    refused, looked = asyncio.run(asked())
    assert isinstance(refused, Refusal)
    assert refused.retry_after == pytest.approx(27, abs=1)
    assert refused.limit == "1,000 tokens a minute for each person"
    assert looked.headers["x-ratelimit-limit-tokens"] == "1000"
    assert int(looked.headers["x-ratelimit-remaining-tokens"]) == pytest.approx(60, abs=3)
    assert looked.headers["x-ratelimit-reset-tokens"].endswith("s")


def test_lost_counters_let_everything_through_at_once(cast: Cast, settings_redis: None) -> None:
    who = _limited(cast, requests=1)

    async def asked() -> float:
        begun = time.monotonic()
        for _ in range(5):
            assert (await admit_request(who)).refusal is None
        return time.monotonic() - begun

    assert asyncio.run(asked()) < 1.0


@pytest.fixture
def settings_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Valkey that takes no connection."""
    from django.conf import settings

    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")


def _limited(cast: Cast, **limits: Any) -> Who:
    from apps.metering.rates.services import Wanted, rate_limit_set
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        rate_limit_set(actor=None, team=cast.engineering, wanted=Wanted("person", **limits))
    return Who(cast.acme.id, cast.engineering.pk, cast.bob.pk, None)
