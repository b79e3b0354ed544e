"""From bytes to text: byte order mark, what the file declares, UTF-8, then the likeliest old encoding."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})|<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})",
    re.IGNORECASE,
)
# The standard for HTML reads these as Windows-1252, and so does everyone who labels a file by them.
_LATIN_1 = {"ascii", "us-ascii", "iso-8859-1", "iso8859-1", "latin1", "latin-1", "iso_8859-1"}
_CANDIDATES = (
    *(f"cp{number}" for number in range(1250, 1259)),
    *("iso8859_2", "iso8859_5", "iso8859_6", "iso8859_7", "iso8859_8", "iso8859_9", "iso8859_15"),
    *("koi8_r", "koi8_u", "cp437", "cp850", "cp866", "cp874", "mac_roman"),
    *("cp932", "euc_jp", "iso2022_jp", "gb18030", "big5", "cp949", "tis_620"),
)
_LABELLED = (
    *(
        "utf-8",
        "utf-7",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-32-le",
        "utf-32-be",
        "ascii",
        "latin-1",
    ),
    *(f"iso8859_{number}" for number in range(1, 17) if number != 12),  # noqa: PLR2004 (there is no part 12)
    *(
        "gb2312",
        "gbk",
        "hz",
        "shift_jis",
        "euc_kr",
        "iso2022_kr",
        "big5hkscs",
        "euc_jis_2004",
        "koi8_t",
        "mac_cyrillic",
    ),
)
_HEAD = 4096
_SAMPLE = 256 * 1024
_MAX_ODD = 0.02
_FIRST_PRINTABLE = 32
_MIN_UTF16 = 8
_MANY_NUL, _FEW_NUL = 0.4, 0.05


def preload() -> None:
    """Import every codec now: inside the closed sandbox no file can be opened any more."""
    import charset_normalizer  # noqa: F401

    for name in (*_LABELLED, *_CANDIDATES):
        codecs.lookup(name)


def looks_binary(data: bytes) -> bool:
    """Whether the bytes are no text in any encoding: NUL bytes that UTF-16 and UTF-32 do not explain."""
    head = data[:_HEAD]
    if any(head.startswith(mark) for mark, _ in _MARKS) or _unmarked_utf16(head):
        return False
    odd = sum(byte < _FIRST_PRINTABLE and byte not in b"\t\n\v\f\r\x1a\x1b" for byte in head)
    return b"\0" in head or odd > len(head) * _MAX_ODD


def decode_text(data: bytes, *, declared: bool = False) -> str:
    """The text of the bytes; `declared` also believes a charset named in HTML or XML.

    Where neither tells the encoding it is guessed; a text too short for that is taken for Windows-1252.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, errors="replace")
    unmarked = _unmarked_utf16(data[:_HEAD])
    if unmarked:
        return data.decode(unmarked, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start > len(data) - 4 and error.reason == "unexpected end of data":
            return data.decode("utf-8", errors="ignore")
    label = _declared_label(data) if declared else ""
    if label:
        return data.decode(label, errors="replace")
    return data.decode(_guess(data), errors="replace")


def _unmarked_utf16(head: bytes) -> str:
    """UTF-16 without a mark shows as NUL in every second byte of Latin text."""
    even, odd = head[0::2], head[1::2]
    if len(head) < _MIN_UTF16 or not odd:
        return ""
    even_share, odd_share = even.count(0) / len(even), odd.count(0) / len(odd)
    if odd_share > _MANY_NUL and even_share < _FEW_NUL:
        return "utf-16-le"
    if even_share > _MANY_NUL and odd_share < _FEW_NUL:
        return "utf-16-be"
    return ""


def _declared_label(data: bytes) -> str:
    found = _DECLARED.search(data[:_HEAD])
    if not found:
        return ""
    label = (found[1] or found[2]).decode("ascii", errors="ignore").lower()
    if label in _LATIN_1:
        return "cp1252"
    try:
        info = codecs.lookup(label)
    except LookupError:
        return ""
    # A page that can be read byte by byte up to its label cannot be UTF-16, whatever the label says.
    return "" if info.name.startswith(("utf-16", "utf-32", "utf-8")) or not _is_text(info) else info.name


def _is_text(info: codecs.CodecInfo) -> bool:
    try:
        return isinstance(info.decode(b"a")[0], str)
    except (ValueError, UnicodeError):
        return False


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE], cp_isolation=list(_CANDIDATES), threshold=0.5).best()
    return best.encoding if best else "cp1252"
