"""What a kind of source is: its form, and a connector that lists changes, fetches items, tells who may read.

Adding one: a file with a `Kind`, its line in `registry`, and a case of tests/knowledge/test_connectors.py.
Nothing here knows the database; a connector is opened for one sync and works outside every tenant's scope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from apps.egress import Allowed

MOST_ITEMS = 5_000
MOST_KEY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Field:
    """A value that a person enters for a source of this kind."""

    name: str
    label: str
    help: str
    required: bool = False
    secret: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A file in the source. `key` stays when it changes, `version` differs whenever its bytes may.

    `name` is what it is called here, `folder` where in the collection it stands; `link` leads back to it: a
    web address, or its place in words.
    """

    key: str
    version: str
    name: str
    link: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the state that a cursor stands for.

    `is_whole`: `items` is all there is, so what is missing was deleted; else only `removed` was. Keys in
    `unsure` could not be looked at: they stay as they are, for the reason given.
    """

    items: tuple[Item, ...]
    cursor: str
    is_whole: bool = True
    removed: tuple[str, ...] = ()
    unsure: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Permissions:
    """Who may read an item in its source, by e-mail address; everyone there if `is_open`."""

    is_open: bool = False
    emails: frozenset[str] = frozenset()


class Writable(Protocol):
    """A file that takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Append them."""


class Connector(Protocol):
    """A source, opened for one sync. Every method raises ConnectorError, and nothing else, for its source."""

    def changes(self, cursor: str) -> Changes:
        """What changed since `cursor`, the one of an earlier Changes; all there is for an empty one."""

    def fetch(self, item: Item, into: Writable) -> None:
        """Write the item's bytes; at most the size that a document may have."""

    def permissions(self, item: Item) -> Permissions | None:
        """Who may read it there; None where the source knows no permissions of single items."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None:
        """Let go of what the sync held."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a connector is opened with: checked settings, the secret, and what the operator allows."""

    settings: Mapping[str, str]
    secret: str
    allowed: Allowed
    folders: tuple[str, ...]
    largest: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of source: how it is called, what its form asks, and how it is opened.

    `check` makes settings canonical and raises BadSettingError by field; `origin` names the address that a
    secret is bound to, empty where there is none. `mirrors`: its connectors know permissions of single items;
    `readers` says in words who may read what it brings.
    """

    slug: str
    label: str
    purpose: str
    fields: tuple[Field, ...]
    check: Callable[[Mapping[str, str]], dict[str, str]]
    origin: Callable[[Mapping[str, str]], str]
    open: Callable[[Opening], Connector]
    readers: str
    mirrors: bool = False

    @property
    def secret(self) -> Field | None:
        """The field of its secret; None for a kind without one."""
        return next((known for known in self.fields if known.secret), None)


def folder_of(key: PurePosixPath) -> str:
    """The folder that a path stands in, as documents name it; empty at the top."""
    parent = str(key.parent)
    return "" if parent in {".", "/"} else parent.strip("/")


class BadSettingError(ValueError):
    """A setting can not be used; `field` names it and the message says what to enter."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name


class ConnectorError(Exception):
    """The source, or one item of it, could not be read. The message is for people and holds no secret.

    `retryable`: the same may succeed later. Otherwise somebody has to change something first.
    """

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class ItemGoneError(ConnectorError):
    """The item was there when it was listed and is no more."""

    def __init__(self) -> None:
        super().__init__("It was removed from the source while it was read.", retryable=True)


class Plain:
    """What a connector is that knows no permissions of single items, and holds nothing."""

    def permissions(self, item: Item) -> Permissions | None:
        """None: the collection's readers read it."""
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return
