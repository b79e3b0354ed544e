"""What a route would have picked for a question of which only the metadata is known, and its cost. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.llm.routes import planning
from apps.llm.routes.definitions import ByClass, ByTask, Cascade, Ensemble, Fallback, Judge, Ranked, Ref
from apps.llm.routes.usable import is_usable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from apps.llm.routes.planning import Offered, Plan
    from apps.llm.routes.traits import Traits

CHECKED = 200
"""Tokens of a check's answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A past question: its metadata, the tokens of its answer, what it cost (None: unknown), its class."""

    traits: Traits
    output: int
    cost: Decimal | None
    data_class: int | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """Who would have answered, and the least and most that it would have cost; None: a price is unknown."""

    picked: tuple[str, ...]
    least: Decimal | None
    most: Decimal | None


@dataclass(frozen=True, slots=True)
class Pick:
    """Who would have answered so many questions, and what those of known price would have cost."""

    models: str
    questions: int
    least: Decimal
    most: Decimal
    unknown: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A dry run: how often each was picked, most often first; sums in USD over questions of known price."""

    questions: int
    picked: tuple[Pick, ...]
    least: Decimal
    most: Decimal
    unknown: int
    was: Decimal
    was_unknown: int
    nobody: int


def dry_run(plan: Plan, asked: Sequence[Asked]) -> Summary:
    """The route over past questions; a language, code and attachments are not kept, such rules never fit."""
    plans = {past.data_class: plan.cleared(past.data_class) for past in asked}
    found = [forecast(plans[past.data_class], Ref("route", plan.root.id), past) for past in asked]
    by_models: dict[str, list[Forecast]] = defaultdict(list)
    for one in found:
        if one is not None:
            by_models[" + ".join(one.picked)].append(one)
    picks = sorted(
        (_pick(models, rows) for models, rows in by_models.items()),
        key=lambda pick: (-pick.questions, pick.models),
    )
    return Summary(
        questions=len(asked),
        picked=tuple(picks),
        least=sum((pick.least for pick in picks), Decimal(0)),
        most=sum((pick.most for pick in picks), Decimal(0)),
        unknown=sum(pick.unknown for pick in picks),
        was=sum((past.cost for past in asked if past.cost is not None), Decimal(0)),
        was_unknown=sum(past.cost is None for past in asked),
        nobody=sum(one is None for one in found),
    )


def _pick(models: str, rows: Sequence[Forecast]) -> Pick:
    known = [(one.least, one.most) for one in rows if one.least is not None and one.most is not None]
    least, most = (sum(amounts, Decimal(0)) for amounts in (zip(*known, strict=True) if known else ((), ())))
    return Pick(models, len(rows), least, most, len(rows) - len(known))


def forecast(plan: Plan, ref: Ref, asked: Asked) -> Forecast | None:
    """For one reference; None where the team may use nothing of it."""
    model = plan.model(ref)
    if model is not None:
        return _call(model, asked.traits.tokens, asked.output)
    node = plan.node(ref)
    if node is None:
        return None
    definition = node.definition
    if isinstance(definition, Cascade | Judge | Ensemble):
        return _combined(plan, definition, asked)
    return _picked(plan, definition, asked)


def _picked(plan: Plan, definition: Fallback | ByClass | Ranked | ByTask, asked: Asked) -> Forecast | None:
    """The first choice, as if no call failed."""
    match definition:
        case Fallback(members=members) | ByClass(members=members):
            fits = (forecast(plan, ref, asked) for ref in members if _fits(plan, ref, asked))
            return next((one for one in fits if one is not None), None)
        case Ranked():
            places = planning.ranking(definition, plan, asked.traits)
            return _call(places[0].model, asked.traits.tokens, asked.output) if places else None
        case ByTask(otherwise=otherwise):
            ref, _ = planning.chosen(definition, asked.traits)
            picked = ref if ref is not None and _is_open(plan, ref) else otherwise
            return forecast(plan, picked, asked)


def _combined(plan: Plan, definition: Cascade | Judge | Ensemble, asked: Asked) -> Forecast | None:
    """The least: everything passes; the most: the stronger model, the revision."""
    match definition:
        case Cascade(first, checker, second):
            begun, check = forecast(plan, first, asked), _check(plan, checker, asked)
            return _either([begun, check], [forecast(plan, second, asked)])
        case Judge(answerer, judge):
            check = _check(plan, judge, asked)
            draft = forecast(plan, answerer, asked)
            return None if draft is None else _either([draft, check], [draft, check])
        case Ensemble(members=members, synthesiser=synthesiser):
            voices = [one for ref in members if (one := forecast(plan, ref, asked)) is not None]
            merged = _check(plan, synthesiser, asked, voices=2 * len(voices))
            return _either([*voices, merged], []) if voices else None


def _check(plan: Plan, ref: Ref, asked: Asked, *, voices: int = 1) -> Forecast | None:
    """A call that reads the question and answers to it."""
    model = plan.model(ref)
    if model is None:
        return forecast(plan, ref, asked)
    return _call(model, asked.traits.tokens + voices * asked.output, CHECKED * voices)


def _call(model: Offered, tokens: int, output: int) -> Forecast:
    price = model.price if model.price and model.price.currency == planning.CURRENCY else None
    spent = planning.cost(price, tokens, output)
    return Forecast((model.name,), spent, spent)


def _either(always: Iterable[Forecast | None], perhaps: Iterable[Forecast | None]) -> Forecast | None:
    """What is always called, and what may be called besides."""
    sure = [one for one in always if one is not None]
    more = [one for one in perhaps if one is not None]
    if not sure:
        return more[0] if more else None
    least = _sum(one.least for one in sure)
    most = _sum(one.most for one in [*sure, *more])
    names = tuple(dict.fromkeys(name for one in sure for name in one.picked))
    return Forecast(names, least, most)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def _fits(plan: Plan, ref: Ref, asked: Asked) -> bool:
    model = plan.model(ref)
    if model is None:
        return _is_open(plan, ref)
    return model.window is None or asked.traits.tokens + asked.output <= model.window


def _is_open(plan: Plan, ref: Ref) -> bool:
    definitions = {node.id: node.definition for node in plan.routes.values()}
    return is_usable(ref, definitions, plan.models)
