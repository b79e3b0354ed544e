"""Where in an answer its model's seals stand, kept in the result of its run until the answer is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from apps.runs.context import RunContext

SEALS: Final = "seals"
MOST_CHARACTERS = 2_000_000
MOST_SEALS = 500


def keep_seal(ctx: RunContext, signature: str) -> None:
    """Add [code points of reasoning, code points of text before it, signature] to the run's result.

    Of a host that sends more than 500, or more than two million characters of them, the rest is left out.
    """
    seals = ctx.result.setdefault(SEALS, [])
    size = len(signature) + sum(len(kept) for _, _, kept in seals)
    if size <= MOST_CHARACTERS and len(seals) < MOST_SEALS:
        seals.append([len(ctx.thought), len(ctx.said), signature])
