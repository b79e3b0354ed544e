"""Which model a question goes to, and why, as far as that is known before one is asked. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from apps.guardrails.classes import DataClass
from apps.llm.routes.definitions import ByTask, Definition, Ranked, Ref, When

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from apps.llm.routes.traits import Traits
    from apps.metering.prices import Price

EXPECTED_OUTPUT: Final = 500
"""Tokens of a usual answer, for what a question will cost."""
CURRENCY: Final = "USD"
"""Prices in another currency are not compared: there are no rates of exchange here."""
PER: Final = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Speed:
    """Of a model's last calls, medians: milliseconds to the first token, tokens a second after it."""

    ms_first: int
    tokens_s: float

    @property
    def ms_answer(self) -> float:
        """How long a usual answer takes."""
        return self.ms_first + EXPECTED_OUTPUT * 1000 / max(self.tokens_s, 0.1)


@dataclass(frozen=True, slots=True)
class Offered:
    """A model that the team may use, with what is known of it."""

    id: UUID
    slug: str
    name: str
    vendor: str
    abilities: frozenset[str] = frozenset()
    window: int | None = None
    max_output: int | None = None
    price: Price | None = None
    speed: Speed | None = None
    cleared_for: DataClass = DataClass.RESTRICTED


@dataclass(frozen=True, slots=True)
class Node:
    """A route as it runs."""

    id: UUID
    slug: str
    name: str
    kind: str
    definition: Definition


@dataclass(frozen=True, slots=True)
class Plan:
    """A route with all that it leads to, and the models among that which the team may use now."""

    root: Node
    routes: Mapping[UUID, Node]
    models: Mapping[UUID, Offered]

    def cleared(self, data_class: int | None) -> Plan:
        """The plan with those of its models that may receive this class; all of them for None."""
        kept = {id_: model for id_, model in self.models.items() if model.cleared_for >= (data_class or 0)}
        return self if len(kept) == len(self.models) else replace(self, models=kept)

    def node(self, ref: Ref) -> Node | None:
        """The route of a reference; None for a model, or a route that is gone or off."""
        return self.routes.get(ref.id) if ref.kind == "route" else None

    def model(self, ref: Ref) -> Offered | None:
        """The model of a reference, if the team may use it."""
        return self.models.get(ref.id) if ref.kind == "model" else None


@dataclass(frozen=True, slots=True)
class Place:
    """A candidate's place in a ranking, with the reason in words."""

    model: Offered
    why: str


def unfit(model: Offered, needs: frozenset[str]) -> str:
    """Why the model can not answer; empty if it can. One that states no abilities is not ruled out."""
    lacks = sorted(needs - model.abilities) if model.abilities else []
    return f"can not do {', '.join(lacks)}" if lacks else ""


def cost(price: Price | None, tokens: int, output: int = EXPECTED_OUTPUT) -> Decimal | None:
    """What a question of so many tokens costs with an answer of `output`; None: the price is unknown."""
    if price is None:
        return None
    return (tokens * price.input + output * price.output) / PER


def ranking(definition: Ranked, plan: Plan, traits: Traits) -> list[Place]:
    """The candidates that meet the conditions, in order. What is unknown comes last, never first by default.

    An unknown price never counts as cheap, an unknown speed never as fast, no opinion never as good.
    """
    fits = [(rated.quality, model) for rated in definition.candidates if (model := plan.model(rated.ref))]
    fits = [
        (quality, model)
        for quality, model in fits
        if definition.abilities <= model.abilities
        and not unfit(model, traits.needs)
        and (definition.minimum_quality is None or (quality or 0) >= definition.minimum_quality)
    ]
    by = {"cheapest": _cheapest, "fastest": _fastest, "best_value": _best_value}[definition.order]
    return by(fits, traits)


def _cheapest(fits: list[tuple[int | None, Offered]], traits: Traits) -> list[Place]:
    known = [(spent, model) for _, model in fits if (spent := _comparable(model, traits)) is not None]
    known.sort(key=lambda found: found[0])
    unknown = [Place(model, "no known price to compare") for _, model in fits if not _has_price(model)]
    return [Place(model, f"the lowest price: about {_money(spent)}") for spent, model in known] + unknown


def _fastest(fits: list[tuple[int | None, Offered]], traits: Traits) -> list[Place]:
    del traits
    known = sorted(
        ((model.speed.ms_answer, model) for _, model in fits if model.speed), key=lambda found: found[0]
    )
    unknown = [Place(model, "no measured speed to compare") for _, model in fits if not model.speed]
    return [Place(model, f"the fastest: usually {ms / 1000:.1f} s") for ms, model in known] + unknown


def _best_value(fits: list[tuple[int | None, Offered]], traits: Traits) -> list[Place]:
    """Half quality, three tenths price, two tenths speed, each as a share of the best candidate's."""
    costs = [spent for _, model in fits if (spent := _comparable(model, traits)) is not None]
    times = [model.speed.ms_answer for _, model in fits if model.speed]
    least, quickest = min(costs, default=Decimal(0)), min(times, default=0.0)
    scored = []
    for quality, model in fits:
        spent = _comparable(model, traits)
        price = 0.0 if spent is None else 1.0 if spent <= least else float(least / spent)
        speed = quickest / model.speed.ms_answer if model.speed else 0.0
        scored.append((0.5 * (quality or 0) / 5 + 0.3 * price + 0.2 * speed, model))
    scored.sort(key=lambda found: -found[0])
    return [Place(model, f"the best value: {score:.2f} of 1") for score, model in scored]


def _has_price(model: Offered) -> bool:
    return model.price is not None and model.price.currency == CURRENCY


def _comparable(model: Offered, traits: Traits) -> Decimal | None:
    return cost(model.price, traits.tokens) if _has_price(model) else None


def _money(amount: Decimal) -> str:
    return f"{amount:.6f}".rstrip("0").rstrip(".") + f" {CURRENCY}"


def chosen(definition: ByTask, traits: Traits) -> tuple[Ref | None, str]:
    """What the first rule that fits says, and why; None where no rule fits."""
    for number, rule in enumerate(definition.rules, 1):
        if holds(rule.when, traits):
            return rule.use, f"rule {number} fits: {described(rule.when)}"
    return None, "no rule fits"


def holds(when: When, traits: Traits) -> bool:
    """Whether all that the rule sets is known to hold."""
    checks: Iterable[bool] = (
        when.longer_than is None or traits.tokens > when.longer_than,
        when.shorter_than is None or traits.tokens < when.shorter_than,
        when.attachments is None or traits.has_attachments is when.attachments,
        when.code is None or traits.has_code is when.code,
        not when.languages or traits.language in when.languages,
        not when.teams or traits.team_id in when.teams,
        when.hours is None or _within(traits.hour, *when.hours),
    )
    return all(checks)


def _within(hour: int, first: int, last: int) -> bool:
    return first <= hour < last if first < last else hour >= first or hour < last


def described(when: When) -> str:
    """The rule's conditions in words."""
    said = []
    if when.longer_than is not None:
        said.append(f"longer than {when.longer_than:,} tokens")
    if when.shorter_than is not None:
        said.append(f"shorter than {when.shorter_than:,} tokens")
    if when.attachments is not None:
        said.append("with attachments" if when.attachments else "without attachments")
    if when.code is not None:
        said.append("with code" if when.code else "without code")
    if when.languages:
        said.append(f"in {', '.join(sorted(when.languages))}")
    if when.teams:
        said.append("asked in one of the named teams")
    if when.hours is not None:
        said.append(f"from {when.hours[0]}:00 to {when.hours[1]}:00")
    return ", ".join(said)
