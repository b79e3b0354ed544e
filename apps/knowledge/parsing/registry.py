"""Reading a document of any format: find it, load its parser, run it, make its result storable."""

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath
from types import ModuleType

from apps.knowledge.language import UNKNOWN, detect_language
from apps.knowledge.parsing import encoding, recognition
from apps.knowledge.parsing.catalogue import FORMATS, Format
from apps.knowledge.parsing.detection import detect, glance
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.parsed import Parsed, Section, clean

__all__ = ["FORMATS", "Format", "detect", "glance", "parse", "prepare", "read"]


def prepare(data: bytes, name: str, limits: Limits) -> Callable[[], Parsed]:
    """Find the format and import its parser; the returned call reads and opens no file any more."""
    if len(data) > limits.input:
        raise ParseError(ParseErrorKind.TOO_LARGE)
    format_ = detect(data, name, limits)
    module = load(format_.name)
    if format_.textual:
        encoding.preload()

    def finish() -> Parsed:
        return _finished(_parsed(module, data, limits), name)

    return finish


def parse(data: bytes, name: str, limits: Limits) -> Parsed:
    """Read a document in this process. Only the sandbox and the parsers' own tests call this."""
    return prepare(data, name, limits)()


def read(data: bytes, name: str, limits: Limits) -> Parsed:
    """Read a document that lies inside another, by its content and name; all parsers are loaded already."""
    return _finished(_parsed(load(detect(data, name, limits).name), data, limits), name)


def read_as(name: str, data: bytes, limits: Limits) -> Parsed:
    """Read a part of a document whose format is known; it may turn out empty."""
    return _parsed(load(name), data, limits)


def load(name: str) -> ModuleType:
    """The parser of a format, with all that it needs at work."""
    module = importlib.import_module(f"apps.knowledge.parsing.formats.{FORMATS[name].module or name}")
    preload: Callable[[], None] | None = getattr(module, "preload", None)
    if preload and module.__name__ not in _loaded:
        _loaded.add(module.__name__)
        preload()
    return module


def preload_all() -> None:
    """Load every parser, for a document that may hold any other."""
    for name in FORMATS:
        load(name)


_loaded: set[str] = set()


def _parsed(module: ModuleType, data: bytes, limits: Limits) -> Parsed:
    parsed: Parsed = module.parse(data, limits)
    return parsed


def _finished(parsed: Parsed, name: str) -> Parsed:
    sections = tuple(
        replace(section, text=text)
        for section in parsed.sections
        if (text := clean(section.text).strip("\n").rstrip()) and not text.isspace()
    )
    if not sections:
        raise ParseError(ParseErrorKind.EMPTY)
    title = " ".join(clean(parsed.title).split()) or PurePath(name).stem
    read_as = recognition.read_as()
    language = detect_language(_sample(sections)) or parsed.language
    if language in {None, UNKNOWN}:
        language = next((code for code in read_as if code != UNKNOWN), language)
    return Parsed(title, language, sections, parsed.pages, read_as, parsed.loss)


def _sample(sections: tuple[Section, ...]) -> str:
    """Text from the middle of the document too: covers and imprints often are in another language."""
    middle = sections[len(sections) // 2 :]
    return "\n".join(part[:1500] for part in (sections[0].text, middle[0].text, sections[-1].text))
