"""Zip files of documents: each member under a heading of its path."""

from pathlib import PurePosixPath

from apps.knowledge.parsing import encoding, registry
from apps.knowledge.parsing.archive import Archive
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.nested import Nest
from apps.knowledge.parsing.parsed import Parsed

_FURNITURE = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def preload() -> None:
    """A member may be of any format, in any encoding."""
    registry.preload_all()
    encoding.preload()


def parse(data: bytes, limits: Limits) -> Parsed:
    """Every member that can be read, in the order of names; the others are named with the reason.

    Raises ParseError: bomb, corrupt, encrypted, empty, and a member's own error where none could be read.
    """
    archive = Archive(data, limits)
    nest = Nest(limits)
    names = sorted(name for name in archive.names if _is_document(name))
    if not names:
        raise ParseError(ParseErrorKind.EMPTY)
    shown = archive.shown()
    for name in names:
        content = archive.read(name)
        if content.strip(b"\0 \t\r\n"):
            nest.add(shown[name], content)
    if nest.failed and not nest.read:
        raise nest.failed[0]
    return Parsed("", None, tuple(nest.sections))


def _is_document(name: str) -> bool:
    path = PurePosixPath(name)
    return not (
        name.endswith("/") or name.startswith(_FURNITURE) or path.name in _FURNITURE or path.name[:1] == "."
    )
