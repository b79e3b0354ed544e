"""A folder of the host, below a root that the operator allowed this tenant (`manage.py allow_folder`).

Every step is opened relative to its parent without following links, so that a link which appears while the
folder is read leads nowhere (openat(2), O_NOFOLLOW).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Final

from apps.knowledge.connectors.base import (
    MOST_ITEMS,
    MOST_KEY_BYTES,
    BadSettingError,
    Changes,
    ConnectorError,
    Field,
    Item,
    ItemGoneError,
    Kind,
    Opening,
    Plain,
    Writable,
    folder_of,
)

_DEEPEST: Final = 32
_WENT: Final = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
_PART: Final = 256 * 1024
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class FolderConnector(Plain):
    """The regular files below a path; hidden ones, links and special files are left out."""

    def __init__(self, opening: Opening) -> None:
        self._path = opening.settings["path"]
        self._largest = opening.largest
        if not any(is_below(self._path, root) for root in opening.folders):
            raise ConnectorError(
                f"The operator does not, or no longer, allow {self._path} for your organisation. Nothing was "
                f"read. Ask for: bin/manage allow_folder --tenant ORGANISATION --path {self._path}",
                retryable=False,
            )

    def changes(self, cursor: str) -> Changes:
        """All files; a listing is cheap, and versions tell what changed."""
        with self._opened() as root:
            found: list[Item] = []
            for item in _walked(root, PurePosixPath(), 0):
                if len(found) == MOST_ITEMS:
                    note = f"Only the first {MOST_ITEMS} files are followed; nothing is deleted meanwhile."
                    return Changes(tuple(found), "", is_whole=False, note=note)
                found.append(item)
        return Changes(tuple(found), "")

    def fetch(self, item: Item, into: Writable) -> None:
        """Copy the file; raises ConnectorError when a step on its way became a link."""
        *folders, name = PurePosixPath(item.key).parts
        if ".." in folders or name == "..":
            raise ItemGoneError
        with self._opened(*folders) as folder:
            try:
                descriptor = os.open(name, _FILE, dir_fd=folder)
            except OSError as error:
                if error.errno in _WENT:
                    raise ItemGoneError from error
                raise ConnectorError(
                    f"This host may not read the file: {error.strerror or 'unknown'}. Let the ingest workers "
                    "read it.",
                    retryable=True,
                ) from error
            with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise ItemGoneError
                left = self._largest
                while part := file.read(min(_PART, left + 1)):
                    left -= len(part)
                    if left < 0:
                        raise ConnectorError("It is larger than a document may be.", retryable=False)
                    into.write(part)

    @contextmanager
    def _opened(self, *below: str) -> Iterator[int]:
        """A descriptor of a folder, each step of its path opened without following links."""
        steps = [part for part in PurePosixPath(self._path).parts if part != "/"]
        descriptor = os.open("/", _FOLDER)
        try:
            for step in (*steps, *below):
                following = os.open(step, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = following
            yield descriptor
        except OSError as error:
            raise ConnectorError(
                f"The folder {self._path} could not be read on this host: {error.strerror or 'unknown'}. A "
                "link in its path is not followed. Nothing was changed here.",
                retryable=True,
            ) from error
        finally:
            os.close(descriptor)


def is_below(path: str, root: str) -> bool:
    """Whether the path is the root or lies in it, as text; both absolute and without `..`."""
    return PurePosixPath(path).is_relative_to(PurePosixPath(root))


def canonical(field: str, path: str) -> str:
    """The path in one form; raises BadSettingError for one that is relative or holds `..`."""
    path = path.strip()
    pure = PurePosixPath(path)
    if not path.startswith("/") or path.startswith("//") or "\x00" in path:
        raise BadSettingError(field, "Enter the whole path, such as /srv/handbook.")
    if ".." in pure.parts:
        raise BadSettingError(field, "The path must not hold “..”. Enter where the folder really is.")
    if pure == PurePosixPath("/"):
        raise BadSettingError(field, "The whole host can not be a source. Enter a folder.")
    return str(pure)


def _walked(folder: int, at: PurePosixPath, depth: int) -> Iterator[Item]:
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        key = at / entry.name
        if entry.name.startswith(".") or not _is_text(str(key)):
            continue
        if entry.is_dir(follow_symlinks=False) and depth < _DEEPEST:
            yield from _walked_below(folder, key, depth)
        elif entry.is_file(follow_symlinks=False):
            known = entry.stat(follow_symlinks=False)
            version = f"{known.st_mtime_ns}-{known.st_size}-{known.st_ino}"
            yield Item(str(key), version, entry.name, str(key), folder_of(key))


def _walked_below(folder: int, at: PurePosixPath, depth: int) -> Iterator[Item]:
    """The files of a folder that was there a moment ago; one that may not be opened fails the listing."""
    try:
        descriptor = os.open(at.name, _FOLDER, dir_fd=folder)
    except OSError as error:
        if error.errno in _WENT:
            return
        raise ConnectorError(
            f"The folder {at} in it may not be read on this host: {error.strerror or 'unknown'}. Let the "
            "ingest workers read it. Nothing was changed here.",
            retryable=True,
        ) from error
    try:
        yield from _walked(descriptor, at, depth + 1)
    finally:
        os.close(descriptor)


def _is_text(key: str) -> bool:
    """Whether a row can hold the name: valid UTF-8 of a bounded length."""
    try:
        return len(key.encode()) <= MOST_KEY_BYTES
    except UnicodeEncodeError:
        return False


def _check(settings: Mapping[str, str]) -> dict[str, str]:
    return {"path": canonical("path", settings.get("path", ""))}


KIND: Final = Kind(
    slug="folder",
    label="Folder",
    purpose="Files in a folder of this installation's host, such as a mounted file share.",
    fields=(
        Field(
            "path",
            "Folder",
            "The whole path, on the host of the ingest workers. The operator must allow it for your "
            "organisation (bin/manage allow_folder). Links are not followed, hidden files are left out.",
            required=True,
        ),
    ),
    check=_check,
    origin=lambda _: "",
    open=FolderConnector,
    readers="A folder's own permissions are not mirrored: whoever may read the collection reads its files.",
)
