"""Reads a route's definition from its JSON. Pure.

References are stored as `model:<uuid>` or `route:<uuid>`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from apps.llm.routes.definitions import (
    ABILITIES,
    DEFAULT_ON,
    FALLBACK_KINDS,
    LANGUAGES,
    MOST_MEMBERS,
    MOST_QUALITY,
    MOST_RULES,
    MOST_VOICES,
    ByClass,
    ByTask,
    Cap,
    Cascade,
    Classifier,
    Definition,
    DefinitionError,
    Ensemble,
    Fallback,
    Judge,
    Label,
    Order,
    Ranked,
    Rated,
    Ref,
    Rule,
    When,
)


def read(kind: str, data: Mapping[str, Any]) -> Definition:
    """The definition of a route of that kind; raises DefinitionError."""
    reader = _READERS.get(kind)
    if reader is None:
        raise DefinitionError("kind", f"Choose one of {', '.join(_READERS)}.")
    if not isinstance(data, Mapping):
        raise DefinitionError("definition", "Send an object.")
    return reader(kind, data)


def ref_of(value: object, field: str) -> Ref:
    """A stored reference; raises DefinitionError."""
    kind, _, text = value.partition(":") if isinstance(value, str) else ("", "", "")
    try:
        if kind in {"model", "route"}:
            return Ref("model" if kind == "model" else "route", UUID(text))
    except ValueError:
        pass
    raise DefinitionError(field, "Choose a model or a route.")


def _refs(data: Mapping[str, Any], field: str, *, least: int, most: int) -> tuple[Ref, ...]:
    values = data.get(field)
    if not isinstance(values, list) or not least <= len(values) <= most:
        raise DefinitionError(field, f"Choose {least} to {most} models or routes.")
    found = tuple(ref_of(value, field) for value in values)
    if len(set(found)) != len(found):
        raise DefinitionError(field, "Choose each only once.")
    return found


def _fallback(kind: str, data: Mapping[str, Any]) -> Fallback:
    del kind
    kinds = data.get("on")
    known = {error.value: error for error in FALLBACK_KINDS}
    if kinds is None:
        on = DEFAULT_ON
    elif isinstance(kinds, list) and kinds and all(name in known for name in kinds):
        on = frozenset(known[name] for name in kinds)
    else:
        raise DefinitionError("on", f"Choose at least one of {', '.join(known)}.")
    wait = _number(data, "first_token_s", least=0.1, most=300)
    return Fallback(_refs(data, "members", least=2, most=MOST_MEMBERS), on, wait)


def _by_class(kind: str, data: Mapping[str, Any]) -> ByClass:
    del kind
    return ByClass(_refs(data, "members", least=1, most=MOST_MEMBERS))


def _ranked(kind: str, data: Mapping[str, Any]) -> Ranked:
    values = data.get("candidates")
    if not isinstance(values, list) or not 1 <= len(values) <= MOST_RULES:
        raise DefinitionError("candidates", f"Choose 1 to {MOST_RULES} models.")
    candidates = tuple(_rated(value) for value in values)
    if len({rated.ref for rated in candidates}) != len(candidates):
        raise DefinitionError("candidates", "Choose each model only once.")
    abilities = _words(data, "abilities", ABILITIES)
    minimum = _whole(data, "minimum_quality", least=1, most=MOST_QUALITY)
    order: Order = "cheapest" if kind == "cheapest" else "fastest" if kind == "fastest" else "best_value"
    return Ranked(order, candidates, abilities, minimum)


def _rated(value: object) -> Rated:
    if not isinstance(value, Mapping):
        raise DefinitionError("candidates", "Choose a model.")
    ref = ref_of(value.get("ref"), "candidates")
    if ref.kind != "model":
        raise DefinitionError("candidates", "Only models can be compared; a route has no price of its own.")
    return Rated(ref, _whole(value, "quality", least=1, most=MOST_QUALITY, field="candidates"))


def _by_task(kind: str, data: Mapping[str, Any]) -> ByTask:
    del kind
    rules = data.get("rules") or []
    if not isinstance(rules, list) or len(rules) > MOST_RULES:
        raise DefinitionError("rules", f"At most {MOST_RULES} rules.")
    classifier = data.get("classifier")
    found = ByTask(
        tuple(_rule(rule) for rule in rules),
        ref_of(data.get("otherwise"), "otherwise"),
        None if classifier is None else _classifier(classifier),
    )
    if not found.rules and found.classifier is None:
        raise DefinitionError("rules", "Add a rule or a classifier; without one, every question is alike.")
    return found


def _rule(value: object) -> Rule:
    if not isinstance(value, Mapping) or not isinstance(value.get("when"), Mapping):
        raise DefinitionError("rules", "A rule has conditions and a model or a route.")
    when = value["when"]
    found = When(
        longer_than=_whole(when, "longer_than", least=1, most=10_000_000, field="rules"),
        shorter_than=_whole(when, "shorter_than", least=1, most=10_000_000, field="rules"),
        attachments=_flag(when, "attachments"),
        code=_flag(when, "code"),
        languages=_words(when, "languages", LANGUAGES, field="rules"),
        teams=_ids(when, "teams"),
        hours=_hours(when.get("hours")),
    )
    if found == When():
        raise DefinitionError("rules", "Set at least one condition in each rule.")
    return Rule(found, ref_of(value.get("use"), "rules"))


def _classifier(value: object) -> Classifier:
    labels = value.get("labels") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(labels, list) or not 1 <= len(labels) <= MOST_RULES:
        raise DefinitionError("classifier", f"A classifier has a model and 1 to {MOST_RULES} kinds.")
    found = tuple(_label(label) for label in labels)
    if len({label.name.casefold() for label in found}) != len(found):
        raise DefinitionError("classifier", "Give each kind of question a name of its own.")
    return Classifier(ref_of(value.get("model"), "classifier"), found)


def _label(value: object) -> Label:
    name = str(value.get("name") or "").strip() if isinstance(value, Mapping) else ""
    if not isinstance(value, Mapping) or not 1 <= len(name) <= 40 or not name.isprintable():  # noqa: PLR2004 - said in the message
        raise DefinitionError("classifier", "Name each kind of question in 1 to 40 characters.")
    return Label(
        name, str(value.get("description") or "").strip()[:300], ref_of(value.get("use"), "classifier")
    )


def _cascade(kind: str, data: Mapping[str, Any]) -> Cascade:
    del kind
    return Cascade(*(ref_of(data.get(name), name) for name in ("first", "checker", "second")))


def _judge(kind: str, data: Mapping[str, Any]) -> Judge:
    del kind
    return Judge(*(ref_of(data.get(name), name) for name in ("answerer", "judge")))


def _ensemble(kind: str, data: Mapping[str, Any]) -> Ensemble:
    del kind
    members = _refs(data, "members", least=2, most=MOST_VOICES)
    return Ensemble(members, ref_of(data.get("synthesiser"), "synthesiser"), _cap(data.get("cap")))


def _cap(value: object) -> Cap | None:
    if value is None:
        return None
    try:
        amount = Decimal(str(value["amount"])) if isinstance(value, Mapping) else Decimal(0)
    except (InvalidOperation, KeyError):
        amount = Decimal(0)
    currency = str(value.get("currency") or "USD") if isinstance(value, Mapping) else ""
    if not (amount.is_finite() and 0 < amount <= 1_000_000):  # noqa: PLR2004 - a sum nobody means to pass
        raise DefinitionError("cap", "A cost cap is more than 0. Leave it empty for none.")
    if len(currency) != 3 or not (currency.isascii() and currency.isupper()):  # noqa: PLR2004 - ISO 4217
        raise DefinitionError("cap", "Use the three letters of the currency, such as USD or EUR.")
    return Cap(amount, currency)


def _number(data: Mapping[str, Any], field: str, *, least: float, most: float) -> float | None:
    value = data.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise DefinitionError(field, f"Enter a number from {least} to {most}, or leave it empty.")
    return float(value)


def _whole(
    data: Mapping[str, Any], name: str, *, least: int, most: int, field: str | None = None
) -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise DefinitionError(
            field or name, f"{name}: a whole number from {least} to {most}, or leave it empty."
        )
    return value


def _flag(data: Mapping[str, Any], name: str) -> bool | None:
    value = data.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise DefinitionError("rules", f"{name}: yes, no, or leave it empty.")


def _words(
    data: Mapping[str, Any], name: str, known: tuple[str, ...], *, field: str | None = None
) -> frozenset[str]:
    values = data.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) and value in known for value in values):
        raise DefinitionError(field or name, f"Choose from {', '.join(known)}.")
    return frozenset(values)


def _ids(data: Mapping[str, Any], name: str) -> frozenset[UUID]:
    values = data.get(name) or []
    try:
        return frozenset(UUID(value) for value in values)
    except (ValueError, TypeError, AttributeError):
        raise DefinitionError("rules", "This team does not exist. Reload the page.") from None


def _hours(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    if isinstance(value, list | tuple) and len(value) == 2:  # noqa: PLR2004 - from, to
        first, last = value
        whole = all(isinstance(hour, int) and not isinstance(hour, bool) for hour in value)
        if whole and 0 <= first <= 23 and 0 <= last <= 24 and first != last:  # noqa: PLR2004 - hours of a day
            return first, last
    raise DefinitionError("rules", "Hours go from 0 to 23, to 1 to 24, and differ.")


_READERS: Final[Mapping[str, Callable[[str, Mapping[str, Any]], Definition]]] = {
    "fallback": _fallback,
    "data_class": _by_class,
    "cheapest": _ranked,
    "fastest": _ranked,
    "best_value": _ranked,
    "task": _by_task,
    "cascade": _cascade,
    "judge": _judge,
    "ensemble": _ensemble,
}
