"""Telling the app above that rules found a higher class in a call: its conversation keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from apps.guardrails.classes import DataClass

_keepers: list[Callable[[UUID, DataClass, str], object]] = []


def add_keeper(keep: Callable[[UUID, DataClass, str], object]) -> None:
    """Let this app keep it; called from its `ready()`. `keep` gets conversation, class and the words why."""
    if keep not in _keepers:
        _keepers.append(keep)


def class_found(conversation_id: UUID | None, data_class: DataClass | None, why: str) -> None:
    """Keep what rules found with the conversation, in the transaction that reserves its call."""
    if conversation_id is not None and data_class is not None:
        for keep in _keepers:
            keep(conversation_id, data_class, why)
