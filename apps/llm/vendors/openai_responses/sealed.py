"""Reasoning that only its host can read, packed into the signature of a reasoning block.

The packed text is one line of JSON: {"host", "id", "encrypted_content"}. Several blocks may stand in a row.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Sealed:
    """One reasoning item of an answer, as its host wants it back."""

    host: str
    id: str
    content: str

    def packed(self) -> str:
        """The signature that carries it."""
        return orjson.dumps({"host": self.host, "id": self.id, "encrypted_content": self.content}).decode()

    def item(self, summary: str) -> dict[str, Any]:
        """The input item of the next request."""
        parts = [{"type": "summary_text", "text": summary}] if summary else []
        return {"type": "reasoning", "id": self.id, "summary": parts, "encrypted_content": self.content}


def sealed_in(signature: str, host: str) -> Iterator[Sealed]:
    """The items that `host` sealed; signatures of other hosts and vendors give none."""
    decoder = json.JSONDecoder()
    rest = signature.strip()
    while rest.startswith("{"):
        try:
            value, end = decoder.raw_decode(rest)
        except ValueError:
            return
        rest = rest[end:].lstrip()
        if value.get("host") == host and value.get("encrypted_content"):
            yield Sealed(host, str(value.get("id", "")), str(value["encrypted_content"]))
