"""A PDF that lost its end: the pages that are still there, under a new catalogue and page tree.

PDFium builds a lost table of objects anew, but only where a trailer is left that names the catalogue.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from apps.knowledge.parsing.limits import Limits

HEADER = b"%PDF-"

_OBJECT = re.compile(rb"(?<![\d.])(\d{1,8})[ \t\r\n]+\d{1,5}[ \t\r\n]+obj\b")
_STREAM = re.compile(rb"stream\r?\n")
_TYPE = re.compile(rb"/Type\s*/(Pages|Page|ObjStm)\b")
_KIDS = re.compile(rb"/Kids\s*\[([^\]]*)")
_REFERENCE = re.compile(rb"(\d{1,8})\s+\d{1,5}\s+R\b")
_ENCRYPTED = re.compile(rb"/Filter\s*/Standard\b")
_FLATE = re.compile(rb"/Filter\s*\[?\s*/(?:FlateDecode|Fl)\b")
_DAMAGED = "This file is damaged."
_WHAT_TO_DO = "If you have a whole copy, upload it as a new version."
_MOST_TOLD = 12
_MOST_OBJECTS = 500_000
_FREE = 4_000_000
_MOST_DICTIONARY = 64 * 1024


def repaired(data: bytes, limits: Limits) -> bytes | None:
    """The file with a new end after the old one; None where no page is left, or all is encrypted."""
    objects: dict[int, bytes] = {}
    inner: dict[int, bytes] = {}
    spare = limits.unpacked
    for number, start, end in _objects(data):
        objects[number] = head = _head(data[start:end])
        found = _TYPE.search(head)
        if found and found[1] == b"ObjStm" and spare > 0:
            unpacked = _unpacked(data[start:end], spare)
            spare -= len(unpacked)
            inner |= _inner(head, unpacked)
    if any(_ENCRYPTED.search(head) for head in objects.values()):
        return None
    inner = {number: body for number, body in inner.items() if number not in objects}
    pages = _in_order(objects | inner)
    return _ended(data, inner, pages) if any(page in objects or page in inner for page in pages) else None


def is_torn(data: bytes, limits: Limits) -> bool:
    """Whether a packed stream of the file does not unpack; an encrypted file tells nothing, so False."""
    spare = limits.unpacked
    for _, start, end in _objects(data):
        head = _head(data[start:end])
        if _ENCRYPTED.search(head):
            return False
        if not _FLATE.search(head):
            continue
        try:
            spare -= len(_inflated(data[start:end], max(spare, 1)))
        except zlib.error:
            return True
        if spare <= 0:
            return False
    return False


def loss(blank: Sequence[int]) -> str:
    """What is to be said of a damaged file whose pages `blank` gave nothing."""
    told = ", ".join(map(str, blank[:_MOST_TOLD])) + (" and others" if len(blank) > _MOST_TOLD else "")
    if not blank:
        return f"{_DAMAGED} What could be read of it can be found; some may be missing. {_WHAT_TO_DO}"
    pages = f"page {told}" if len(blank) == 1 else f"pages {told}"
    return f"{_DAMAGED} Nothing could be read of {pages}; the rest can be found. {_WHAT_TO_DO}"


def _objects(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The objects that stand in the file itself: number, where the body begins, where the next one does."""
    before: tuple[int, int] | None = None
    for count, match in enumerate(_OBJECT.finditer(data)):
        if before is not None:
            yield *before, match.start()
        before = int(match[1]), match.end()
        if count >= _MOST_OBJECTS:
            return
    if before is not None:
        yield *before, len(data)


def _head(body: bytes) -> bytes:
    """An object without its stream."""
    return _STREAM.split(body[:_MOST_DICTIONARY], maxsplit=1)[0]


def _inflated(body: bytes, most: int) -> bytes:
    """An object's stream unpacked, without looking at its head and its checksum, which many get wrong."""
    begun = _STREAM.search(body)
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(body[begun.end() + 2 :], most) if begun else b""


def _unpacked(body: bytes, most: int) -> bytes:
    """The objects in an object stream, as far as it goes."""
    try:
        return _inflated(body, most)
    except zlib.error:
        return b""


def _inner(head: bytes, unpacked: bytes) -> dict[int, bytes]:
    """The objects of an object stream (ISO 32000-1, 7.5.7), but for one that is cut off."""
    first = re.search(rb"/First\s+(\d{1,8})", head)
    if first is None:
        return {}
    begin = int(first[1])
    numbers = [int(word) for word in re.findall(rb"\d{1,8}", unpacked[:begin])]
    places = list(zip(numbers[::2], numbers[1::2], strict=False))
    ends = [*(place for _, place in places[1:]), len(unpacked) - begin]
    return {
        number: unpacked[begin + place : begin + end]
        for (number, place), end in zip(places, ends, strict=False)
        if begin + end <= len(unpacked)
    }


def _in_order(objects: dict[int, bytes]) -> list[int]:
    """The pages, as the page trees that are left list them, also lost ones, then those that none lists."""
    kinds = {number: found[1] for number, body in objects.items() if (found := _TYPE.search(body))}
    trees = {
        number: [int(kid) for kid in _REFERENCE.findall(kids[1])]
        for number, kind in kinds.items()
        if kind == b"Pages" and (kids := _KIDS.search(objects[number]))
    }
    for listing in trees.values():
        if not any(kinds.get(kid) == b"Pages" for kid in listing):
            kinds |= dict.fromkeys((kid for kid in listing if kid not in objects), b"Page")
    below = {kid for kids in trees.values() for kid in kids}
    stack = [*reversed([number for number in trees if number not in below])]
    listed: dict[int, None] = {}
    seen: set[int] = set()
    while stack:
        number = stack.pop()
        if number in seen:
            continue
        seen.add(number)
        if kinds.get(number) == b"Page":
            listed[number] = None
        stack += reversed(trees.get(number, []))
    return [*listed, *(number for number, kind in kinds.items() if kind == b"Page" and number not in listed)]


def _ended(data: bytes, inner: dict[int, bytes], pages: list[int]) -> bytes:
    """The file with the objects that it held packed, and a catalogue, under numbers that nothing else has."""
    tree, catalogue = _FREE, _FREE + 1
    kids = b" ".join(b"%d 0 R" % number for number in pages)
    made = {
        **inner,
        tree: b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), kids),
        catalogue: b"<</Type/Catalog/Pages %d 0 R>>" % tree,
    }
    whole = data.rfind(b"endobj")
    if b"trailer" in data[whole:] or b"xref" in data[whole:]:
        data = data[:whole]
    bodies = (b"%d 0 obj\n%s\nendobj\n" % (number, body) for number, body in made.items())
    end = b"trailer\n<</Root %d 0 R/Size %d>>\nstartxref\n0\n%%%%EOF\n" % (catalogue, catalogue + 1)
    return b"".join([data, b"\nendstream\nendobj\n", *bodies, end])
