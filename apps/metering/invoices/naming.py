"""Whether an invoice and the ledger mean the same model: display names, meters, snapshots, regions. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_REGION: Final = re.compile(r"^[A-Z]{2,4}\d?-(?=[A-Za-z])")
"""Of AWS's usage types: USE1-, EUC1-."""
_PLACES: Final = re.compile(r"^(?:us|eu|apac|global|jp|au)\.")
_MAKER: Final = re.compile(r"^[a-z0-9]+\.(?=[a-z])")
_VERSION: Final = re.compile(r"[-@]v\d+(?::\d+)?$")
_DATED: Final = re.compile(r"20\d\d-?([01]\d)-?([0-3]\d)|(?<!\d)([01]\d)([0-3]\d)(?!\d)")
_NOISE: Final = frozenset(
    [
        "inp",
        "inpt",
        "input",
        "in",
        "out",
        "outp",
        "outpt",
        "output",
        "opt",
        "cached",
        "cchd",
        "cache",
        "read",
        "write",
        "glbl",
        "global",
        "regnl",
        "regional",
        "dzone",
        "data",
        "zone",
        "token",
        "tokens",
        "tkns",
        "k",
        "m",
        "count",
        "counts",
        "text",
        "prompt",
        "completion",
        "response",
        "short",
        "long",
        "thinking",
        "generate",
        "content",
        "predictions",
        "cross",
        "region",
        "batch",
        "mantle",
        "standard",
        "priority",
        "flex",
        "api",
        "latest",
        "generative",
        "language",
        "for",
        "of",
        "the",
        "azure",
        "openai",
        "vertex",
        "ai",
        "geo",
        "usw",
        "use",
        "euw",
        "image",
        "tier",
        "on",
        "demand",
    ]
)
_KINDS: Final = re.compile(r"[\s_-]+")
Key = tuple[tuple[str, ...], str]
"""The parts of the name in alphabetical order, and month and day of its snapshot, if it says them."""


def model_of_line(text: str) -> str:
    """The model of a line item such as `gpt-4o-2024-08-06, input`."""
    return text.partition(",")[0].strip().replace("\x00", "")[:200]


def model_of_meter(text: str) -> str:
    """The model of a meter such as `gpt 4o 0806 Inp glbl Tokens` or `USE1-Claude3Sonnet-input-tokens`."""
    words = _KINDS.split(_REGION.sub("", text.replace("\x00", "").strip()))
    kept = [
        word for word in words if word and word.casefold() not in _NOISE and word.casefold() not in _SIZES
    ]
    return "-".join(kept)[:200] or text.strip()[:200]


_SIZES: Final = frozenset({"1k", "1m", "(1k)", "(1m)", "100k"})


def key_of(name: str) -> Key:
    """What is the same for all names of a model."""
    plain = name.strip().rpartition("/")[2]
    plain = _MAKER.sub("", _PLACES.sub("", _REGION.sub("", plain).casefold()))
    plain = _VERSION.sub("", plain)
    dated = _DATED.search(plain)
    date = "".join(part for part in dated.groups() if part) if dated else ""
    parts = re.findall(r"[a-z]+|\d+", _DATED.sub(" ", plain))
    return tuple(sorted(part for part in parts if part not in _NOISE)), date


@dataclass(slots=True)
class Names:
    """The models of an invoice, to be found under the ledger's names."""

    exact: frozenset[str]
    keys: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, names: set[str]) -> Names:
        found = cls(frozenset(names))
        for name in sorted(names):
            parts, date = key_of(name)
            if parts:
                found.keys.setdefault(parts, {}).setdefault(date, name)
        return found

    def find(self, name: str) -> str | None:
        """The invoice's name of that model: its own, of the same snapshot, or the only one there is."""
        if not name or name in self.exact:
            return name or None
        parts, date = key_of(name)
        among = self.keys.get(parts, {})
        if date in among:
            return among[date]
        if date and "" in among:
            return among[""]
        return next(iter(among.values())) if len(among) == 1 and not date else None
