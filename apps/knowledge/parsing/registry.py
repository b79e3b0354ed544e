"""Which formats can be read, and how each is known by its content. Another format: a module and a line."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from types import ModuleType

from apps.knowledge.language import detect_language
from apps.knowledge.parsing import encoding
from apps.knowledge.parsing.archive import Archive
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import DEFAULT_LIMITS, Limits
from apps.knowledge.parsing.parsed import Parsed, Section, clean

_HEAD = 1024
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_RTF = b"{\\rtf"
# Written in letters, but not to be read as they stand.
_NOT_PLAIN = {"eml", "mbox", "mht", "mhtml", "ps", "rtf", "svg"}
_OLE_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name is its module in `formats`; one of magic, member and tags tells its content.

    magic: bytes that stand in the first kilobyte. member: an entry of the zip file. tags: words, one of which
    begins a tag in the head of a text. A format with none of them is text that only the name tells apart.
    """

    name: str
    label: str
    media_type: str
    extensions: tuple[str, ...]
    magic: bytes = b""
    member: str = ""
    tags: tuple[str, ...] = ()

    @property
    def textual(self) -> bool:
        return not (self.magic or self.member)


FORMATS: dict[str, Format] = {
    format_.name: format_
    for format_ in (
        Format("pdf", "PDF", "application/pdf", ("pdf",), magic=b"%PDF-"),
        Format(
            "docx",
            "Word document",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ("docx", "docm", "dotx"),
            member="word/document.xml",
        ),
        Format(
            "html",
            "Web page",
            "text/html",
            ("html", "htm", "xhtml"),
            tags=("!doctype html", "html", "head", "body"),
        ),
        Format("md", "Markdown", "text/markdown", ("md", "markdown")),
        Format("txt", "Plain text", "text/plain", ("txt", "text", "log")),
    )
}


def detect(data: bytes, name: str, limits: Limits) -> Format:
    """The format of the content; the ending of the name only tells apart what the content cannot.

    Raises ParseError: empty, encrypted, unsupported, mismatch (the name promises another kind), and what the
    preflight of a zip file raises.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise ParseError(ParseErrorKind.EMPTY)
    hinted = _hinted(name)
    found = _binary(data, hinted, limits) or _text(data, name, hinted)
    if hinted and hinted is not found and not (hinted.textual and found.textual):
        raise ParseError(
            ParseErrorKind.MISMATCH,
            f"The name of this file says {hinted.label}, but its content is {found.label}. "
            "Check that it is the right file, give it the right ending, and upload it again.",
        )
    return found


def glance(head: bytes, name: str) -> Format:
    """As `detect`, by the first kilobytes alone and without opening anything, so also outside the sandbox.

    What a zip or OLE file really holds, and whether the rest is whole, `detect` tells when it is read.
    """
    hinted = _hinted(name)
    if head.startswith((_ZIP, _OLE)):
        if hinted and hinted.member:
            return hinted
        raise ParseError(ParseErrorKind.MISMATCH if hinted else ParseErrorKind.UNSUPPORTED)
    return detect(head, name, DEFAULT_LIMITS)


def prepare(data: bytes, name: str, limits: Limits) -> Callable[[], Parsed]:
    """Find the format and import its parser; the returned call reads and opens no file any more."""
    if len(data) > limits.input:
        raise ParseError(ParseErrorKind.TOO_LARGE)
    format_ = detect(data, name, limits)
    module = importlib.import_module(f"apps.knowledge.parsing.formats.{format_.name}")
    if format_.textual:
        encoding.preload()

    def read() -> Parsed:
        return _finished(_read(module, data, limits), name)

    return read


def parse(data: bytes, name: str, limits: Limits) -> Parsed:
    """Read a document in this process. Only the sandbox and the parsers' own tests call this."""
    return prepare(data, name, limits)()


def _read(module: ModuleType, data: bytes, limits: Limits) -> Parsed:
    parsed: Parsed = module.parse(data, limits)
    return parsed


def _finished(parsed: Parsed, name: str) -> Parsed:
    sections = tuple(
        Section(text, section.page, section.heading, section.kind)
        for section in parsed.sections
        if (text := clean(section.text).strip("\n").rstrip()) and not text.isspace()
    )
    if not sections:
        raise ParseError(ParseErrorKind.EMPTY)
    title = " ".join(clean(parsed.title).split()) or PurePath(name).stem
    language = detect_language(_sample(sections)) or parsed.language
    return Parsed(title, language, sections, parsed.pages)


def _sample(sections: tuple[Section, ...]) -> str:
    """Text from the middle of the document too: covers and imprints often are in another language."""
    middle = sections[len(sections) // 2 :]
    return "\n".join(part[:1500] for part in (sections[0].text, middle[0].text, sections[-1].text))


def _ending(name: str) -> str:
    return PurePath(name).suffix.lower().removeprefix(".")


def _hinted(name: str) -> Format | None:
    ending = _ending(name)
    return next((format_ for format_ in FORMATS.values() if ending in format_.extensions), None)


def _binary(data: bytes, hinted: Format | None, limits: Limits) -> Format | None:
    head = data[:_HEAD]
    for format_ in FORMATS.values():
        if format_.magic and format_.magic in head:
            return format_
    if data.startswith(_OLE):
        raise ParseError(ParseErrorKind.ENCRYPTED if _OLE_ENCRYPTED in data else ParseErrorKind.UNSUPPORTED)
    if data.startswith(_ZIP):
        return _zipped(Archive(data, limits))
    if encoding.looks_binary(data):
        raise ParseError(
            ParseErrorKind.MISMATCH if hinted and not hinted.textual else ParseErrorKind.UNSUPPORTED
        )
    return None


def _zipped(archive: Archive) -> Format:
    for format_ in FORMATS.values():
        if format_.member in archive.names:
            return format_
    raise ParseError(ParseErrorKind.UNSUPPORTED)


def _text(data: bytes, name: str, hinted: Format | None) -> Format:
    head = encoding.decode_text(data[:_HEAD], declared=True).lower()
    opening = head.lstrip("\ufeff \t\r\n")
    for format_ in FORMATS.values():
        if opening.startswith(tuple(f"<{tag}" for tag in format_.tags)) and format_.tags:
            return format_
        if format_ is hinted and any(f"<{tag}" in head for tag in format_.tags):
            return format_
    if hinted and hinted.textual and not hinted.tags:
        return hinted
    if hinted and hinted.tags and "<" in opening:
        return hinted
    if data.startswith(_RTF) or _ending(name) in _NOT_PLAIN:
        raise ParseError(ParseErrorKind.UNSUPPORTED)
    return FORMATS["txt"]
