"""What a handler is given: the run's identity and input, and the means to write its log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from apps.runs.errors import RunError
from apps.runs.log import REASONING, STEP, TEXT, clean_data, clean_text
from apps.tenants.aio import in_scope
from apps.tenants.quick import in_quick_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from apps.runs.engine.carried import Carried

P = ParamSpec("P")
R = TypeVar("R")

MOST_TEXT = 16_000_000
"""Code points and events of one run at most."""


class StepHandle:
    """A stage that was begun; call `done` or `failed` once, or leave it to the end of its run."""

    __slots__ = ("_carried", "_data", "_index", "_kind", "_label", "_open", "_started")

    def __init__(self, carried: Carried, kind: str, label: str, data: Mapping[str, Any]) -> None:
        self._carried = carried
        self._index = carried.steps
        carried.steps += 1
        self._kind, self._label, self._data = kind, clean_text(label), clean_data(data)
        self._started = time.monotonic()
        self._open = True
        self._emit("running", None)

    def done(self, **data: Any) -> None:
        """The stage has ended well; a `label` replaces the first one ("Searching …" becomes "Searched …")."""
        self._close("done", data)

    def failed(self, **data: Any) -> None:
        """The stage has failed; the run may go on."""
        self._close("failed", data)

    def tell(self, **data: Any) -> None:
        """More is known of the stage, which stays open: its run's end says what became of it."""
        if self._open:
            self._data = self._data | clean_data(data)
            self._emit("running", None)

    def _close(self, state: str, data: Mapping[str, Any]) -> None:
        if self._open:
            self._open = False
            self._label = clean_text(str(data.get("label", self._label)))
            self._data = self._data | clean_data(
                {name: value for name, value in data.items() if name != "label"}
            )
            self._emit(state, round((time.monotonic() - self._started) * 1000))

    def _emit(self, state: str, ms: int | None) -> None:
        step = {
            "index": self._index,
            "kind": self._kind,
            "label": self._label,
            "state": state,
            "data": self._data,
            "ms": ms,
        }
        self._carried.say(STEP, {"step": step})


class RunContext:
    """One run for its handler, on the engine's loop. `result` goes to `on_end`, its `usage` into the end."""

    def __init__(self, carried: Carried) -> None:
        run = carried.run
        self._carried = carried
        self._half = {TEXT: "", REASONING: ""}
        self.run_id: UUID = run.id
        self.tenant_id: UUID = run.tenant_id
        self.team_id: UUID = run.team_id
        self.user_id: UUID = run.user_id
        self.api_key_id: UUID | None = run.api_key_id
        self.subject_id: UUID | None = run.subject_id
        self.input: dict[str, Any] = run.input
        self.fence: int = run.fence
        self.result: dict[str, Any] = carried.result

    def remember(self, value: Any) -> None:
        """Keep a value for `on_end`, which gets it as `remembered` unless another process ends the run."""
        self._carried.run.remembered = value

    def text(self, text: str) -> None:
        """Add to the answer. NUL is left out, half surrogate pairs are joined or replaced."""
        self._say(TEXT, text)

    def reasoning(self, text: str) -> None:
        """Add to the reasoning, a text of its own."""
        self._say(REASONING, text)

    def event(self, kind: str, data: Mapping[str, Any]) -> None:
        """Add a whole event: tool, citation {citations: […]}."""
        self._carried.say(kind, clean_data(data))

    def withdraw(self, reason: str, text: str = "") -> None:
        """Take back answer and reasoning, also out of the log: `text` stands in their place from now on.

        Viewers get a `replaced` event {text, reason}; of what was said before, only its length is kept.
        """
        self._half = {TEXT: "", REASONING: ""}
        self._carried.withdraw(clean_text(text), clean_text(reason))

    def step(self, kind: str, label: str, **data: Any) -> StepHandle:
        """Begin a stage that viewers see."""
        return StepHandle(self._carried, kind, label, data)

    async def db(self, function: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
        """Run the function in the tenant's scope on a database thread."""
        return await in_scope(self.tenant_id, function, *args, **options)

    async def look_up(self, function: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
        """As `db`, for a function that mostly uses prepared statements: then without a thread."""
        return await in_quick_scope(self.tenant_id, function, *args, **options)

    @property
    def has_begun(self) -> bool:
        """Whether anything was written."""
        return self._carried.log.end > self._carried.log.start

    @property
    def said(self) -> str:
        """The answer so far."""
        return self._carried.log.channel(TEXT)

    @property
    def thought(self) -> str:
        """The reasoning so far."""
        return self._carried.log.channel(REASONING)

    def _say(self, kind: str, text: str) -> None:
        if not text.isascii() or "\0" in text or self._half[kind]:
            text = self._half[kind] + text
            self._half[kind] = ""
            if text and "\ud800" <= text[-1] <= "\udbff":
                self._half[kind], text = text[-1], text[:-1]
            text = clean_text(text)
        if text:
            if self._carried.log.end - self._carried.log.start > MOST_TEXT:
                raise RunError("too_long", "The answer became too long.", "What had been written is kept.")
            self._carried.say(kind, text)
