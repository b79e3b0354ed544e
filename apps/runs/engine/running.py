"""The engine of this process, if it has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.runs.engine.engine import Engine

_engine: Engine | None = None


def engine_of_process() -> Engine | None:
    """The running engine; None in processes that carry no runs."""
    return _engine


def set_engine(engine: Engine | None) -> None:
    """Called by the worker's bootstep, at its start and its end."""
    global _engine  # noqa: PLW0603 - one engine per process, that is its point
    _engine = engine
