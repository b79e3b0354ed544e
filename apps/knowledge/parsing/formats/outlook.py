"""Outlook's .msg files (MS-OXMSG): head, body as text, HTML or compressed RTF, attachments."""

import io
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import olefile

from apps.knowledge.parsing.encoding import decode_text
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.formats import mail, rtf
from apps.knowledge.parsing.formats.outlook_rtf import decompressed, html_inside
from apps.knowledge.parsing.limits import Limits
from apps.knowledge.parsing.nested import Nest
from apps.knowledge.parsing.parsed import Parsed, Section, clean

_SUBJECT, _SENDER, _ADDRESS, _TO, _CC = "0037", "0C1A", "5D01", "0E04", "0E03"
_BODY, _HTML, _RTF = "1000", "1013", "1009"
_LONG_NAME, _NAME, _DATA = "3707", "3704", "3701"
_FIXED = "__properties_version1.0"
_TIME, _SENT, _DELIVERED = 0x0040, 0x0039, 0x0E06
_ROW = struct.Struct("<HHIQ")
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_ATTACHMENT = "__attach_version1.0_"
_TEXTS = ("001F", "001E")
_EMBEDDED = "__substg1.0_3701000D"
_MAX_ATTACHMENTS = 500

preload = mail.preload


def parse(data: bytes, limits: Limits) -> Parsed:
    """The head and the body as sections, then each attachment under a heading of its name.

    Raises ParseError: corrupt.
    """
    try:
        with olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_FATAL) as container:
            return _Message(container, limits).read(())
    except (OSError, struct.error, IndexError, ValueError, TypeError) as error:
        raise ParseError(ParseErrorKind.CORRUPT) from error


class _Message:
    def __init__(self, container: olefile.OleFileIO, limits: Limits) -> None:
        self._container = container
        self._limits = limits
        self._entries = container.listdir()

    def read(self, folder: tuple[str, ...]) -> Parsed:
        """The message below a folder of the container; one that is attached is read in its place."""
        subject = self._text(folder, _SUBJECT)
        sender = " ".join(
            part for part in (self._text(folder, _SENDER), self._text(folder, _ADDRESS)) if part
        )
        facts = {
            "From": sender,
            "To": self._text(folder, _TO),
            "Cc": self._text(folder, _CC),
            "Date": self._date(folder),
            "Subject": subject,
        }
        head = "\n".join(
            f"{name}: {' '.join(value.split())}" for name, value in facts.items() if value.strip()
        )
        nest = Nest(self._limits)
        for attachment in self._attachments(folder):
            self._attached(attachment, nest)
        return Parsed(subject, None, (Section(head), *self._body(folder), *nest.sections))

    def _body(self, folder: tuple[str, ...]) -> tuple[Section, ...]:
        html = self._stream((*folder, f"__substg1.0_{_HTML}0102")) or self._text(folder, _HTML).encode()
        plain = self._text(folder, _BODY)
        if plain.strip() or html.strip():
            return mail.body_sections(plain, html, self._limits)
        packed = self._stream((*folder, f"__substg1.0_{_RTF}0102"))
        source = decompressed(packed, self._limits.unpacked) if packed else b""
        if not source.strip():
            return ()
        page = html_inside(source)
        return (
            mail.body_sections("", page, self._limits) if page else rtf.parse(source, self._limits).sections
        )

    def _attachments(self, folder: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        depth = len(folder)
        names = {
            entry[depth]
            for entry in self._entries
            if tuple(entry[:depth]) == folder and len(entry) > depth and entry[depth].startswith(_ATTACHMENT)
        }
        for name in sorted(names)[:_MAX_ATTACHMENTS]:
            yield (*folder, name)

    def _attached(self, folder: tuple[str, ...], nest: Nest) -> None:
        name = clean(self._text(folder, _LONG_NAME) or self._text(folder, _NAME)) or "Attachment"
        embedded = (*folder, _EMBEDDED)
        if any(tuple(entry[: len(embedded)]) == embedded for entry in self._entries):
            if len(embedded) <= self._limits.nesting * 2:
                nest.put(name, self.read(embedded))
            return
        content = self._stream((*folder, f"__substg1.0_{_DATA}0102"))
        if content.strip():
            nest.add(name, content)

    def _date(self, folder: tuple[str, ...]) -> str:
        """When it was sent, else delivered, as a mail's head says it; "" for a draft. MS-OXMSG 2.4.2."""
        rows = self._stream((*folder, _FIXED))
        rows = rows[len(rows) % _ROW.size :]
        times = {number: ticks for kind, number, _, ticks in _ROW.iter_unpack(rows) if kind == _TIME}
        ticks = times.get(_SENT) or times.get(_DELIVERED)
        try:
            return format_datetime(_EPOCH + timedelta(microseconds=ticks // 10)) if ticks else ""
        except OverflowError:
            return ""

    def _text(self, folder: tuple[str, ...], number: str) -> str:
        for kind in _TEXTS:
            stream = self._stream((*folder, f"__substg1.0_{number}{kind}"))
            if stream:
                text = stream.decode("utf-16-le", "replace") if kind == _TEXTS[0] else decode_text(stream)
                return text.rstrip("\0")
        return ""

    def _stream(self, path: tuple[str, ...]) -> bytes:
        if not self._container.exists(list(path)):
            return b""
        with self._container.openstream(list(path)) as stream:
            content: bytes = stream.read()
        return content
