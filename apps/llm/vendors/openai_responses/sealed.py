"""Reasoning that only its host can read, packed into the signature of a reasoning block.

The packed text is one line of JSON: {"host", "id", "encrypted_content", "summaries"}, the last one only where
there are several: their lengths, for they stand in the block's text one after another.
"""

from dataclasses import dataclass
from typing import Any

import orjson

BETWEEN = "\n\n"


@dataclass(frozen=True, slots=True)
class Sealed:
    """One reasoning item of an answer, as its host wants it back."""

    host: str
    id: str
    content: str
    summaries: tuple[int, ...] = ()

    def packed(self) -> str:
        """The signature that carries it."""
        facts: dict[str, Any] = {"host": self.host, "id": self.id, "encrypted_content": self.content}
        return orjson.dumps(facts | ({"summaries": self.summaries} if self.summaries else {})).decode()

    def item(self, summary: str) -> dict[str, Any]:
        """The input item of the next request."""
        parts = [{"type": "summary_text", "text": text} for text in self._texts(summary)]
        return {"type": "reasoning", "id": self.id, "summary": parts, "encrypted_content": self.content}

    def _texts(self, summary: str) -> list[str]:
        """The summaries one by one, as one where the text is not made of them."""
        if len(summary) != sum(self.summaries) + len(BETWEEN) * (len(self.summaries) - 1):
            return [summary] if summary else []
        texts, at = [], 0
        for length in self.summaries:
            texts.append(summary[at : at + length])
            at += length + len(BETWEEN)
        return texts


def sealed_by(signature: str, host: str) -> Sealed | None:
    """The item that `host` sealed; None for a signature of another host or vendor."""
    try:
        facts = orjson.loads(signature)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(facts, dict) or facts.get("host") != host or not facts.get("encrypted_content"):
        return None
    summaries = tuple(facts.get("summaries") or ())
    return Sealed(host, str(facts.get("id", "")), str(facts["encrypted_content"]), summaries)
