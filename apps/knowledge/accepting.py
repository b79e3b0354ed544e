"""What may come in as a document: told by its first bytes, before anything of it is stored."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final, Protocol

from apps.files.limits import empty
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.registry import Format, glance
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD: Final = 64 * 1024
_PART: Final = 256 * 1024


class Readable(Protocol):
    """A file that is being uploaded, or one that lies on a disk."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


def accepted(name: str, stream: Readable) -> tuple[Format, Iterator[bytes]]:
    """The format of what begins to arrive, and all of its bytes in parts.

    Raises ProblemError: 400 (empty) or 415 (a kind that is not read, or not what its name says).
    """
    head = stream.read(HEAD)
    try:
        format_ = glance(head, name)
    except ParseError as error:
        raise _refused(error) from error
    return format_, chain((head,), iter(lambda: stream.read(_PART), b""))


def _refused(error: ParseError) -> ProblemError:
    if error.kind == ParseErrorKind.EMPTY:
        return empty()
    return ProblemError(
        415,
        "file_type",
        "This file can not be used",
        f"{error.message} Nothing was saved.",
        errors=[{"field": "file", "message": error.message}],
    )
