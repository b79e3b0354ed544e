"""Rules as values: what is looked for, in which direction, and what is then done. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from apps.guardrails.classes import DataClass, highest
from apps.guardrails.detectors.kinds import BUILT_IN, Kind
from apps.guardrails.moderation import CATEGORIES, Moderation, ModerationError, read_moderation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_RULES: Final = 100
MOST_TERMS: Final = 5_000
MOST_PATTERNS: Final = 100
LONGEST_NAME: Final = 100
LONGEST_WORDS: Final = 500
LONGEST_TERM: Final = 200
LONGEST_PATTERN: Final = 1_000


class Action(StrEnum):
    """What is done where a rule finds something; the value is stored and stands in the API."""

    LOG = "log"
    WARN = "warn"
    MASK = "mask"
    ROUTE = "route"
    BLOCK = "block"

    @property
    def label(self) -> str:
        """As people read it."""
        return _ACTIONS[self][0]

    @property
    def help(self) -> str:
        """What happens then, in a sentence."""
        return _ACTIONS[self][1]


_ACTIONS: Final = {
    Action.LOG: ("Allow and log", "The text goes through; that something was found is noted."),
    Action.WARN: ("Warn and ask", "Nothing is sent until the person has seen what was found and agreed."),
    Action.MASK: ("Mask", "Placeholders are sent instead; the answer comes back with the originals."),
    Action.ROUTE: (
        "Only to a cleared model",
        "It counts as of the class below; where the chosen model is not cleared for it, one that is answers.",
    ),
    Action.BLOCK: ("Block", "Nothing is sent, or the answer is withdrawn; the person reads the rule."),
}


class Direction(StrEnum):
    """Which texts a rule reads."""

    OUT = "out"
    IN = "in"
    BOTH = "both"

    @property
    def label(self) -> str:
        """As people read it."""
        return _DIRECTIONS[self]


_DIRECTIONS: Final = {
    Direction.OUT: "What goes to a model",
    Direction.IN: "What comes back",
    Direction.BOTH: "Both",
}
ACTIONS: Final = [(each.value, each.label) for each in Action]
DIRECTIONS: Final = [(each.value, each.label) for each in Direction]
KINDS: Final = [(each.value, each.label) for each in Kind if each in BUILT_IN]
BEFORE_SENDING: Final = frozenset({Action.WARN, Action.ROUTE})
"""Actions that only make sense while nothing has been sent."""


class RuleError(ValueError):
    """A rule that can not be; `field` says where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `words` are what a person reads when it acts, `least` how many findings it takes.

    `data_class`: what the call counts as from then on. `overrides`: the organisation's rule that it stands
    for in its team.
    """

    id: str
    name: str
    action: Action
    direction: Direction = Direction.OUT
    kinds: frozenset[Kind] = frozenset()
    terms: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    words: str = ""
    data_class: DataClass | None = None
    least: int = 1
    is_enabled: bool = True
    overrides: str = ""
    moderation: Moderation | None = None

    @property
    def goes_out(self) -> bool:
        """Whether it reads what is sent."""
        return self.direction is not Direction.IN

    @property
    def comes_in(self) -> bool:
        """Whether it reads what comes back."""
        return self.direction is not Direction.OUT

    @property
    def said(self) -> str:
        """The rule's own words, or what it is called where it has none."""
        return self.words or f"The rule “{self.name}” holds here."

    @property
    def looks_for(self) -> str:
        """What it looks for, in words."""
        words = sorted(kind.label for kind in self.kinds)
        words += [f"{len(self.terms)} term{'s' * (len(self.terms) != 1)}"] if self.terms else []
        count = len(self.patterns)
        words += [f"{count} expression{'s' * (count != 1)}"] if count else []
        if self.moderation:
            words += [f"{CATEGORIES[name][0]} (by a model)" for name in self.moderation.categories]
        return ", ".join(words)

    def class_of(self, kinds: Iterable[Kind]) -> DataClass:
        """What a call is that holds findings of these kinds: what the rule says, else what they suggest."""
        return self.data_class or highest(kind.data_class for kind in kinds) or DataClass.INTERNAL

    def stored(self) -> dict[str, Any]:
        """Plain JSON; `read_rule` gives the same rule back."""
        return {
            "id": self.id,
            "name": self.name,
            "action": self.action.value,
            "direction": self.direction.value,
            "kinds": sorted(kind.value for kind in self.kinds),
            "terms": list(self.terms),
            "patterns": list(self.patterns),
            "words": self.words,
            "data_class": self.data_class.slug if self.data_class else None,
            "least": self.least,
            "is_enabled": self.is_enabled,
            "overrides": self.overrides,
            "moderation": self.moderation.stored() if self.moderation else None,
        }


