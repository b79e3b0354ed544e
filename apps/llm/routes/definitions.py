"""What a route of each kind is made of. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from apps.llm.vendors.base import ErrorKind

FALLBACK_KINDS: Final = (
    ErrorKind.CONNECTION,
    ErrorKind.TIMEOUT,
    ErrorKind.OVERLOADED,
    ErrorKind.UNAVAILABLE,
    ErrorKind.SERVER,
    ErrorKind.RATE_LIMIT,
    ErrorKind.QUOTA,
    ErrorKind.AUTHENTICATION,
    ErrorKind.NOT_FOUND,
    ErrorKind.PROTOCOL,
    ErrorKind.CONTEXT_OVERFLOW,
    ErrorKind.CONTENT_FILTER,
)
"""The kinds of error that an administrator may choose to fall back on."""
DEFAULT_ON: Final = frozenset(FALLBACK_KINDS) - {ErrorKind.CONTENT_FILTER}
ABILITIES: Final = ("vision", "tools", "reasoning", "documents", "structured")
LANGUAGES: Final = ("ar", "de", "en", "es", "fr", "he", "it", "ja", "ko", "nl", "pl", "pt", "ru", "zh")
MOST_MEMBERS: Final = 8
MOST_VOICES: Final = 5
MOST_RULES: Final = 20
MOST_QUALITY: Final = 5

Order = Literal["cheapest", "fastest", "best_value"]


class DefinitionError(ValueError):
    """A definition that can not be run: `field` is at fault, `message` says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Ref:
    """A model or another route."""

    kind: Literal["model", "route"]
    id: UUID

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Fallback:
    """The next member when one fails in a chosen way, or is silent for `first_token_s` seconds."""

    members: tuple[Ref, ...]
    on: frozenset[ErrorKind] = DEFAULT_ON
    first_token_s: float | None = None


@dataclass(frozen=True, slots=True)
class ByClass:
    """The first member, best first, that is cleared for the data class of what is asked."""

    members: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Rated:
    """A model with an administrator's opinion of it: 1 (poor) to 5 (best), None where nobody said."""

    ref: Ref
    quality: int | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """The first in an order, among models with the abilities and at least the quality."""

    order: Order
    candidates: tuple[Rated, ...]
    abilities: frozenset[str] = frozenset()
    minimum_quality: int | None = None


@dataclass(frozen=True, slots=True)
class When:
    """All that is set must hold. `hours`: from, to (excluded), over midnight where from is the later."""

    longer_than: int | None = None
    shorter_than: int | None = None
    attachments: bool | None = None
    code: bool | None = None
    languages: frozenset[str] = frozenset()
    teams: frozenset[UUID] = frozenset()
    hours: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Who answers when the conditions hold."""

    when: When
    use: Ref


@dataclass(frozen=True, slots=True)
class Label:
    """A kind of question that a classifier tells apart."""

    name: str
    description: str
    use: Ref


@dataclass(frozen=True, slots=True)
class Classifier:
    """A small model that names the kind of a question which no rule fits."""

    model: Ref
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class ByTask:
    """The first rule that fits, else what a classifier says, else `otherwise`."""

    rules: tuple[Rule, ...]
    otherwise: Ref
    classifier: Classifier | None = None


@dataclass(frozen=True, slots=True)
class Cascade:
    """`first` answers; where the checker finds that too little, `second` does."""

    first: Ref
    checker: Ref
    second: Ref


@dataclass(frozen=True, slots=True)
class Judge:
    """`answerer` drafts, `judge` checks, a failed check brings one revision."""

    answerer: Ref
    judge: Ref


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that one question may cost."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Ensemble:
    """All members answer at once, the synthesiser compares and merges."""

    members: tuple[Ref, ...]
    synthesiser: Ref
    cap: Cap | None = None


Picking = Fallback | ByClass | Ranked | ByTask
"""What asks one member, and another where that fails."""
Definition = Picking | Cascade | Judge | Ensemble


def refs_of(definition: Definition) -> tuple[tuple[str, Ref], ...]:
    """Every reference with the field it stands in."""
    match definition:
        case Fallback(members=members) | ByClass(members=members):
            return tuple(("members", ref) for ref in members)
        case Ranked(candidates=candidates):
            return tuple(("candidates", rated.ref) for rated in candidates)
        case ByTask(rules=rules, otherwise=otherwise, classifier=classifier):
            found = [("rules", rule.use) for rule in rules]
            if classifier is not None:
                found.append(("classifier", classifier.model))
                found += [("classifier", label.use) for label in classifier.labels]
            return (*found, ("otherwise", otherwise))
        case Cascade(first, checker, second):
            return (("first", first), ("checker", checker), ("second", second))
        case Judge(answerer, judge):
            return (("answerer", answerer), ("judge", judge))
        case Ensemble(members=members, synthesiser=synthesiser):
            return (*(("members", ref) for ref in members), ("synthesiser", synthesiser))
