"""The breaker's rules and the choice between deployments: pure, in seconds, without clock or database.

The pattern is Nygard's circuit breaker (Release It!, chapter 5); choosing by weighted rendezvous hashing
(Schindelhauer and Schomaker, 2005) keeps a conversation on one deployment, whose prompt cache then helps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from apps.llm.vendors.base import ErrorKind

if TYPE_CHECKING:
    from uuid import UUID

FAULTS: Final = frozenset(
    {
        ErrorKind.AUTHENTICATION,
        ErrorKind.QUOTA,
        ErrorKind.OVERLOADED,
        ErrorKind.UNAVAILABLE,
        ErrorKind.TIMEOUT,
        ErrorKind.CONNECTION,
        ErrorKind.SERVER,
        ErrorKind.PROTOCOL,
        ErrorKind.INTERRUPTED,
    }
)
"""Kinds that speak against the connection; any other error is an answer of a host that works."""
ELSEWHERE: Final = (FAULTS - {ErrorKind.INTERRUPTED}) | {ErrorKind.RATE_LIMIT, ErrorKind.NOT_FOUND}
"""Kinds after which another deployment may answer the same call."""

WINDOW_S: Final = 60
MIN_FAILURES: Final = 5
MIN_SHARE: Final = 0.5
MIN_PROBE_FAILURES: Final = 2
FIRST_PAUSE_S: Final = 10
LONGEST_PAUSE_S: Final = 300
CALM_S: Final = 600
"""A connection that stayed closed for that long begins with the first pause again."""
LEASE_S: Final = 90
"""How long the one call of a half-open breaker keeps others away."""
OVERDUE_S: Final = 60
"""A trial that no probe made for that long is made by a call, although another deployment would answer."""
FRESH_FAILURE_S: Final = 30


def opens(*, calls: int, failures: int) -> bool:
    """Whether a closed breaker opens: at least 5 failures in the last minute, and half of the calls."""
    return failures >= MIN_FAILURES and failures >= MIN_SHARE * calls


def next_pause(pause_s: int, *, closed_for_s: float | None) -> int:
    """How long an opening breaker stays shut: 10 s, then twice the last, at most 300 s.

    `closed_for_s` is how long it was closed before, None when it was not.
    """
    if not pause_s or (closed_for_s is not None and closed_for_s >= CALM_S):
        return FIRST_PAUSE_S
    return min(pause_s * 2, LONGEST_PAUSE_S)


@dataclass(frozen=True, slots=True)
class Standing:
    """A deployment as the choice sees it.

    `due_s`: None while its breaker is closed, else seconds since a trial is allowed (negative: to wait).
    `failed_ago_s`: seconds since its last error, None without one.
    """

    connection_id: UUID
    weight: int = 1
    due_s: float | None = None
    failed_ago_s: float | None = None

    @property
    def is_closed(self) -> bool:
        return self.due_s is None


def preference(standing: Standing, *, key: bytes, avoid: frozenset[UUID]) -> tuple[int, float]:
    """What to sort deployments by, best first; `avoid` are those that this call has tried.

    A trial that is overdue, then the healthy ones by weight, then those that failed within half a minute,
    least recently first, then reserves, then those tried already, then trials that are due, then the rest.
    """
    if standing.due_s is not None:
        rank = 0 if standing.due_s >= OVERDUE_S else 5 if standing.due_s >= 0 else 6
        return (6 if standing.connection_id in avoid else rank, -standing.due_s)
    if standing.connection_id in avoid:
        return (4, 0.0)
    failed_ago = standing.failed_ago_s
    has_failed = failed_ago is not None and failed_ago < FRESH_FAILURE_S
    if standing.weight == 0:
        return (3, float(has_failed))
    if has_failed and failed_ago is not None:
        return (2, -failed_ago)
    return (1, -_score(standing, key))


def _score(standing: Standing, key: bytes) -> float:
    """The weighted rendezvous score: the share of keys that a deployment wins is its share of the weight."""
    digest = blake2b(key + standing.connection_id.bytes, digest_size=8).digest()
    chance = ((int.from_bytes(digest, "big") >> 12) + 0.5) / 2**52
    return -standing.weight / math.log(chance)
