"""Conditions that must hold before anything leaves, registered from above at start."""

from collections.abc import Callable

Guard = Callable[[], None]
_guards: list[Guard] = []


def register(guard: Guard) -> None:
    """Call `guard` before every outgoing request; it raises to forbid it. Registering twice has no effect."""
    if guard not in _guards:
        _guards.append(guard)


def unregister(guard: Guard) -> None:
    """Take `guard` away again; a guard that was never registered is no error."""
    if guard in _guards:
        _guards.remove(guard)


def check() -> None:
    """Run every guard; the first that raises wins."""
    for guard in _guards:
        guard()
