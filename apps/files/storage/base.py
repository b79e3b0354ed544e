"""What a place for bytes can do. Keys are ours: `tenants/<tenant>/<uuid>`, never a person's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path


class Storage(Protocol):
    """Five verbs. A key that is not there raises FileNotFoundError; `delete` of it does nothing.

    `is_remote` says that they go over the network, where no transaction may wait.
    """

    is_remote: ClassVar[bool]

    def save(self, key: str, parts: Iterable[bytes]) -> None:
        """Write all parts under the key, or nothing when one of them raises."""

    def open(self, key: str) -> BinaryIO:
        """The bytes, to be read once and closed."""

    def local(self, key: str) -> AbstractContextManager[Path]:
        """A path to read the bytes from, while the block lasts."""

    def delete(self, key: str) -> None:
        """Remove the bytes for good."""

    def keys(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Every key below the prefix with when it was written."""
