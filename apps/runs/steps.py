"""The stages of a run as its end keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from apps.runs.models import RunState, StepState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_CUT: Final = {RunState.STOPPED: StepState.STOPPED, RunState.INTERRUPTED: StepState.INTERRUPTED}


def ended_steps(said: Iterable[Mapping[str, Any]], state: str) -> list[dict[str, Any]]:
    """The last word on each step in order; an open one ended as its run did, or failed."""
    last = {step["index"]: step for step in said}
    cut = _CUT.get(RunState(state), StepState.FAILED)
    return [
        {**step, "state": cut.value} if step["state"] == StepState.RUNNING else dict(step)
        for _, step in sorted(last.items())
    ]
