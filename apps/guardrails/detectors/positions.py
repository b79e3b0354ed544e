"""Positions of a text whose characters were replaced, and the way back to the text before."""

from __future__ import annotations

from bisect import bisect_right


class Positions:
    """Translates positions of a changed text back to those of the text before."""

    def __init__(self) -> None:
        self._from = [0]
        self._shift = [0]
        self._wide: dict[int, int] = {}

    def replaced(self, at: int, before: int, after: int) -> None:
        """From `at` in the changed text on stand `after` characters for `before` ones."""
        if before == after:
            return
        if after:
            self._wide[at + after - 1] = before - after
        self._from.append(at + after)
        self._shift.append(self._shift[-1] + before - after)

    def start(self, at: int) -> int:
        return at + self._shift[bisect_right(self._from, at) - 1]

    def end(self, at: int) -> int:
        """The end of the original character whose changed form ends at `at`."""
        return self.start(at - 1) + 1 + self._wide.get(at - 1, 0)
