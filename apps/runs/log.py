"""The ordered log of one attempt at a run, pure: no input, no output, no Django.

One position space (docs/adr/0003-one-position-space.md): a text or reasoning item of n code points
advances the position by n, every other item by one. Attempt k of a run begins at (k - 1) * 2**32, so that a
position is never used twice and one integer says how far a viewer has come.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import orjson

TEXT: Final = "text"
REASONING: Final = "reasoning"
STEP: Final = "step"
REPLACED: Final = "replaced"
END: Final = "end"
CHANNELS: Final = (TEXT, REASONING)

ATTEMPT_SHIFT: Final = 32
JOIN: Final = 1024
"""Code points up to which a delta is joined to the item before it."""
PIECE: Final = 32_768
"""Code points of one event at most, so that a slow or late viewer costs bounded memory."""


class Item(NamedTuple):
    """`payload` at position `seq`; `offset` counts the code points of its channel before it."""

    seq: int
    kind: str
    payload: Any
    offset: int

    @property
    def end(self) -> int:
        return self.seq + width(self.kind, self.payload)


def width(kind: str, payload: Any) -> int:
    """How far an item advances the position."""
    return len(payload) if kind in CHANNELS else 1


def base_of(attempt: int) -> int:
    """The position at which attempt 1, 2, … begins."""
    return max(attempt - 1, 0) << ATTEMPT_SHIFT


class Log:
    """Contiguous items from `start` to `end`; `ended` once its end item is in."""

    __slots__ = ("_offsets", "_starts", "end", "ended", "items", "start")

    def __init__(self, start: int = 0) -> None:
        self.start = self.end = start
        self.items: list[Item] = []
        self.ended = False
        self._starts: list[int] = []
        self._offsets = {TEXT: 0, REASONING: 0}

    def append(self, kind: str, payload: Any) -> None:
        """Put an item behind the last one; a small delta is joined to its predecessor of the same kind."""
        if kind not in self._offsets:
            if kind == REPLACED:
                self._withdraw(payload["text"])
            self._push(Item(self.end, kind, payload, 0), 1)
            self.ended = kind == END
            return
        size = len(payload)
        if not size:
            return
        items = self.items
        if items and (last := items[-1]).kind == kind and len(last.payload) + size <= JOIN:
            items[-1] = Item(last.seq, kind, last.payload + payload, last.offset)
            self.end += size
        else:
            self._push(Item(self.end, kind, payload, self._offsets[kind]), size)
        self._offsets[kind] += size

    def _push(self, item: Item, size: int) -> None:
        self.items.append(item)
        self._starts.append(item.seq)
        self.end += size

    def _withdraw(self, text: str) -> None:
        """Leave nothing of what was said before but its width, so that every position stays what it was."""
        self.items = [_blank(item) for item in self.items]
        self._offsets = {TEXT: len(text), REASONING: 0}

    def put(self, seq: int, kind: str, payload: Any) -> bool:
        """Apply an item that came from elsewhere: what is old is cut; False when it lies beyond a gap."""
        if seq > self.end:
            return False
        old = self.end - seq
        if not old:
            self.append(kind, payload)
        elif kind in CHANNELS and old < len(payload):
            self.append(kind, payload[old:])
        return True

    def since(self, position: int, most: int = PIECE) -> list[Item]:
        """Items from `position` on, the first one cut, neighbours joined; about `most` code points."""
        if position >= self.end:
            return []
        at = max(bisect_right(self._starts, position) - 1, 0)
        found: list[Item] = []
        taken = 0
        for item in self.items[at:] if at else self.items:
            piece = _cut(item, position) if item.seq < position else item
            if found and piece.kind in CHANNELS and found[-1].kind == piece.kind:
                last = found[-1]
                found[-1] = Item(last.seq, last.kind, last.payload + piece.payload, last.offset)
            else:
                found.append(piece)
            taken += width(piece.kind, piece.payload)
            if taken >= most:
                break
        return found

    def channel(self, kind: str) -> str:
        """All text of one channel: what stands in the place of what was withdrawn, and what follows it."""
        at = next((n for n in range(len(self.items), 0, -1) if self.items[n - 1].kind == REPLACED), 0)
        instead = self.items[at - 1].payload["text"] if at and kind == TEXT else ""
        return instead + "".join(item.payload for item in self.items[at:] if item.kind == kind)

    def dump(self) -> bytes:
        """JSON `[[seq, kind, payload], …]`, the form of the row and of Redis."""
        return pack(self.items)

    @classmethod
    def load(cls, start: int, entries: Iterable[tuple[int, str, Any]]) -> Log:
        """A log from stored entries; entries beyond a gap are left out."""
        log = cls(start)
        for seq, kind, payload in entries:
            log.put(seq, kind, payload)
        return log


def _blank(item: Item) -> Item:
    """The item without what a model said in it."""
    if item.kind in CHANNELS:
        return item._replace(payload=" " * len(item.payload))
    emptied = {
        name: type(item.payload[name])() for name in ("arguments", "citations") if name in item.payload
    }
    return item._replace(payload={**item.payload, **emptied}) if emptied else item


def _cut(item: Item, position: int) -> Item:
    skip = position - item.seq
    return Item(position, item.kind, item.payload[skip:], item.offset + skip)


def pack(items: Iterable[Item]) -> bytes:
    """JSON `[[seq, kind, payload], …]` of `items`."""
    return orjson.dumps([(seq, kind, payload) for seq, kind, payload, _ in items])


def event_of(run: str, item: Item) -> dict[str, Any]:
    """The item as viewers receive it (socket and SSE alike)."""
    seq, kind, payload, offset = item
    if kind in CHANNELS:
        return {
            "run": run,
            "seq": seq,
            "end": seq + len(payload),
            "kind": kind,
            "offset": offset,
            "text": payload,
        }
    return {"run": run, "seq": seq, "end": seq + 1, "kind": kind, **payload}


def clean_text(text: str) -> str:
    """`text` without NUL, lone surrogates replaced: what PostgreSQL and JSON can carry."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def clean_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` as plain JSON values without NUL or lone surrogates."""
    try:
        packed = orjson.dumps(data, default=str)
    except orjson.JSONEncodeError:
        return {clean_text(str(key)): _clean(value) for key, value in data.items()}
    if b"\\u0000" in packed:
        return {clean_text(str(key)): _clean(value) for key, value in data.items()}
    loaded: dict[str, Any] = orjson.loads(packed)
    return loaded


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {clean_text(str(key)): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner) for inner in value]
    return clean_text(str(value))
