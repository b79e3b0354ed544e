"""A person's chats by words: all of them in the title, or all in one message's text.

The database reads the texts themselves, under row security, where no index on words is used: 10,000 messages
of 1.3 kB take 60 ms of one core. Most are ruled out by the JSON as it is stored, the rest by their texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson
from django.db.models import Func, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Cast, Lower

from apps.chat import parts
from apps.chat.models import Message
from apps.chat.selectors import conversation_list

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.chat.models import Conversation

    Page = Callable[[QuerySet[Conversation]], tuple[list[Conversation], str | None]]

MOST_WORDS: Final = 8
LONGEST_QUERY: Final = 200
BEFORE: Final = 60
EXCERPT: Final = 180
_MARKS = re.compile(r"[*_#`>|~]+|\s+")


@dataclass(frozen=True, slots=True)
class Match:
    """The newest message that holds the words, and its text around the first of them."""

    message_id: UUID
    text: str


class _Said(Func):
    """The text parts of stored parts, in small letters."""

    template = (
        "(SELECT lower(string_agg(part ->> 'text', '')) FROM jsonb_array_elements(%(expressions)s) AS part"
        " WHERE part ->> 'type' = 'text')"
    )
    output_field = TextField()


def words_of(query: str) -> list[str]:
    """The words that are looked for, in small letters; the first eight of 200 characters."""
    return query.replace("\0", "")[:LONGEST_QUERY].lower().split()[:MOST_WORDS]


def found_page(
    actor: Actor, *, words: Sequence[str], since: dt.datetime | None, page: Page
) -> tuple[list[tuple[Conversation, Match | None]], str | None]:
    """A page of the chats that hold all the words, the last used first; a Match where a message does.

    `since` leaves out chats that were last used before it. Two statements.
    """
    found = conversation_list(actor).annotate(match_id=Subquery(_newest(words)))
    if since is not None:
        found = found.filter(updated_at__gte=since)
    titled = Q()
    for word in words:
        titled &= Q(title__icontains=word)
    rows, following = page(found.filter(titled | Q(match_id__isnull=False)))
    matches = _matches(rows, words)
    return [(row, matches.get(row.id)) for row in rows], following


def _newest(words: Sequence[str]) -> QuerySet[Message, UUID]:
    """The newest message of the outer conversation that holds every word."""
    said = Message.objects.filter(conversation_id=OuterRef("id")).alias(
        stored=Lower(Cast("parts", TextField())), said=_Said("parts")
    )
    for word in words:
        said = said.filter(stored__contains=_as_stored(word), said__contains=word)
    return said.order_by("-id").values_list("id", flat=True)[:1]


def _as_stored(word: str) -> str:
    """The word as JSON text holds it."""
    return orjson.dumps(word).decode()[1:-1]


def _matches(rows: Sequence[Conversation], words: Sequence[str]) -> dict[UUID, Match]:
    """The message of each chat that is found by one, not by its title."""
    wanted = [
        row.match_id  # type: ignore[attr-defined]  # annotated by found_page
        for row in rows
        if not all(word in row.title.lower() for word in words)
    ]
    if not wanted:
        return {}
    held = Message.objects.filter(id__in=wanted).only("id", "conversation_id", "parts")
    return {
        message.conversation_id: Match(message.id, excerpt(parts.text_of(parts.load(message.parts)), words))
        for message in held
    }


def excerpt(text: str, words: Sequence[str]) -> str:
    """About 180 characters around the first of the words, in one line, without Markdown's marks."""
    line = _MARKS.sub(" ", text).strip()
    line = " ".join(line.split())
    small = line.lower()
    places = [at for at in (small.find(word) for word in words) if at >= 0]
    start = max(0, min(places, default=0) - BEFORE)
    if start:
        start = line.find(" ", start, start + BEFORE) + 1 or start
    cut = line[start : start + EXCERPT]
    return f"{'…' if start else ''}{cut.rstrip()}{'…' if start + EXCERPT < len(line) else ''}"
