"""The breaker's rules and the choice between deployments, without clock or database."""

from __future__ import annotations

from collections import Counter
from functools import partial
from uuid import UUID, uuid4

import pytest

from apps.llm.health.rules import Standing, next_pause, opens, preference

A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.mark.parametrize(
    ("calls", "failures", "is_open"),
    [(4, 4, False), (5, 5, True), (10, 5, True), (11, 5, False), (1000, 499, False), (1000, 500, True)],
)
def test_opens_at_five_failures_and_half_of_the_calls(calls: int, failures: int, is_open: bool) -> None:
    assert opens(calls=calls, failures=failures) is is_open


@pytest.mark.parametrize(
    ("pause_s", "closed_for_s", "expected"),
    [(0, None, 10), (10, None, 20), (160, None, 300), (300, 599.0, 300), (300, 600.0, 10), (40, 5.0, 80)],
)
def test_pause_doubles_until_it_was_calm(pause_s: int, closed_for_s: float | None, expected: int) -> None:
    assert next_pause(pause_s, closed_for_s=closed_for_s) == expected


def ordered(*found: Standing, avoid: frozenset[UUID] = frozenset(), key: bytes = b"") -> list[UUID]:
    wish = partial(preference, key=key, avoid=avoid)
    return [standing.connection_id for standing in sorted(found, key=wish)]


def test_shares_are_those_of_the_weights() -> None:
    places = [Standing(A, weight=1), Standing(B, weight=2), Standing(C, weight=7)]
    won = Counter(ordered(*places, key=uuid4().bytes)[0] for _ in range(4000))
    assert won[A] / 4000 == pytest.approx(0.1, abs=0.03)
    assert won[B] / 4000 == pytest.approx(0.2, abs=0.03)
    assert won[C] / 4000 == pytest.approx(0.7, abs=0.03)


def test_one_place_less_moves_only_its_own_keys() -> None:
    keys = [uuid4().bytes for _ in range(300)]
    three, two = [Standing(A), Standing(B), Standing(C)], [Standing(A), Standing(B)]
    for key in keys:
        before = ordered(*three, key=key)[0]
        assert before == C or ordered(*two, key=key)[0] == before


def test_least_recently_failed_comes_first_after_the_healthy() -> None:
    assert ordered(Standing(A, failed_ago_s=2), Standing(B, failed_ago_s=20)) == [B, A]
    assert ordered(Standing(A, failed_ago_s=2), Standing(B, failed_ago_s=20), Standing(C)) == [C, B, A]
    assert ordered(Standing(A, weight=50), Standing(B, failed_ago_s=1), Standing(C, weight=0)) == [A, B, C]


def test_trials_come_last_unless_they_are_overdue() -> None:
    assert ordered(Standing(A, due_s=5), Standing(B)) == [B, A]
    assert ordered(Standing(A, due_s=61), Standing(B)) == [A, B]
    assert ordered(Standing(A, due_s=-3), Standing(B, due_s=1), Standing(C, weight=0)) == [C, B, A]
    assert ordered(Standing(A, due_s=61), Standing(B), avoid=frozenset({A})) == [B, A]


def test_what_was_tried_comes_after_what_was_not() -> None:
    tried = frozenset({A})
    assert ordered(Standing(A, weight=100), Standing(B, failed_ago_s=1), avoid=tried) == [B, A]
    assert ordered(Standing(A), Standing(B, weight=0), avoid=tried) == [B, A]
