"""How many chats use a model: apps above count them, so that administrators see what a change reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_counters: list[Callable[[Collection[str]], int]] = []


def add_counter(count: Callable[[Collection[str]], int]) -> None:
    """Ask this app, too; called from its `ready()`. `count` gets the ids of models as chats keep them."""
    if count not in _counters:
        _counters.append(count)


def chats_with(slugs: Collection[str]) -> int:
    """How many chats would go on with one of these models."""
    return sum(count(slugs) for count in _counters) if slugs else 0
