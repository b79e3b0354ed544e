"""What a policy is: it looks at every text before a model does, and at every text that comes back.

Without rules a policy passes everything, and the gateway then asks it nothing per token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

Channel = Literal["text", "reasoning"]


class GuardrailRefusedError(Exception):
    """A rule forbids the text; the message is the rule's own plain words."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


class Incoming(Protocol):
    """Follows one answer: text in, text out, each channel by itself; may hold some back until it is sure."""

    def feed(self, channel: Channel, text: str) -> str:
        """The text that may be shown now; raises GuardrailRefusedError to withdraw the answer."""
        ...

    def finish(self, channel: Channel) -> str:
        """What was held back, once the answer is complete."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The texts as they may leave, in the order given, and what follows the answer (None: nothing)."""

    texts: Sequence[str]
    incoming: Incoming | None = None


class Policy(Protocol):
    """The rules that hold for one call."""

    @property
    def is_empty(self) -> bool:
        """True when it has no rule: the caller may then skip it."""
        ...

    def outgoing(self, texts: Sequence[str]) -> Outgoing:
        """The texts as they may leave; raises GuardrailRefusedError when a rule blocks them."""
        ...


class PassAll:
    """The policy without rules."""

    is_empty = True

    def outgoing(self, texts: Sequence[str]) -> Outgoing:
        return Outgoing(texts)


PASS_ALL = PassAll()
