"""Policies as the database has them, made ready for calls, and kept by their versions for the next one."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from apps.guardrails.guarding import Guard
from apps.guardrails.models import Covers, Files, PolicyState
from apps.guardrails.rows import policies_read
from apps.guardrails.rules import Active, effective, read_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from apps.guardrails.rows import Standing

MOST: Final = 256
"""Sets of policies that a process keeps ready."""


class Compiled(NamedTuple):
    """What holds for a team: its rules made ready (None: none is on), and whether only outside."""

    guard: Guard | None
    only_outside: bool


_ready: OrderedDict[tuple[tuple[UUID, int], ...], Compiled] = OrderedDict()


def compiled(standing: Standing) -> Compiled:
    """The rules of exactly these versions, in the caller's scope; read and made ready at most once a process.

    Ids of policies are the server's own, so that no two tenants ever share one.
    """
    ready = _ready.get(standing.versions)
    if ready is None:
        rows = policies_read(standing)
        ready = _made(rows)
        _ready[tuple((row[0], row[1]) for row in rows)] = ready
        while len(_ready) > MOST:
            _ready.popitem(last=False)
    return ready


def _made(rows: Sequence[Sequence[Any]]) -> Compiled:
    sides: dict[bool, list[Active]] = {True: [], False: []}
    covers, files = Covers.ALL.value, Files.BLOCK.value
    for _, version, is_everyone, state, covering, filing, rules in rows:
        covers, files = covering or covers, filing or files
        if state == PolicyState.OFF:
            continue
        shadow = state == PolicyState.SHADOW
        stored = orjson.loads(rules) if isinstance(rules, str | bytes) else rules
        sides[is_everyone] += (Active(read_rule(each), version, shadow) for each in stored)
    return made_ready(sides[True], sides[False], covers=covers, files=files)


def made_ready(
    organisation: Iterable[Active], team: Iterable[Active], *, covers: str, files: str
) -> Compiled:
    """The rules of both sides as they hold in the team."""
    actives = effective(organisation, team)
    guard = Guard(actives, blocks_unread=files == Files.BLOCK) if actives else None
    return Compiled(guard, covers == Covers.OUTSIDE)
