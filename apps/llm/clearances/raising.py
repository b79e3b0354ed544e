"""What the app above says of a conversation's class, and is told of it.

It keeps with the conversation what rules found; and it says, in the transaction that reserves a call, which
class conversation and documents have by then: somebody may have raised them since the call was prepared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from uuid import UUID

    from apps.guardrails.classes import DataClass
    from apps.tenants.postgresql.statements import Done, Statement, Values


class Teller(NamedTuple):
    """`ask` makes the statement for a conversation and documents, `read` the class and the words why."""

    ask: Callable[[UUID, Collection[UUID]], tuple[Statement, Values]]
    read: Callable[[Done], tuple[DataClass | None, str]]


_tellers: list[Teller] = []
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


def add_teller(teller: Teller) -> None:
    """Let this app say the class of conversations; called from its `ready()`."""
    if teller not in _tellers:
        _tellers.append(teller)


def class_calls(conversation_id: UUID | None, sources: Collection[UUID]) -> list[tuple[Statement, Values]]:
    """The statements that read which class holds now, for `class_told`; none without a conversation."""
    return [] if conversation_id is None else [each.ask(conversation_id, sources) for each in _tellers]


def class_told(done: Sequence[Done]) -> tuple[DataClass | None, str]:
    """The class that holds now, None of nothing, and in words who or what gave it that."""
    told = (teller.read(each) for teller, each in zip(_tellers, done, strict=False))
    return max(told, key=lambda one: one[0] or 0, default=(None, ""))
