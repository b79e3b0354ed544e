"""Zip files, looked through before anything is unpacked."""

import io
import stat
import struct
import zipfile
import zlib
from pathlib import PurePosixPath

from apps.knowledge.parsing.encoding import decode_text
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import MIB, Limits

_END = b"PK\x05\x06"
_END_SIZE = 22
_MAX_COMMENT = 65_535
_ENCRYPTED_FLAG = 0x1
_UTF8_FLAG = 0x800
_LATIN_ENDS = "\u036f"
_RATIO_FREE = 8 * MIB
_LOCAL_HEADER = 30


class Archive:
    """A zip file that passed the preflight; `read` never gives more than the directory declared.

    Raises ParseError: corrupt, encrypted, or bomb (size, count, ratio, overlap, traversal, symlink).
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        _check_entry_count(data, limits)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise ParseError(ParseErrorKind.CORRUPT) from error
        entries = self._zip.infolist()
        for entry in entries:
            _check_entry(entry)
        _check_sizes(entries, len(data), limits)
        self.names = frozenset(entry.filename for entry in entries)

    def shown(self) -> dict[str, str]:
        """Each entry's name as it was meant: old programs wrote names in encodings that they do not tell."""
        flagged = {entry.filename: bool(entry.flag_bits & _UTF8_FLAG) for entry in self._zip.infolist()}
        old = [name for name, is_utf8 in flagged.items() if not (is_utf8 or name.isascii())]
        raw = "\n".join(old).encode("cp437", "replace")
        meant = decode_text(raw).split("\n")
        is_known = _is_utf8(raw) or any(
            letter.isalpha() and letter > _LATIN_ENDS for name in meant for letter in name
        )
        return {name: name for name in flagged} | (dict(zip(old, meant, strict=False)) if is_known else {})

    def read(self, name: str) -> bytes:
        """The bytes of one entry. Raises KeyError for an unknown name, ParseError for a damaged entry."""
        info = self._zip.getinfo(name)
        try:
            with self._zip.open(info) as file:
                return file.read(info.file_size) + file.read(1)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error, OSError) as error:
            raise ParseError(ParseErrorKind.CORRUPT) from error


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _check_entry_count(data: bytes, limits: Limits) -> None:
    """Read the counts from the end record, so that a directory of a million entries is never built."""
    at = data.rfind(_END, max(0, len(data) - _END_SIZE - _MAX_COMMENT))
    if at < 0 or at + _END_SIZE > len(data):
        raise ParseError(ParseErrorKind.CORRUPT)
    count, directory_size = struct.unpack_from("<HI", data, at + 10)
    if count > limits.entries or directory_size > limits.entries * 300:
        raise ParseError(ParseErrorKind.BOMB)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & _ENCRYPTED_FLAG:
        raise ParseError(ParseErrorKind.ENCRYPTED)
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in (path.parts[0] if path.parts else ""):
        raise ParseError(ParseErrorKind.BOMB)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ParseError(ParseErrorKind.BOMB)


def _check_sizes(entries: list[zipfile.ZipInfo], packed: int, limits: Limits) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.unpacked or (unpacked > _RATIO_FREE and unpacked > packed * limits.ratio):
        raise ParseError(ParseErrorKind.BOMB)
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise ParseError(ParseErrorKind.BOMB)
        end = entry.header_offset + _LOCAL_HEADER + entry.compress_size
