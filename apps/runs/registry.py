"""Kinds of runs: handlers and callbacks, registered from the apps above when they are ready."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.runs.errors import RunError
from apps.runs.log import REASONING, TEXT, Log

if TYPE_CHECKING:
    from uuid import UUID

    from apps.runs.context import RunContext
    from apps.runs.models import Run


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended, for `on_end`. `run` carries its identity and input; `events` are all but the texts.

    `remembered` is what the handler kept in memory, None where another process ends the run.
    """

    run: Run
    state: str
    text: str
    reasoning: str
    events: list[dict[str, Any]]
    error: Mapping[str, Any] | None
    result: Mapping[str, Any]
    remembered: Any = None

    @classmethod
    def of(
        cls, run: Run, log: Log, state: str, error: Mapping[str, Any] | None, result: Mapping[str, Any]
    ) -> RunEnd:
        """The end of `run` as its log tells it."""
        events = [
            {"kind": item.kind, **item.payload} for item in log.items if item.kind not in (TEXT, REASONING)
        ]
        return cls(
            run, state, log.channel(TEXT), log.channel(REASONING), events, error, result, run.remembered
        )


def own(user_id: UUID, run: Run) -> bool:
    """Only the person who started it."""
    return run.user_id == user_id


def described(run: Run) -> dict[str, Any]:
    """What the REST output of a run says about its subject."""
    return {"message_id": run.subject_id, "conversation_id": run.input.get("conversation_id")}


@dataclass(frozen=True, slots=True)
class RunKind:
    """`handle` writes the run on the engine's loop. `on_end` is called in the end's transaction and returns
    the end event's `data`; it is called again if that transaction fails, never after it held.
    """

    kind: str
    handle: Callable[[RunContext], Awaitable[None]]
    on_end: Callable[[RunEnd], Mapping[str, Any] | None] | None = None
    may_follow: Callable[[UUID, Run], bool] = own
    describe: Callable[[Run], dict[str, Any]] = described
    limit_s: float = 1800.0


_kinds: dict[str, RunKind] = {}


def register(kind: RunKind) -> None:
    """Make a kind known to every process; the last registration of a name holds."""
    _kinds[kind.kind] = kind


def kind_of(name: str) -> RunKind:
    """The registered kind; raises RunError for one that this process does not know."""
    try:
        return _kinds[name]
    except KeyError:
        raise RunError("unknown_kind", "This kind of run is not known here.", retryable=False) from None
