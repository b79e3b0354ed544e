"""What a policy says of a call: the texts as they may leave, what follows the answer, and refusals.

Without rules there is no policy, and the gateway then asks nothing, neither before nor per token.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from apps.guardrails.classes import DataClass
    from apps.guardrails.detectors.kinds import Kind
    from apps.guardrails.placeholders import Placeholders
    from apps.guardrails.rules import Active

Channel = Literal["text", "reasoning"]
Outcome = Literal["logged", "masked", "asked", "agreed", "routed", "blocked", "withdrawn", "unchecked"]


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule found and what came of it, for the log: kinds and counts, never a value."""

    active: Active
    kinds: Mapping[Kind, int]
    outcome: Outcome
    direction: Literal["out", "in"] = "out"

    @property
    def count(self) -> int:
        """How many findings there were."""
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding for who wrote it: `veiled` keeps its ends, so that it is known again and not read."""

    kind: Kind
    veiled: str

    def stored(self) -> dict[str, str]:
        """As an error carries it."""
        return {"kind": self.kind.value, "label": self.kind.label, "shown": self.veiled}


class GuardrailRefusedError(Exception):
    """A rule forbids the text; `message` is the rule's own plain words, `hits` is for the log."""

    def __init__(self, rule: str, message: str, *, hits: Sequence[Hit] = ()) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.hits = tuple(hits)


class GuardrailAskError(GuardrailRefusedError):
    """Rules want the person's word before anything is sent; `rule_ids` are what a yes names."""

    def __init__(self, hits: Sequence[Hit], asking: Sequence[Hit], shown: Sequence[Shown]) -> None:
        rules = [hit.active.rule for hit in asking]
        super().__init__(rules[0].name, " ".join(dict.fromkeys(rule.said for rule in rules)), hits=hits)
        self.rules = rules
        self.shown = tuple(shown)

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """What a confirmation names."""
        return tuple(rule.id for rule in self.rules)

    def data(self) -> dict[str, Any]:
        """As a run's error carries it: the rules and what they found, veiled."""
        return {
            "rules": [{"id": rule.id, "name": rule.name, "words": rule.said} for rule in self.rules],
            "findings": [each.stored() for each in self.shown],
        }


class Incoming(Protocol):
    """Follows one answer: text in, text out, each channel by itself; may hold some back until it is sure."""

    def feed(self, channel: Channel, text: str) -> str:
        """The text that may be shown now; raises GuardrailRefusedError to withdraw the answer."""
        ...

    def finish(self, channel: Channel) -> str:
        """What was held back, once the answer is complete; raises GuardrailRefusedError."""
        ...

    def feed_tool(self, index: int, name: str, arguments: str) -> str:
        """The next fragment of a tool call's JSON; values return only into a tool that may receive them."""
        ...

    def finish_tools(self) -> Sequence[tuple[int, str]]:
        """What was held back of each call's arguments, by its index."""
        ...

    def hits(self) -> Sequence[Hit]:
        """What the rules on answers found so far."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """What a conversation must remember: its placeholders, and fingerprints of what was agreed to."""

    placeholders: Placeholders
    agreed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moderators:
    """Rules that ask a model: of what goes out and of what comes back, and what the chat knows by now."""

    sending: Sequence[Active]
    receiving: Sequence[Active]
    known: Known


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The texts as they may leave, in the order given, and what follows the answer (None: nothing).

    `data_class`: what the call counts as by what was found, None where nothing says so, and `why` in words.
    `memory` is given where something was added to what the conversation remembers. `moderators`: rules
    that ask a model, which is still to be done.
    """

    texts: Sequence[str]
    incoming: Incoming | None = None
    hits: Sequence[Hit] = ()
    data_class: DataClass | None = None
    why: str = ""
    memory: Memory | None = None
    moderators: Moderators | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a conversation before a call: its placeholders, what was agreed to, what is now.

    `agreed` are fingerprints of values, `confirmed` ids of rules that the person says yes to with this call.
    `tools`: the highest class that each tool may be given; one that is not named gets placeholders.
    """

    placeholders: Placeholders
    agreed: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()
    tools: Mapping[str, DataClass] = field(default_factory=dict)


def counted(kinds: Sequence[Kind]) -> Mapping[Kind, int]:
    """How often each kind was found."""
    return Counter(kinds)
