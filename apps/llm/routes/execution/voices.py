"""Where a model's words go: to the person, into memory, or past a watch for the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from apps.llm.sealing import SEALS, keep_seal
from apps.llm.vendors.base import Finished, ReasoningDelta, TextDelta, ToolCallDelta

if TYPE_CHECKING:
    import asyncio

    from apps.llm.vendors.base import Delta
    from apps.runs.context import RunContext


class Voice(Protocol):
    """Takes what a model says, delta by delta."""

    def say(self, delta: Delta) -> None:
        """The next delta; Finished tells the reason, and only the last one counts."""

    def restart(self) -> bool:
        """Forget what was said; False when a person has heard it: then nobody else may begin."""

    @property
    def is_late(self) -> bool:
        """Whether the one who speaks is cut off because the first words took too long."""

    @property
    def is_heard(self) -> bool:
        """Whether it goes straight to a person, as the answer."""


class Spoken:
    """Says it to the person: into the run's log, where it stays. `finish` names the reason in its result."""

    is_late = False
    is_heard = True

    def __init__(self, ctx: RunContext, finish: str) -> None:
        self._ctx = ctx
        self._finish = finish
        self.has_begun = False

    def say(self, delta: Delta) -> None:
        ctx = self._ctx
        if isinstance(delta, TextDelta):
            self.has_begun = self.has_begun or bool(delta.text)
            ctx.text(delta.text)
        elif isinstance(delta, ReasoningDelta):
            self.has_begun = self.has_begun or bool(delta.text)
            ctx.reasoning(delta.text)
            if delta.signature:
                keep_seal(ctx, delta.signature)
        elif isinstance(delta, ToolCallDelta):
            self.has_begun = True
            ctx.event(
                "tool",
                {"index": delta.index, "id": delta.id, "name": delta.name, "arguments": delta.arguments},
            )
        else:
            ctx.result[self._finish] = delta.reason

    def restart(self) -> bool:
        if not self.has_begun:
            self._ctx.result.pop(SEALS, None)
        return not self.has_begun


class Gathered:
    """Keeps what is said, for a check or a merge; nobody hears it yet."""

    is_late = False
    is_heard = False

    def __init__(self) -> None:
        self.deltas: list[Delta] = []

    def say(self, delta: Delta) -> None:
        self.deltas.append(delta)

    def restart(self) -> bool:
        self.deltas.clear()
        return True

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(delta.text for delta in self.deltas if isinstance(delta, TextDelta))

    @property
    def finish(self) -> str:
        """The reason of the end."""
        return next((delta.reason for delta in self.deltas if isinstance(delta, Finished)), "")

    def replay(self, voice: Voice) -> None:
        """Say it all on."""
        for delta in self.deltas:
            voice.say(delta)

    @classmethod
    def of(cls, text: str) -> Gathered:
        """An answer that is already there."""
        gathered = cls()
        gathered.deltas = [TextDelta(text), Finished("stop", None, "")]
        return gathered


class Watched:
    """Passes on, and stops the clock with the first words."""

    def __init__(self, voice: Voice, clock: asyncio.Timeout) -> None:
        self._voice = voice
        self._clock = clock
        self.has_begun = False

    @property
    def is_late(self) -> bool:
        return self._clock.expired() or self._voice.is_late

    @property
    def is_heard(self) -> bool:
        return self._voice.is_heard

    def say(self, delta: Delta) -> None:
        if not self.has_begun and not isinstance(delta, Finished):
            self.has_begun = True
            if not self._clock.expired():
                self._clock.reschedule(None)
        self._voice.say(delta)

    def restart(self) -> bool:
        if self.has_begun and not self._voice.restart():
            return False
        self.has_begun = False
        return True
