"""Which limits hold for a call, and the words of a refusal. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

Unit = Literal["requests", "tokens"]
MINUTE_S: Final = 60

_WHOSE: Final = {
    "person": "for each person",
    "team": "for your team together",
    "key": "for each API key",
    "model": "for this model",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of RateLimit as values."""

    team_id: UUID | None
    of: str
    model_id: UUID | None
    requests: int | None
    tokens: int | None


@dataclass(frozen=True, slots=True)
class Who:
    """Whose call it is. `model_id` is None where a route will choose."""

    tenant_id: UUID
    team_id: UUID | None
    user_id: UUID | None
    api_key_id: UUID | None
    model_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one limit counts: at most `limit` of `unit` a minute, under `key` in Valkey."""

    key: str
    of: str
    unit: Unit
    limit: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A limit that is reached: what it is, and in how many seconds it lets the next call through."""

    bucket: Bucket
    wait_s: float
    title: ClassVar[str] = "A limit of your organisation is reached"

    @property
    def retry_after(self) -> int:
        """Whole seconds, at least one."""
        return max(1, math.ceil(self.wait_s))

    @property
    def limit(self) -> str:
        """The limit in words."""
        unit = self.bucket.unit.removesuffix("s") if self.bucket.limit == 1 else self.bucket.unit
        return f"{self.bucket.limit:,} {unit} a minute {_WHOSE[self.bucket.of]}"

    @property
    def message(self) -> str:
        """What happened and what to do."""
        seconds = self.retry_after
        again = f"in {seconds} seconds" if seconds > 1 else "in a second"
        return f"The limit of {self.limit} is reached. Try again {again}, or ask an administrator for more."


def buckets_of(rules: Iterable[Rule], who: Who) -> list[Bucket]:
    """Every bucket that the call counts in, requests before tokens."""
    found = [bucket for rule in _holding(rules, who) for bucket in _buckets(rule, who)]
    return sorted(found, key=lambda bucket: bucket.unit)


def _holding(rules: Iterable[Rule], who: Who) -> Iterator[Rule]:
    """The team's own limit of a kind instead of the organisation's; of a model both."""
    chosen: dict[str, Rule] = {}
    for rule in rules:
        if rule.team_id is not None and rule.team_id != who.team_id:
            continue
        if rule.of == "model":
            if rule.model_id == who.model_id:
                yield rule
        elif rule.team_id is not None or rule.of not in chosen:
            chosen[rule.of] = rule
    yield from chosen.values()


def _buckets(rule: Rule, who: Who) -> Iterator[Bucket]:
    subjects = {"person": who.user_id, "team": who.team_id, "key": who.api_key_id, "model": who.model_id}
    subject = subjects[rule.of]
    if subject is None:
        return
    place = f"rate:{{{who.tenant_id}}}:{rule.of}:{subject}"
    if rule.team_id is not None:
        place = f"{place}:{rule.team_id}"
    if rule.requests is not None:
        yield Bucket(f"{place}:requests", rule.of, "requests", rule.requests)
    if rule.tokens is not None:
        yield Bucket(f"{place}:tokens", rule.of, "tokens", rule.tokens)
