"""What a search looks at within the collections that it was given: kinds of file, tags, dates, owners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from apps.knowledge.parsing.catalogue import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KINDS: Final = {
    "pdf": "PDF",
    "text": "Text documents",
    "slides": "Presentations",
    "tables": "Tables",
    "mail": "E-mail",
    "web": "Web pages",
    "pictures": "Pictures",
    "other": "Plain text and data",
}
KIND_CHOICES: Final = list(KINDS.items())
"""Choices of the API."""
_KIND_OF_FORMAT: Final = {
    "pdf": "pdf",
    **dict.fromkeys(("docx", "doc", "odt", "rtf", "epub"), "text"),
    **dict.fromkeys(("pptx", "ppt", "odp"), "slides"),
    **dict.fromkeys(("xlsx", "xls", "ods", "csv", "tsv"), "tables"),
    **dict.fromkeys(("eml", "msg"), "mail"),
    "html": "web",
    **dict.fromkeys(("png", "jpeg", "tiff", "webp", "gif", "bmp"), "pictures"),
}
MOST_TAGS: Final = 20
LONGEST_TAG: Final = 60

NARROWED: Final = """(
  (cardinality(%(media_types)s::text[]) = 0 OR EXISTS (SELECT 1 FROM files_file f
    WHERE f.tenant_id = d.tenant_id AND f.id = d.file_id AND f.media_type = ANY(%(media_types)s)))
  AND (cardinality(%(tags)s::text[]) = 0 OR EXISTS (SELECT 1 FROM jsonb_array_elements_text(d.tags) AS tag
    WHERE lower(tag) = ANY(%(tags)s)))
  AND (%(since)s::date IS NULL OR coalesce(d.dated, d.created_at::date) >= %(since)s)
  AND (%(until)s::date IS NULL OR coalesce(d.dated, d.created_at::date) <= %(until)s)
  AND (cardinality(%(only)s::uuid[]) = 0 OR d.id = ANY(%(only)s))
  AND (cardinality(%(owners)s::uuid[]) = 0 OR coalesce(
    (SELECT w.owner_id FROM knowledge_documentreview w
      WHERE w.tenant_id = d.tenant_id AND w.document_id = d.id),
    d.uploaded_by_id, b.owner_id) = ANY(%(owners)s))
)"""
"""Whether document `d` of collection `b` is looked at; both aliases are the caller's.

What was not asked for is constant, so the planner drops it."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Each that is given must hold; of several kinds, tags or owners one suffices.

    A document's date is its own, else the day on which it was added; its owner is who answers for it, else
    who added it, else the collection's. `since` and `until` count themselves. Tags are the same in capitals.
    """

    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    owner_ids: tuple[UUID, ...] = ()
    since: date | None = None
    until: date | None = None
    document_ids: tuple[UUID, ...] = ()

    def __bool__(self) -> bool:
        return self != WIDE

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Narrowing:
        """From `stored`; what is not understood narrows nothing."""
        return cls(
            tuple(kind for kind in stored.get("kinds", ()) if kind in KINDS),
            tuple(stored.get("tags", ())),
            tuple(UUID(id_) for id_ in stored.get("owner_ids", ())),
            _day(stored.get("since")),
            _day(stored.get("until")),
            tuple(UUID(id_) for id_ in stored.get("document_ids", ())),
        )

    def stored(self) -> dict[str, Any]:
        """As JSON; empty where nothing is narrowed."""
        every = {
            "kinds": list(self.kinds),
            "tags": list(self.tags),
            "owner_ids": [str(id_) for id_ in self.owner_ids],
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "document_ids": [str(id_) for id_ in self.document_ids],
        }
        return {name: value for name, value in every.items() if value}

    def values(self) -> dict[str, Any]:
        """The parameters of NARROWED."""
        return {
            "media_types": sorted(_media_types(self.kinds)),
            "tags": [tag.lower() for tag in self.tags],
            "since": self.since,
            "until": self.until,
            "owners": list(self.owner_ids),
            "only": list(self.document_ids),
        }


WIDE: Final = Narrowing()


def narrowing_of(values: Mapping[str, Any]) -> Narrowing:
    """What a client or a form asked for; what is left out narrows nothing."""
    return Narrowing(
        tuple(values.get("kinds", ())),
        tuple(clean_tags(values.get("tags", ()))),
        tuple(values.get("owner_ids", ())),
        values.get("since"),
        values.get("until"),
    )


def clean_tags(tags: Iterable[str]) -> list[str]:
    """The tags in their order, each once whatever its capitals, without what can not be one.

    At most 20 of at most 60 characters.
    """
    plain = (" ".join(tag.split())[:LONGEST_TAG].strip(" ,#") for tag in tags)
    once = {tag.lower(): tag for tag in reversed([tag for tag in plain if tag])}
    return list(reversed(once.values()))[:MOST_TAGS]


def kind_of(media_type: str) -> str:
    """The kind of a file by its media type."""
    return next((kind for kind in KINDS if media_type in _media_types([kind])), "other")


def _media_types(kinds: Iterable[str]) -> set[str]:
    wanted = set(kinds)
    return {
        format_.media_type
        for format_ in FORMATS.values()
        if _KIND_OF_FORMAT.get(format_.name, "other") in wanted
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
