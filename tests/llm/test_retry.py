"""When a failed call is made again, and after how long."""

from __future__ import annotations

import pytest

from apps.llm.gateway.retry import pause_before_retry
from apps.llm.vendors.base import ErrorKind, VendorError


def _error(
    kind: ErrorKind = ErrorKind.OVERLOADED, *, retryable: bool = True, after: float | None = None
) -> VendorError:
    return VendorError(kind, "words", retryable=retryable, retry_after=after)


def test_pause_is_full_jitter_and_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    assert pause_before_retry(_error(), attempt=1, elapsed=0) == 0.5
    assert pause_before_retry(_error(), attempt=2, elapsed=0) == 1.0
    assert pause_before_retry(_error(), attempt=3, elapsed=0) is None


def test_retry_after_is_obeyed_up_to_thirty_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: 0.0)
    assert pause_before_retry(_error(after=30), attempt=1, elapsed=0) == 30
    assert pause_before_retry(_error(after=30.5), attempt=1, elapsed=0) is None
    assert pause_before_retry(_error(after=-4), attempt=1, elapsed=0) == 0


def test_what_a_person_would_wait_for_too_long_is_not_retried() -> None:
    assert pause_before_retry(_error(after=25), attempt=2, elapsed=40) is None
    assert pause_before_retry(_error(ErrorKind.TIMEOUT), attempt=1, elapsed=0) is None
    assert pause_before_retry(_error(retryable=False), attempt=1, elapsed=0) is None
