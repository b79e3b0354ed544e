"""From a claimed run to its end: call the handler, name the outcome, commit it, tell viewers."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from apps.runs.context import RunContext
from apps.runs.endings import Ending
from apps.runs.errors import LostRun, RunError, failed, interrupted
from apps.runs.models import RunState
from apps.runs.registry import kind_of

if TYPE_CHECKING:
    from apps.runs.engine.carried import Carried
    from apps.runs.engine.ledger import Ledger

logger = logging.getLogger(__name__)

BY_RESTART = "The server was restarted."


async def perform(carried: Carried, ledger: Ledger) -> None:
    """Carry the run to its end; nothing is written when it is lost to another fence on the way."""
    state, error = await _outcome(carried)
    if carried.is_lost:
        return
    carried.is_ending = True
    shown = None if error is None else error.shown()
    run = carried.run
    try:
        end = await ledger.end(Ending(run, carried.log, state, shown, carried.result))
    except LostRun:
        carried.lose()
        return
    except Exception:
        logger.exception("The end of run %s could not be written as %s.", run.id, state)
        try:
            end = await ledger.end(
                Ending(run, carried.log, RunState.FAILED, failed().shown(), carried.result)
            )
        except Exception:
            logger.exception("Run %s is left to the sweeper.", run.id)
            carried.lose()
            return
    carried.finish(end.payload)


async def _outcome(carried: Carried) -> tuple[RunState, RunError | None]:
    try:
        await _handle(carried)
    except asyncio.CancelledError:
        if carried.is_stopped:
            return RunState.STOPPED, None
        return RunState.INTERRUPTED, interrupted(BY_RESTART)
    except RunError as error:
        return (RunState.INTERRUPTED if error.kind == "interrupted" else RunState.FAILED), error
    except LostRun:
        carried.lose()
        return RunState.INTERRUPTED, None
    except Exception:
        logger.exception("The handler of run %s (%s) failed.", carried.run.id, carried.run.kind)
        return RunState.FAILED, failed()
    return (RunState.STOPPED if carried.is_stopped else RunState.DONE), None


async def _handle(carried: Carried) -> None:
    """The handler, in a task of its own that Stop cancels; raises what it raised."""
    kind = kind_of(carried.run.kind)
    if carried.is_stopped:
        return
    task = carried.handler = asyncio.ensure_future(kind.handle(RunContext(carried)))
    await asyncio.wait((task, carried.cut), timeout=kind.limit_s, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
        return
    if carried.cut.done():
        logger.error(
            "The handler of run %s (%s) does not end when cancelled.", carried.run.id, carried.run.kind
        )
        raise asyncio.CancelledError
    carried.interrupt()
    await asyncio.wait((task, carried.cut), return_when=asyncio.FIRST_COMPLETED)
    raise RunError("interrupted", "The answer took too long.", "What had been written is kept.")
