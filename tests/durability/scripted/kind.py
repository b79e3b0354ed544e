"""A kind of run that exists only in tests: it writes what its input says, at the pace that it says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from apps.runs.errors import RunError
from apps.runs.registry import RunEnd, RunKind
from apps.runs.services import run_call_opened

if TYPE_CHECKING:
    from apps.runs.context import RunContext

PIECES = (" alpha", " ßeta", " 漢字", " 👩‍🚀", "\r\n\r\n", " data: {}", " e\u0301")


def piece(number: int) -> str:
    """The text of token `number`: multi-byte, different for neighbours, told apart by its number."""
    return f"{PIECES[number % len(PIECES)]}{number}"


def answer(count: int) -> str:
    """The whole text of `count` tokens."""
    return "".join(piece(number) for number in range(count))


async def handle(ctx: RunContext) -> None:
    """Input: n tokens, pause seconds between them or a breath `every` so many, open (a call), fail, hang."""
    script = ctx.input
    if script.get("open", True):
        await ctx.db(run_call_opened, ctx.run_id, ctx.fence)
    step = ctx.step("call", "Scripted", model="scripted")
    for number in range(script.get("n", 10)):
        ctx.text(piece(number))
        if script.get("pause"):
            await asyncio.sleep(script["pause"])
        elif number % script.get("every", 1000) == 0:
            await asyncio.sleep(0)
    if script.get("hang"):
        await asyncio.sleep(script["hang"])
    if script.get("fail"):
        raise RunError("overloaded", "The model is busy.", "Try again.")
    if script.get("break"):
        raise ZeroDivisionError
    step.done(tokens=script.get("n", 10))
    ctx.result["usage"] = {"output_tokens": script.get("n", 10)}


def on_end(end: RunEnd) -> dict[str, Any]:
    """What the end event carries."""
    if end.run.input.get("bad_end") == end.state:
        raise ZeroDivisionError
    return {"characters": len(end.text)}


SCRIPTED = RunKind(kind="scripted", handle=handle, on_end=on_end)
