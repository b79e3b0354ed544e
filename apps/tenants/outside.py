"""Work across the network that a transaction finds it needs: done between two tries of it, never inside.

An edge runs its transaction by `in_tries`. Where the transaction calls `outside`, the edge rolls it back,
does the work, and runs it again; the second try finds what the work gave and goes on.
"""

from __future__ import annotations

from collections import Counter
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from apps.tenants.scope import assert_no_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

R = TypeVar("R")

MOST_TRIES: Final = 100
"""A form may bring many files; each of them takes a try."""


class OutsideWantedError(BaseException):
    """Asks the edge to roll back and do the work. No Exception, so that nothing on its way handles it."""

    def __init__(self, key: Hashable, work: Callable[[], Any]) -> None:
        super().__init__("This work waits for the end of the transaction: run it by in_tries.")
        self.key = key
        self.work = work


class _Tries:
    """What was done outside so far, and how often this try has asked for each of it."""

    def __init__(self) -> None:
        self.done: dict[Hashable, Any] = {}
        self.asked: Counter[Hashable] = Counter()

    def close(self) -> None:
        """Close what was given to be read."""
        for given in self.done.values():
            if hasattr(given, "close"):
                given.close()


_tries: ContextVar[_Tries | None] = ContextVar("outside", default=None)


def in_tries(attempt: Callable[[], R]) -> R:
    """What `attempt` gives, which opens the scope by itself and may be run several times."""
    tries = _Tries()
    token = _tries.set(tries)
    try:
        for _ in range(MOST_TRIES):
            tries.asked.clear()
            try:
                return attempt()
            except OutsideWantedError as wanted:
                assert_no_scope()
                tries.done[wanted.key] = wanted.work()
        raise RuntimeError("The transaction asks for other work at each try.")
    finally:
        _tries.reset(token)
        tries.close()


def outside(key: Hashable, work: Callable[[], R]) -> R:
    """What the work gave outside the transaction; each try asks for the same keys in the same order.

    Where no edge can try again (a command, a worker's own scope) it is done at once.
    """
    tries = _tries.get()
    if tries is None:
        return work()
    tries.asked[key] += 1
    numbered = (key, tries.asked[key])
    if numbered not in tries.done:
        raise OutsideWantedError(numbered, work)
    return cast("R", tries.done[numbered])
