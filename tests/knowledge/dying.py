"""Readers of documents that die by SIGKILL at a stage, each a process of its own.

One process loads the application and forks a reader for each line of its standard input
(`{"tenant", "document" or "change", "stage"}`), as the prefork pool does; it answers each with a line: the
reader's exit code as os.waitstatus_to_exitcode gives it, -9 where it was killed. No stage: the reader lives.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable

STAGES: Final = {
    "claimed": "before apps.knowledge.ingesting.parse_sandboxed",
    "parsing": "before apps.knowledge.sandbox.runner._read",
    "parsed": "after apps.knowledge.ingesting.parse_sandboxed",
    "storing": "after apps.knowledge.storing.chunks_store",
    "stored": "before apps.knowledge.storing.chunks_unembedded",
    "paid": "after apps.llm.gateway.embed_sync",
    "keeping": "after apps.knowledge.storing.vectors_store",
    "batched": "second apps.llm.gateway.embed_sync",
    "embedded": "before apps.knowledge.storing.document_publish",
    "publishing": "after apps.knowledge.storing.document_publish",
    "published": "before apps.knowledge.claiming.Lease.__exit__",
}
STAGES_OF_TURNS: Final = {
    "yielding": "after apps.knowledge.storing.document_yield",
    "yielded": "before apps.knowledge.ingesting.hint",
}
"""Where a turn of a large document ends; a turn is one batch there."""
STAGES_OF_CHANGES: Final = {
    "change claimed": "before apps.knowledge.reembedding.working.missing",
    "change paid": "after apps.llm.gateway.embed_sync",
    "change keeping": "after apps.knowledge.reembedding.outcomes.batch_keep",
    "change batched": "second apps.llm.gateway.embed_sync",
    "change switching": "after apps.knowledge.reembedding.outcomes.switch",
    "change switched": "before apps.knowledge.reembedding.outcomes.clean_some",
    "change cleaning": "after apps.knowledge.reembedding.outcomes.clean_some",
}
"""The same of a collection's change to another embedding model."""
"""Stage → when and around which function the reader dies; `after` one that writes is before its commit."""


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(stage: str) -> None:
    from django.utils.module_loading import import_string

    when, _, path = (STAGES | STAGES_OF_TURNS | STAGES_OF_CHANGES)[stage].partition(" ")
    owner_path, _, name = path.rpartition(".")
    try:
        owner = import_string(owner_path)
    except ImportError:
        owner = __import__(owner_path, fromlist=["_"])
    real: Callable[..., Any] = getattr(owner, name)
    calls: list[int] = []

    def dying(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if when == "before" or (when == "second" and len(calls) > 1):
            _die()
        answer = real(*arguments, **options)
        if when == "after":
            _die()
        return answer

    setattr(owner, name, dying)


def _read(asked: dict[str, str]) -> None:
    from apps.knowledge import ingesting
    from apps.knowledge.reembedding.working import reembed

    if asked["stage"]:
        _arm(asked["stage"])
    if asked["stage"] in STAGES_OF_TURNS:
        ingesting.TURN_S = 0.0  # type: ignore[misc]  # each batch is a turn
    if "change" in asked:
        reembed(UUID(asked["tenant"]), UUID(asked["change"]))
    else:
        ingesting.ingest(UUID(asked["tenant"]), UUID(asked["document"]))


def main() -> None:
    """Serve until the input ends."""
    import django

    django.setup()
    import apps.knowledge.ingesting
    import apps.knowledge.reembedding.working  # noqa: F401 - loaded once, for all readers

    print("ready", flush=True)  # noqa: T201 - its answer
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if not pid:
            _read(asked)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
