"""Whether and how pictures of text are read in this process; pages done are reported to its starter."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import process_time
from typing import TYPE_CHECKING

from apps.knowledge.parsing.errors import UNKNOWN_SCRIPT, ParseError, ParseErrorKind
from apps.knowledge.parsing.ocr.languages import AUTOMATIC, LANGUAGES

if TYPE_CHECKING:
    from apps.knowledge.parsing.ocr.models import Picture
    from apps.knowledge.parsing.ocr.reading import Reader

Progress = Callable[[int, int], None]


class RecognitionNeededError(Exception):
    """The document holds pictures of text, and this process was not prepared to read them."""


class _Recognition:
    """What `prepare` set for the one document of this process."""

    is_prepared = False
    reader: Reader | None = None
    progress: Progress | None = None
    strange: int = 0
    until: float = inf


_prepared = _Recognition()


def report_to(progress: Progress) -> None:
    """Have the pages that are done told to a callback (done, all)."""
    _prepared.progress = progress


def prepare(*, spare: float = inf, language: str = AUTOMATIC) -> None:
    """Load the models, where this installation has them; afterwards no file is opened to read pictures.

    Pictures that only add to a page's text are read within `spare` seconds of processor time. `language` is
    a code of parsing.ocr.languages, or AUTOMATIC.
    """
    _prepared.is_prepared = True
    try:
        from PIL import Image

        from apps.knowledge.parsing.ocr.choosing import Chooser
        from apps.knowledge.parsing.ocr.models import Models
        from apps.knowledge.parsing.ocr.reading import Reader
        from apps.knowledge.parsing.ocr.tesseract import opened

        Image.init()
        models = Models()
        _prepared.reader = Reader(models, Chooser(models, opened(LANGUAGES.values()), language))
    except (ImportError, OSError):
        _prepared.reader = None
    _prepared.until = spare


def require() -> None:
    """Call it before costly work on a picture that must be read.

    Raises RecognitionNeededError in a process without models, ParseError(no_text) where there are none.
    """
    if not _prepared.is_prepared:
        raise RecognitionNeededError
    if _prepared.reader is None:
        raise ParseError(ParseErrorKind.NO_TEXT)


def may_add() -> bool:
    """Whether a picture that only adds to a page's text can be read; raises RecognitionNeededError."""
    if not _prepared.is_prepared:
        raise RecognitionNeededError
    return _prepared.reader is not None and process_time() < _prepared.until


def recognised(picture: Picture) -> str:
    """The text of a picture (RGB, height, width, 3), "" for none in a known script; raises as `require`."""
    require()
    from apps.knowledge.parsing.ocr.reading import UnknownScriptError

    try:
        return _prepared.reader.text(picture) if _prepared.reader else ""
    except UnknownScriptError:
        _prepared.strange += 1
        return ""


def nothing_read() -> ParseError:
    """What to say of a document whose pictures gave no text: none was seen, or none in a known script."""
    return ParseError(ParseErrorKind.NO_TEXT, UNKNOWN_SCRIPT if _prepared.strange else "")


def read_as() -> tuple[str, ...]:
    """The languages that pictures were read in, by code, of most pages first (ocr.reading.Reader)."""
    reader = _prepared.reader
    return tuple(code for code, _ in reader.read_as.most_common()) if reader else ()


def report(done: int, total: int) -> None:
    """Say how many of the document's pages are read."""
    if _prepared.progress is not None:
        _prepared.progress(done, total)
