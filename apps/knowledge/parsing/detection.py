"""Which format a file is of, by its content; its name only tells apart what the content cannot."""

import json
import re
from pathlib import PurePath

from apps.knowledge.parsing import encoding
from apps.knowledge.parsing.archive import Archive
from apps.knowledge.parsing.catalogue import FORMATS, Format
from apps.knowledge.parsing.errors import OLD_OFFICE, ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import DEFAULT_LIMITS, Limits

_HEAD = 1024
_FAR_HEAD = 64 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MIMETYPE = "mimetype"
_OLE_ENCRYPTED = tuple(name.encode("utf-16-le") for name in ("EncryptedPackage", "EncryptionInfo"))
_OLE_MAIL = "__properties_version1.0".encode("utf-16-le")
_OLE_OFFICE = tuple(name.encode("utf-16-le") for name in ("WordDocument", "Workbook", "PowerPoint Document"))
_HEADER = re.compile(
    r"(?:from|to|date|subject|received|return-path|message-id|mime-version|delivered-to|reply-to|x-[\w-]+|"
    r"content-type)[ \t]*:",
    re.IGNORECASE,
)
_ANY_HEADER = re.compile(r"[\x21-\x39\x3b-\x7e]+[ \t]*:|[ \t]")
_MIN_HEADERS = 2
# Written in letters, but not to be read as they stand.
_NOT_PLAIN = {"mbox", "ps", "eps"}


def detect(data: bytes, name: str, limits: Limits) -> Format:
    """The format of the content.

    Raises ParseError: empty, encrypted, unsupported, mismatch (the name promises another kind), and what the
    preflight of a zip file raises.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise ParseError(ParseErrorKind.EMPTY)
    hinted = hinted_by(name)
    found = _binary(data, hinted, limits) or _text(data, name, hinted)
    if hinted and hinted is not found and not _excused(hinted, found):
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
    hinted = hinted_by(name)
    if not head.startswith((*_ZIP, _OLE)):
        return detect(head, name, DEFAULT_LIMITS)
    if hinted and hinted.container:
        return hinted
    if hinted:
        raise ParseError(ParseErrorKind.MISMATCH)
    if head.startswith(_OLE):
        raise ParseError(ParseErrorKind.UNSUPPORTED, OLD_OFFICE)
    return FORMATS["zip"]


def hinted_by(name: str) -> Format | None:
    """The format that the ending of a name promises."""
    ending = _ending(name)
    return next((format_ for format_ in FORMATS.values() if ending in format_.extensions), None)


def _ending(name: str) -> str:
    return PurePath(name).suffix.lower().removeprefix(".")


def _excused(hinted: Format, found: Format) -> bool:
    """Text of one kind under the name of another, and a picture under the name of another picture."""
    return (hinted.textual and found.textual) or (hinted.module == found.module != "")


def _binary(data: bytes, hinted: Format | None, limits: Limits) -> Format | None:
    for format_ in FORMATS.values():
        if format_.magic and _has_magic(format_, data, hinted):
            return format_
    if data.startswith(_OLE):
        return _ole(data)
    if data.startswith(_ZIP):
        return _zipped(Archive(data, limits))
    if encoding.looks_binary(data):
        raise ParseError(
            ParseErrorKind.MISMATCH if hinted and not hinted.textual else ParseErrorKind.UNSUPPORTED
        )
    return None


def _has_magic(format_: Format, data: bytes, hinted: Format | None) -> bool:
    """At the very beginning; before a PDF there may be other bytes, the more if its name promises one.

    Before RTF there may be white space.
    """
    if format_.name == "pdf":
        return format_.magic[0] in data[: _FAR_HEAD if hinted is format_ else _HEAD]
    if format_.name == "rtf":
        return data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(format_.magic)
    if format_.name == "webp":
        return data.startswith(format_.magic) and data[8:12] == b"WEBP"
    if format_.name == "bmp":
        return data.startswith(format_.magic) and data[6:10] == bytes(4)
    return data.startswith(format_.magic)


def _ole(data: bytes) -> Format:
    if any(name in data for name in _OLE_ENCRYPTED):
        raise ParseError(ParseErrorKind.ENCRYPTED)
    if _OLE_MAIL in data:
        return FORMATS["msg"]
    old = any(name in data for name in _OLE_OFFICE)
    raise ParseError(ParseErrorKind.UNSUPPORTED, OLD_OFFICE if old else "")


def _zipped(archive: Archive) -> Format:
    declared = (
        archive.read(_MIMETYPE)[:100].decode("ascii", "replace").strip() if _MIMETYPE in archive.names else ""
    )
    for format_ in FORMATS.values():
        if format_.container != "zip":
            continue
        if declared.removesuffix("-template") == format_.media_type:
            return format_
        if format_.member and any(name.startswith(format_.member) for name in archive.names):
            return format_
    return FORMATS["zip"]


def _text(data: bytes, name: str, hinted: Format | None) -> Format:
    head = encoding.decode_text(data[:_HEAD], declared=True).lower()
    opening = head.lstrip("\ufeff \t\r\n")
    html = FORMATS["html"]
    if opening.startswith(tuple(f"<{tag}" for tag in html.tags)):
        return html
    if opening.startswith("<?xml") and hinted in {None, html} and any(f"<{tag}" in head for tag in html.tags):
        return html
    if hinted is html:
        return html if "<" in opening else FORMATS["txt"]
    if hinted and hinted.textual:
        return _checked(hinted, opening)
    if _ending(name) in _NOT_PLAIN:
        raise ParseError(ParseErrorKind.UNSUPPORTED)
    return _shaped(opening, data)


def _checked(hinted: Format, opening: str) -> Format:
    """The promised format, unless the content plainly is none."""
    if hinted.name == "xml" and not opening.startswith("<"):
        return FORMATS["txt"]
    if hinted.name == "eml" and not _is_mail(opening, 1):
        return FORMATS["txt"]
    if hinted.name == "txt" and (opening.startswith("<?xml") or _is_mail(opening, _MIN_HEADERS + 1)):
        return FORMATS["xml" if opening.startswith("<") else "eml"]
    return hinted


def _shaped(opening: str, data: bytes) -> Format:
    """A text without a telling name."""
    if opening.startswith("<?xml"):
        return FORMATS["xml"]
    if _is_mail(opening, _MIN_HEADERS):
        return FORMATS["eml"]
    if opening.startswith(("{", "[")):
        try:
            json.loads(encoding.decode_text(data))
        except (ValueError, RecursionError):
            return FORMATS["txt"]
        return FORMATS["json"]
    return FORMATS["txt"]


def _is_mail(opening: str, wanted: int) -> bool:
    lines = opening.split("\n")
    if lines and lines[0].startswith("from "):
        lines = lines[1:]
    known = 0
    for line in lines[:-1] or lines:
        if not line.strip() or not _ANY_HEADER.match(line):
            break
        known += bool(_HEADER.match(line))
    return known >= wanted
