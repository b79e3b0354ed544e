"""What a model can do by its family's name, whoever serves it (data/families.toml)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Final

from apps.llm.catalogue.hosts import DATA, FAMILIES
from apps.llm.vendors.base import Modality

_BY_NAME: Final = (
    (Modality.RERANK, re.compile(r"rerank")),
    (Modality.EMBEDDING, re.compile(r"embed|minilm|\b(?:e5|bge|gte)\b|voyage|text-similarity|titan-embed")),
    (Modality.SPEECH, re.compile(r"whisper|\btts\b|transcribe|realtime|\baudio\b|voxtral|orpheus|\basr\b")),
    (
        Modality.IMAGE,
        re.compile(r"dall-e|\bimage\b|imagine|stable-(?:diffusion|image)|\bflux\b|imagen|\bsdxl?\b|\bsora\b"),
    ),
)


@dataclass(frozen=True, slots=True)
class Family:
    """Models whose names match; `source` is the maker's page."""

    pattern: re.Pattern[str]
    abilities: tuple[str, ...]
    context_window: int | None
    source: str


@cache
def families() -> tuple[Family, ...]:
    """Every family in the order in which they are tried."""
    raw = tomllib.loads((DATA / FAMILIES).read_text(encoding="utf-8"))
    return tuple(
        Family(re.compile(row["match"]), tuple(row["abilities"]), row.get("window"), row["source"])
        for row in raw["families"]
    )


def family_of(model: str) -> Family | None:
    """The family of a model's id; None for a name that says nothing."""
    name = model.lower()
    return next((family for family in families() if family.pattern.search(name)), None)


def modality_by_name(model: str) -> Modality | None:
    """What a model is for, where its id says so; None where it does not."""
    name = model.lower()
    return next((modality for modality, words in _BY_NAME if words.search(name)), None)
