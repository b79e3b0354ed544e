"""What can go wrong with a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class RunError(Exception):
    """A handler's failure, in words for the person: the run ends `failed`, or `interrupted` for that kind.

    `more` is what a page can offer besides, such as other models.
    """

    def __init__(
        self,
        kind: str,
        title: str,
        detail: str = "",
        *,
        retryable: bool = True,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(title)
        self.kind = kind
        self.title = title
        self.detail = detail
        self.retryable = retryable
        self.more = dict(more or {})

    def shown(self) -> dict[str, object]:
        """As viewers and the row carry it."""
        said = {"kind": self.kind, "title": self.title, "detail": self.detail, "retryable": self.retryable}
        return said | ({"more": self.more} if self.more else {})


class LostRun(Exception):  # noqa: N818 - contracts.md names it so
    """The run is no longer ours: another fence holds it or it has ended. Write nothing more."""


class RunNotFoundError(Exception):
    """No such run for this person."""


def interrupted(detail: str = "The process that wrote it was lost.") -> RunError:
    """The outcome of an answer that was cut."""
    return RunError(
        "interrupted",
        "The answer was interrupted.",
        f"{detail} What had been written is kept; try again for a whole answer.",
    )


def failed() -> RunError:
    """The outcome of a fault of our own; the log has its cause."""
    return RunError(
        "server",
        "The answer could not be finished.",
        "Something went wrong on our side. Your message is kept; try again.",
    )
