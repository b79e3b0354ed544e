"""Whether a request or a call may go on now, and what the client is told of its limits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from apps.metering.rates.counting import Ask, count, count_soon
from apps.metering.rates.known import rules_of
from apps.metering.rates.rules import Refusal, Rule, Who, buckets_of

if TYPE_CHECKING:
    from apps.metering.rates.counting import Counted
    from apps.metering.rates.rules import Bucket, Unit

_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer to a request: refused or not, and OpenAI's headers of the tightest limits."""

    refusal: Refusal | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


ADMITTED: Final = Admission()


@dataclass(frozen=True, slots=True)
class Permit:
    """A call that was let through and took `estimate` tokens; `settle` makes that what it used."""

    buckets: tuple[Bucket, ...] = ()
    estimate: int = 0

    def settle(self, used: int) -> None:
        """Take or give back the difference; waits for nothing, on the loop."""
        if self.buckets and used != self.estimate:
            count_soon([Ask(bucket, 0, used - self.estimate) for bucket in self.buckets])


UNLIMITED: Final = Permit()


async def admit_request(who: Who, rules: Sequence[Rule] | None = None) -> Admission:
    """Take one request of the person, team and key; look at the model's and at all tokens without taking.

    Calls take those themselves (`admit_call`), since one request may become several calls.
    """
    buckets = buckets_of(await rules_of(who.tenant_id) if rules is None else rules, who)
    asks = [Ask(bucket, 1, int(bucket.unit == "requests" and bucket.of != "model")) for bucket in buckets]
    counted = await count(asks)
    if counted is None:
        return ADMITTED
    return Admission(_refusal(buckets, counted), _headers(buckets, counted))


async def admit_call(who: Who, tokens: int) -> Permit | Refusal:
    """Take one request of the model and `tokens` everywhere; more than a minute's needs full buckets."""
    rules = await rules_of(who.tenant_id)
    buckets = [b for b in buckets_of(rules, who) if b.unit == "tokens" or b.of == "model"]
    sizes = {"requests": 1, "tokens": max(1, tokens)}
    counted = await count([Ask(bucket, sizes[bucket.unit], sizes[bucket.unit]) for bucket in buckets])
    if counted is None:
        return UNLIMITED
    refusal = _refusal(buckets, counted)
    return refusal or Permit(tuple(b for b in buckets if b.unit == "tokens"), sizes["tokens"])


def _refusal(buckets: Sequence[Bucket], counted: Counted) -> Refusal | None:
    """The limit that lets the call through last."""
    if not counted.refused:
        return None
    wait_s, place = max((level.wait_s, place) for place, level in enumerate(counted.levels))
    return Refusal(buckets[place], wait_s)


def _headers(buckets: Sequence[Bucket], counted: Counted) -> dict[str, str]:
    units: tuple[Unit, ...] = ("requests", "tokens")
    return {name: text for unit in units for name, text in _of_unit(unit, buckets, counted).items()}


def _of_unit(unit: Unit, buckets: Sequence[Bucket], counted: Counted) -> dict[str, str]:
    """The limit of which least is left. Source: https://platform.openai.com/docs/guides/rate-limits."""
    found = [
        (level.left, bucket.limit, level.whole_s)
        for bucket, level in zip(buckets, counted.levels, strict=True)
        if bucket.unit == unit
    ]
    if not found:
        return {}
    left, limit, whole_s = min(found)
    return {
        f"x-ratelimit-limit-{unit}": str(limit),
        f"x-ratelimit-remaining-{unit}": str(left),
        f"x-ratelimit-reset-{unit}": _duration(whole_s),
    }


def _duration(seconds: float) -> str:
    """As OpenAI writes it: 20ms, 1.5s, 1m2s."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    if seconds < _SECONDS:
        return f"{seconds:.3g}s"
    minutes, rest = divmod(math.ceil(seconds), _SECONDS)
    return f"{minutes}m{rest}s"
