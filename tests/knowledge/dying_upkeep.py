"""Upkeep of an organisation's shelf and postings that dies by SIGKILL at each stage, a process for each.

python -m tests.knowledge.dying_upkeep TENANT: prints the exit codes as os.waitstatus_to_exitcode gives them.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable

STAGES: Final = {
    "picking": ("documents_pick", True),
    "picked": ("documents_post", False),
    "posting": ("documents_post", True),
    "moving": ("vectors_move", True),
}
"""Stage → around which function it dies, and whether after what it wrote, which is not committed yet."""


def _die_around(name: str, *, after: bool) -> None:
    from apps.knowledge import tending

    real: Callable[..., Any] = getattr(tending, name)

    def dying(*arguments: Any) -> None:
        if after:
            real(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(tending, name, dying)


def main() -> None:
    """Die once at each stage."""
    import django

    django.setup()
    from apps.knowledge import posting, shelving, tending

    posting.UNPOSTED_MOST, posting.SEGMENT_MOST = 20, 60  # type: ignore[misc]  # small, as in the test
    shelving.SHARED_UNTIL, shelving.DOCUMENTS_AT_ONCE = 50, 4  # type: ignore[misc]  # as above
    for name, after in STAGES.values():
        pid = os.fork()
        if not pid:
            if name == "vectors_move":
                posting.UNPOSTED_MOST = 1_000_000  # type: ignore[misc]  # nothing to post before
            _die_around(name, after=after)
            tending.tend(UUID(sys.argv[1]))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
