"""The end of runs: one transaction that writes the rows and what the apps above make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.runs import rows
from apps.runs.errors import LostRun
from apps.runs.log import END, STEP, Item, Log, clean_data, pack
from apps.runs.models import Run
from apps.runs.registry import RunEnd, kind_of
from apps.runs.steps import ended_steps


@dataclass(frozen=True, slots=True)
class Ending:
    """How `run`, held under its `fence`, ends; `bump` raises the fence so that a zombie is shut out."""

    run: Run
    log: Log
    state: str
    error: Mapping[str, Any] | None
    result: Mapping[str, Any]
    bump: int = 0


def settle(endings: Sequence[Ending]) -> list[Item]:
    """Write the ends in the scope's transaction; returns their end items in order.

    Raises LostRun, and the caller's transaction must then roll back, when one of the runs is held under
    another fence or is over.
    """
    items = [_end_item(ending) for ending in endings]
    written = rows.end([_row(ending, item) for ending, item in zip(endings, items, strict=True)])
    if len(written) != len(endings):
        raise LostRun
    rows.keep_steps([(ending.run.id, step) for ending in endings for step in _steps(ending)])
    return items


def _end_item(ending: Ending) -> Item:
    log = ending.log
    result = clean_data(ending.result)
    error = clean_data(ending.error) if ending.error else None
    on_end = kind_of(ending.run.kind).on_end
    data = on_end(RunEnd.of(ending.run, log, ending.state, error, result)) if on_end else None
    payload = {
        "state": ending.state,
        "error": error,
        "usage": result.get("usage"),
        "data": clean_data(data or {}),
    }
    return Item(log.end, END, payload, 0)


def _row(ending: Ending, item: Item) -> rows.EndRow:
    error = item.payload["error"]
    return rows.EndRow(
        id=ending.run.id,
        fence=ending.run.fence,
        bump=ending.bump,
        state=ending.state,
        log=pack([*ending.log.items, item]),
        position=item.end,
        error=error,
        result=clean_data(ending.result),
    )


def _steps(ending: Ending) -> list[dict[str, Any]]:
    said = (item.payload["step"] for item in ending.log.items if item.kind == STEP)
    return ended_steps(said, ending.state)
