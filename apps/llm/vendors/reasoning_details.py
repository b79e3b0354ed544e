"""OpenRouter's `reasoning_details`: what was thought in the makers' own shapes, wanted back as it came.

https://openrouter.ai/docs/use-cases/reasoning-tokens (preserving reasoning blocks), read 2026-11-22.
"""

from collections.abc import Mapping
from typing import Any

import orjson

MOST_BYTES = 1024 * 1024
_GROWING = frozenset({"text", "summary"})


class ReasoningDetails:
    """Puts the fragments of a stream together: neighbours of one type and index are one item."""

    __slots__ = ("_items",)

    def __init__(self) -> None:
        self._items: list[dict[str, Any]] = []

    def __bool__(self) -> bool:
        return bool(self._items)

    def feed(self, fragments: list[Any]) -> str:
        """Take the next fragments; gives the words in them that a person may read."""
        said = ""
        for fragment in fragments:
            if isinstance(fragment, dict):
                self._add(fragment)
                words = fragment.get("text") or fragment.get("summary")
                said += words if isinstance(words, str) else ""
        return said

    def packed(self) -> str:
        """All items as one line of JSON, to be sealed; empty when they are too many to keep."""
        data = orjson.dumps(self._items)
        return data.decode() if len(data) <= MOST_BYTES else ""

    def _add(self, fragment: Mapping[str, Any]) -> None:
        last = self._items[-1] if self._items else {}
        if any(last.get(name) != fragment.get(name) for name in ("type", "index")) or "data" in fragment:
            self._items.append(dict(fragment))
            return
        for name, value in fragment.items():
            grown = last.get(name)
            if name in _GROWING and isinstance(grown, str) and isinstance(value, str):
                last[name] = grown + value
            elif value is not None:
                last[name] = value


def details_of(token: str) -> list[Any]:
    """The items of a packed line."""
    items: list[Any] = orjson.loads(token)
    return items
