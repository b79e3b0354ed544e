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
_DELETE = 127
_PLAIN = 0.85
_FEW_ODD = 2
_MIN_WIDE = 8
_MIN_LIKELY = 0.97
_LATIN_ENDS = "\u0250"
_WIDE_ENCODINGS = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_CYRILLIC = re.compile(r"[\u0400-\u052f]{3,}")
_VOWEL = re.compile(r"[аеёиоуыэюяіїєѐѝ]", re.IGNORECASE)
_THAI_MARK = re.compile(r"[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]")
_LOOSE_MARK = re.compile(
    r"(?<![\u0e01-\u0e2e\u0e31\u0e34-\u0e3a\u0e47-\u0e4d])[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]"
)
_HANGUL, _HANJA = re.compile(r"[\uac00-\ud7a3]"), re.compile(r"[\u4e00-\u9fff]")
_FINAL_SIGMA = re.compile(r"\u03c2[\u03b1-\u03c9]")
_ESCAPES = ((b"\x1b$B", "iso2022_jp"), (b"\x1b$@", "iso2022_jp"), (b"\x1b$)C", "iso2022_kr"))


def preload() -> None:
    """Import every codec now: inside the closed sandbox no file can be opened any more."""
    import charset_normalizer  # noqa: F401

    for name in (*_LABELLED, *_CANDIDATES):
        codecs.lookup(name)


def looks_binary(data: bytes) -> bool:
    """Whether the bytes are no text in any encoding: bytes below space that UTF-16 does not explain."""
    head = data[:_HEAD]
    if any(head.startswith(mark) for mark, _ in _MARKS) or _unmarked(head):
        return False
    return sum(_is_odd(byte) for byte in head) > max(_FEW_ODD * _is_plain(head), len(head) * _MAX_ODD)


def decode_text(data: bytes, *, declared: bool = False) -> str:
    """The text of the bytes; `declared` also believes a charset named in HTML or XML.

    Where neither tells the encoding it is guessed; a text too short for that is taken for Windows-1252.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, errors="replace")
    plain = _unmarked(data[:_HEAD]) or next((name for escape, name in _ESCAPES if escape in data[:_HEAD]), "")
    if plain:
        return data.decode(plain, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start > len(data) - 4 and error.reason == "unexpected end of data":
            return data.decode("utf-8", errors="ignore")
    label = _declared_label(data) if declared else ""
    if label:
        return data.decode(label, errors="replace")
    return data.decode(_guess(data), errors="replace")


def _unmarked(head: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: bytes that no other text has, and letters and marks once decoded."""
    if len(head) < _MIN_WIDE or not any(_is_odd(byte) for byte in head) or _is_plain(head):
        return ""
    best = (0, "")
    for name in _WIDE_ENCODINGS:
        text = _decoded(head, name)
        likely = sum(_is_likely(character) for character in text)
        if text and likely >= _MIN_LIKELY * len(text):
            best = max(best, (1 + sum(character < _LATIN_ENDS for character in text), name))
    return best[1]


def _is_plain(head: bytes) -> bool:
    """Whether nearly all bytes are ASCII that shows: a stray NUL in such text makes no pairs of bytes."""
    return sum(_FIRST_PRINTABLE <= byte < _DELETE or byte in b"\t\n\r" for byte in head) > _PLAIN * len(head)


def _decoded(head: bytes, name: str) -> str:
    try:
        return head[: len(head) // 4 * 4].decode(name)
    except UnicodeDecodeError as error:
        return head[: error.start].decode(name) if error.reason == "unexpected end of data" else ""


def _is_odd(byte: int) -> bool:
    return byte < _FIRST_PRINTABLE and byte not in b"\t\n\v\f\r\x1a\x1b"


def _is_likely(character: str) -> bool:
    """A letter of a living script, a figure, a mark or white space; rare ideographs are stray bytes."""
    if character < "\u3000":
        return character.isprintable() or character in "\t\n\r\f\ufeff"
    return (
        character <= "\u30ff"
        or "\u4e00" <= character <= "\u9fff"
        or "\uac00" <= character <= "\ud7a3"
        or ("\uff00" <= character <= "\uffef" and character.isprintable())
    )


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

    found = list(from_bytes(data[:_SAMPLE], cp_isolation=list(_CANDIDATES), threshold=0.5))
    likely = (match for match in found if match.chaos == found[0].chaos and _is_written(str(match)))
    best = next(likely, found[0] if found else None)
    return best.encoding if best else "cp1252"


def _is_written(text: str) -> bool:
    """Whether words are spelled as their script allows, which text in a wrong encoding hardly ever is."""
    words = _CYRILLIC.findall(text)
    mute = sum(not _VOWEL.search(word) for word in words)
    turned = sum(word[1:] != word[1:].lower() and word != word.upper() for word in words)
    hangul = len(_HANGUL.findall(text))
    return not (
        2 * mute > len(words)
        or 4 * turned > len(words)
        or 20 * len(_LOOSE_MARK.findall(text)) > len(_THAI_MARK.findall(text))
        or _FINAL_SIGMA.search(text)
        or (hangul and 3 * len(_HANJA.findall(text)) > hangul)
    )