def read_rule(stored: Mapping[str, Any]) -> Rule:
    """The rule of stored or sent JSON, with a new id where it has none; raises RuleError."""
    data_class = stored.get("data_class")
    try:
        rule = Rule(
            id=str(stored.get("id") or uuid4()),
            name=" ".join(str(stored.get("name", "")).split()),
            action=Action(stored["action"]),
            direction=Direction(stored.get("direction") or Direction.OUT),
            kinds=frozenset(Kind(kind) for kind in stored.get("kinds", ())),
            terms=_lines(stored.get("terms", ())),
            patterns=_lines(stored.get("patterns", ())),
            words=str(stored.get("words", "")).strip(),
            data_class=DataClass.of(data_class) if data_class else None,
            least=int(stored.get("least") or 1),
            is_enabled=bool(stored.get("is_enabled", True)),
            overrides=str(stored.get("overrides") or ""),
            moderation=read_moderation(stored.get("moderation")),
        )
    except ModerationError as error:
        raise RuleError(error.field, error.message) from error
    except (KeyError, TypeError, ValueError) as error:
        raise RuleError("", "This is not a rule: an action, direction, kind or class is unknown.") from error
    _check(rule)
    return rule


def _lines(values: Any) -> tuple[str, ...]:
    """Without what is empty or there twice."""
    return tuple(dict.fromkeys(text for value in values if (text := str(value).strip())))


def _check(rule: Rule) -> None:
    if not rule.name:
        raise RuleError("name", "Give the rule a name.")
    if len(rule.name) > LONGEST_NAME:
        raise RuleError("name", f"A name has at most {LONGEST_NAME} characters.")
    if len(rule.words) > LONGEST_WORDS:
        raise RuleError("words", f"The words have at most {LONGEST_WORDS} characters.")
    _check_sought(rule)
    if not rule.kinds <= BUILT_IN:
        raise RuleError("kinds", "Terms and patterns are entered below, not ticked.")
    if rule.action in BEFORE_SENDING and rule.comes_in:
        raise RuleError("direction", f"“{rule.action.label}” acts before sending: choose what goes out.")
    if rule.least < 1:
        raise RuleError("least", "One finding is the least.")
    _check_lists(rule)


def _check_sought(rule: Rule) -> None:
    looks = rule.kinds or rule.terms or rule.patterns
    if not looks and rule.moderation is None:
        raise RuleError(
            "kinds", "Say what to look for: tick a kind, enter a term or a pattern, or ask a model."
        )
    if looks and rule.moderation is not None:
        raise RuleError("kinds", "A rule looks for values or asks a model: make two rules of it.")
    if rule.moderation is not None and rule.action is Action.MASK:
        raise RuleError("action", "What a model finds is a whole text: it can not be masked.")


def _check_lists(rule: Rule) -> None:
    if len(rule.terms) > MOST_TERMS:
        raise RuleError("terms", f"At most {MOST_TERMS:,} terms fit into one rule.")
    if any(len(term) > LONGEST_TERM for term in rule.terms):
        raise RuleError("terms", f"A term has at most {LONGEST_TERM} characters.")
    if len(rule.patterns) > MOST_PATTERNS:
        raise RuleError("patterns", f"At most {MOST_PATTERNS} expressions fit into one rule.")
    if any(len(pattern) > LONGEST_PATTERN for pattern in rule.patterns):
        raise RuleError("patterns", f"An expression has at most {LONGEST_PATTERN} characters.")


@dataclass(frozen=True, slots=True)
class Active:
    """A rule that holds for a call; in shadow it is only noted what it would have done."""

    rule: Rule
    version: int = 0
    is_shadow: bool = False


def effective(organisation: Iterable[Active], team: Iterable[Active]) -> tuple[Active, ...]:
    """What holds in a team: its own rules, and the organisation's that it does not override.

    An override in shadow takes nothing away: the organisation's rule goes on beside it.
    """
    own = tuple(team)
    replaced = {active.rule.overrides for active in own if not active.is_shadow}
    inherited = (active for active in organisation if active.rule.id not in replaced)
    return tuple(active for active in (*inherited, *own) if active.rule.is_enabled)


def override_of(rule: Rule) -> Rule:
    """A team's own copy of an organisation's rule, which it then may change or switch off."""
    return replace(rule, id=str(uuid4()), overrides=rule.id)
