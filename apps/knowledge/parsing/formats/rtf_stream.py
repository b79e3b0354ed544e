"""The tokens of Rich Text Format 1.9 as text and the few control words that shape a document."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from apps.knowledge.parsing.errors import ParseError, ParseErrorKind

BODY, NOTE, TITLE, MARGIN, STYLES = "", "footnote", "title", "margin", "stylesheet"

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)|\\",
    re.DOTALL,
)
_FONTS, _SKIPPED, _TWIN, _DOUBLE = "fonttbl", "skipped", "twin", "double"
_UNSEEN = frozenset((_SKIPPED, _DOUBLE))
_WITHIN: dict[str, set[str]] = {_SKIPPED: {TITLE, _DOUBLE}, _DOUBLE: set()}
_DESTINATIONS = {
    "fonttbl": _FONTS,
    "stylesheet": STYLES,
    "footnote": NOTE,
    "annotation": NOTE,
    "title": TITLE,
    "upr": _DOUBLE,
    "ud": _TWIN,
    **dict.fromkeys(
        ("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf"), MARGIN
    ),
    **dict.fromkeys(
        re.findall(
            r"\w+",
            "colortbl info pict objdata fldinst themedata colorschememapping datastore latentstyles "
            "listtable listoverridetable rsidtbl generator xmlnstbl mmathPr filetbl revtbl nonshppict "
            "bkmkstart bkmkend template userprops private ftnsep ftnsepc ftncn aftnsep aftnsepc "
            "aftncn pgptbl falt panose "
            "author operator subject keywords company manager category doccomm atnid atnauthor docvar xe tc",
        ),
        _SKIPPED,
    ),
}
_OPTIONAL = {"shptxt", "shpinst", "fldrslt", "footnote", "annotation", "shp", "shprslt"}
_CHARSETS = {
    2: "cp1252",
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    130: "cp949",
    134: "gb18030",
    136: "big5",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    254: "cp437",
    255: "cp850",
}
_CODE_PAGES = {
    "936": "gb18030",
    "950": "big5",
    "10000": "mac_roman",
    "65001": "utf-8",
    "54936": "gb18030",
} | {str(number): f"cp{number}" for number in (437, 850, 866, 874, 932, 949, *range(1250, 1259))}
_CHARACTERS = {
    "emdash": "\u2014",
    "endash": "\u2013",
    "bullet": "\u2022",
    "lquote": "\u2018",
    "rquote": "\u2019",
    "ldblquote": "\u201c",
    "rdblquote": "\u201d",
    "emspace": " ",
    "enspace": " ",
    "qmspace": " ",
    "tab": "\t",
    "line": "\n",
    "softline": "\n",
    "zwj": "\u200d",
    "zwnj": "\u200c",
    "ltrmark": "",
    "rtlmark": "",
}
_SYMBOLS = {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\t": "\t"}
_SHAPING = frozenset(
    ("par", "sect", "page", "cell", "row", "nestcell", "nestrow", "pard", "intbl", "outlinelevel", "s")
)


@dataclass(frozen=True, slots=True)
class Event:
    """Text, or a control word with its number, within a destination (BODY, NOTE, TITLE, MARGIN, STYLES)."""

    destination: str
    text: str = ""
    word: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class _Group:
    """Settings that end with the group; the number before a paragraph (`listtext`) shapes none."""

    destination: str = BODY
    is_number: bool = False
    encoding: str = ""
    fallback: int = 1
    hidden: bool = False


class RtfStream:
    """Iterate to read the events; raises ParseError(bomb) for groups nested past `depth`."""

    def __init__(self, data: bytes, depth: int) -> None:
        self._data = data
        self._depth = depth
        self._group = _Group()
        self._outer: list[_Group] = []
        self._default = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = -1
        self._bytes = bytearray()
        self._characters: list[str] = []
        self._to_skip = 0
        self._optional = False

    def __iter__(self) -> Iterator[Event]:
        at = 0
        while token := _TOKEN.match(self._data, at):
            at = token.end()
            if token[1] == b"bin":
                at += max(0, int(token[2] or 0))
            elif token[1]:
                yield from self._word(token[1].decode(), None if token[2] is None else int(token[2]))
            else:
                yield from self._other(token)
        yield from self._flushed()

    def _other(self, token: re.Match[bytes]) -> Iterator[Event]:
        _, _, byte, symbol, brace, plain = token.groups()
        if brace:
            yield from self._flushed()
            self._brace(brace)
        elif byte:
            self._take(bytes.fromhex(byte.decode()))
        elif symbol:
            yield from self._symbol(symbol)
        elif plain:
            self._take(plain)

    def _brace(self, brace: bytes) -> None:
        self._to_skip, self._optional = 0, False
        if brace == b"{":
            if len(self._outer) >= self._depth:
                raise ParseError(ParseErrorKind.BOMB)
            self._outer.append(self._group)
        elif self._outer:
            self._group = self._outer.pop()

    def _word(self, word: str, number: int | None) -> Iterator[Event]:
        optional, self._optional = self._optional, False
        if word == "u" and number is not None:
            self._decode()
            self._characters.append(chr(number & 0xFFFF))
            self._to_skip = self._group.fallback
            return
        if word in _CHARACTERS:
            self._decode()
            self._characters.append(_CHARACTERS[word])
            return
        yield from self._flushed()
        self._to_skip = 0
        if word in _DESTINATIONS or (optional and word not in _OPTIONAL):
            self._enter(_DESTINATIONS.get(word, _SKIPPED))
        elif word == "listtext":
            self._group = replace(self._group, is_number=True)
        elif word in _SHAPING and self._group.destination not in _UNSEEN and not self._group.is_number:
            yield Event(self._group.destination, word=word, number=number)
        else:
            self._setting(word, number)

    def _enter(self, destination: str) -> None:
        """A Unicode twin (`ud`) takes the place of the text in the old code page before it (`upr`)."""
        if destination == _TWIN:
            destination = next(
                (group.destination for group in reversed(self._outer) if group.destination not in _UNSEEN),
                BODY,
            )
        elif destination not in _WITHIN.get(self._group.destination, {destination}):
            return
        self._group = replace(self._group, destination=destination)

    def _setting(self, word: str, number: int | None) -> None:
        if word == "f" and number is not None:
            self._font = number
            self._group = replace(self._group, encoding=self._fonts.get(number, ""))
        elif word == "fcharset" and number is not None:
            self._fonts[self._font] = _CHARSETS.get(number, "")
        elif word == "cpg" and self._group.destination == _FONTS:
            self._fonts[self._font] = _CODE_PAGES.get(str(number), "")
        elif word == "ansicpg":
            self._default = _CODE_PAGES.get(str(number), self._default)
        elif word in {"mac", "pc", "pca"}:
            self._default = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}[word]
        elif word == "uc" and number is not None:
            self._group = replace(self._group, fallback=max(0, min(number, 8)))
        elif word in {"v", "deleted", "plain"}:
            self._group = replace(self._group, hidden=word != "plain" and number != 0)

    def _symbol(self, symbol: bytes) -> Iterator[Event]:
        if symbol == b"*":
            self._optional = True
        elif symbol in b"\r\n":
            yield from self._flushed()
            yield Event(self._group.destination, word="par")
        elif symbol in _SYMBOLS:
            self._take(_SYMBOLS[symbol].encode())

    def _take(self, data: bytes) -> None:
        """Bytes of text, but for those that only stand in for a Unicode character just read."""
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        self._bytes += data[skipped:]

    def _decode(self) -> None:
        if self._bytes:
            self._characters.append(
                self._bytes.decode(self._group.encoding or self._default, errors="replace")
            )
            self._bytes.clear()

    def _flushed(self) -> Iterator[Event]:
        self._decode()
        text = "".join(self._characters).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        self._characters.clear()
        if text and not self._group.hidden and self._group.destination not in {*_UNSEEN, _FONTS}:
            yield Event(self._group.destination, text=text)
