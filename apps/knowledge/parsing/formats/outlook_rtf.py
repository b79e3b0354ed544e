"""The compressed RTF of Outlook bodies (MS-OXRTFCP) and the HTML that it may carry (MS-OXRTFEX)."""

import re
import struct

from apps.knowledge.parsing.errors import ParseError, ParseErrorKind

_HEADER = struct.Struct("<II4sI")
_COMPRESSED, _STORED = b"LZFu", b"MELA"
_WINDOW = 4096
_PRESET = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_HTML_TAG = re.compile(rb"\{\\\*\\htmltag\d* ?((?:[^{}\\]|\\.)*)\}|\\htmlrtf ?.*?\\htmlrtf0 ?", re.DOTALL)
_WORD = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\u(-?\d+) ?\??|\\(par|line|tab|lquote|rquote)\b ?|\\[a-z]+-?\d* ?|\\(.)|[{}\r\n]"
)
_SHOWN = {b"par": b"\n", b"line": b"\n", b"tab": b"\t", b"lquote": b"'", b"rquote": b"'"}


def decompressed(data: bytes, limit: int) -> bytes:
    """The RTF source. Raises ParseError: corrupt, bomb (more than `limit` bytes)."""
    if len(data) < _HEADER.size:
        raise ParseError(ParseErrorKind.CORRUPT)
    _, size, kind, _ = _HEADER.unpack_from(data)
    if size > limit:
        raise ParseError(ParseErrorKind.BOMB)
    if kind == _STORED:
        return data[_HEADER.size : _HEADER.size + size]
    if kind != _COMPRESSED:
        raise ParseError(ParseErrorKind.CORRUPT)
    return _unpacked(data[_HEADER.size :], size)


def _unpacked(data: bytes, size: int) -> bytes:
    window = bytearray(_PRESET + bytes(_WINDOW - len(_PRESET)))
    write, at = len(_PRESET), 0
    found = bytearray()
    while at < len(data) and len(found) < size:
        flags, at = data[at], at + 1
        for bit in range(8):
            if at >= len(data) or len(found) >= size:
                break
            if not flags >> bit & 1:
                piece, at = data[at : at + 1], at + 1
            else:
                place = int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")
                at += 2
                if place >> 4 == write:
                    return bytes(found)
                piece = _copied(window, place >> 4, (place & 15) + 2, write)
            for byte in piece:
                window[write] = byte
                write = (write + 1) % _WINDOW
            found += piece
    return bytes(found[:size])


def _copied(window: bytearray, start: int, length: int, write: int) -> bytes:
    """Bytes of the window from `start`; a run that reaches `write` repeats what it just gave."""
    span = (write - start) % _WINDOW or _WINDOW
    return bytes(window[(start + offset % span) % _WINDOW] for offset in range(length))


def html_inside(source: bytes) -> bytes:
    """The HTML that the RTF was made from; b"" where it was not."""
    if b"\\fromhtml1" not in source[:1000]:
        return b""
    first = source.find(b"\\*\\htmltag")
    body = source[max(0, first - 1) :] if first >= 0 else b""
    return _WORD.sub(_shown, _HTML_TAG.sub(lambda tag: tag[1] or b"", body))


def _shown(found: re.Match[bytes]) -> bytes:
    byte, character, word, symbol = found.groups()
    if byte:
        return bytes.fromhex(byte.decode())
    if character:
        return f"&#{int(character) & 0xFFFF};".encode()
    return _SHOWN.get(word, b"") if word else (symbol if symbol in (b"\\", b"{", b"}") else b"")
