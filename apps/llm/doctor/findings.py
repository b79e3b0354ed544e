"""What the doctor finds of one part, and the guard that turns a fault of the part into a finding."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's table; `advice` says what to do, empty when all is well."""

    part: str
    state: State
    detail: str
    advice: str = ""


Found = tuple[State, str, str]
"""State, detail, advice."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the installation: `look` returns what it found; if it raises, the part has failed."""

    name: str
    look: Callable[[], Found]
    advice: str


def ok(detail: str) -> Found:
    return State.OK, detail, ""


def warn(detail: str, advice: str) -> Found:
    return State.WARN, detail, advice


def fail(detail: str, advice: str) -> Found:
    return State.FAIL, detail, advice


def examine(parts: Iterable[Part]) -> list[Finding]:
    """A finding for each part, whatever state it is in."""
    findings = []
    for part in parts:
        try:
            state, detail, advice = part.look()
        except Exception as error:  # noqa: BLE001 - whatever it is, the part does not work
            state, detail, advice = State.FAIL, _brief(error), part.advice
        findings.append(Finding(part.name, state, detail, advice))
    return findings


def _brief(error: Exception) -> str:
    """The error in one line, without what may follow on others."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
