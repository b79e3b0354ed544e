"""Whether and how pictures of text are read in this process; pages done are reported to its starter."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from apps.knowledge.parsing.errors import ParseError, ParseErrorKind

if TYPE_CHECKING:
    from apps.knowledge.parsing.ocr.models import Picture
    from apps.knowledge.parsing.ocr.reading import Reader

Progress = Callable[[int, int], None]


class RecognitionNeededError(Exception):
    """The document holds pictures of text, and this process was not prepared to read them."""


class _Recognition:
    """What `prepare` set for the one document of this process."""

    reader: Reader | None = None
    progress: Progress | None = None


_prepared = _Recognition()


def prepare(progress: Progress | None = None) -> None:
    """Load the models; afterwards pictures are read without opening any file.

    Raises ParseError(no_text) where this installation has no models.
    """
    try:
        from PIL import Image

        from apps.knowledge.parsing.ocr.models import Models
        from apps.knowledge.parsing.ocr.reading import Reader

        Image.init()
        _prepared.reader = Reader(Models())
    except (ImportError, OSError) as error:
        raise ParseError(ParseErrorKind.NO_TEXT) from error
    _prepared.progress = progress


def require() -> None:
    """Raise RecognitionNeededError where pictures cannot be read; call it before costly work on one."""
    if _prepared.reader is None:
        raise RecognitionNeededError


def recognised(picture: Picture) -> str:
    """The text of a picture (RGB, height, width, 3); raises RecognitionNeededError."""
    if _prepared.reader is None:
        raise RecognitionNeededError
    return _prepared.reader.text(picture)


def report(done: int, total: int) -> None:
    """Say how many of the document's pages are read."""
    if _prepared.progress is not None:
        _prepared.progress(done, total)
