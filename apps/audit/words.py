"""Audit events in the words of the pages: what happened to which thing, and what is different since."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from apps.audit.models import AuditEvent

_NOUNS: Final = {
    "api_key": "API key",
    "connection": "provider",
    "conversation": "chat",
    "knowledge_base": "collection",
    "link": "one-time link",
    "reembedding": "change of the embedding model",
    "tenant": "organisation",
    "user": "person",
}
"""Where people read another word than the code's (architecture.md, section 1)."""
_VERBS: Final = {
    "branch": "branched",
    "create": "created",
    "delete": "deleted",
    "erase": "erased",
    "export": "exported",
    "regenerate": "asked again",
    "restore": "restored",
    "send": "sent",
    "update": "updated",
}
_NAMES: Final = ("name", "title", "subject", "slug", "team")
"""Under which of these an event keeps the name of its thing, the best first."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One value of a thing, before and after; what an event only tells has no before."""

    label: str
    before: str
    after: str


def thing_words(kind: str) -> str:
    """`knowledge_base` as "Collection"."""
    return _capital(_noun(kind))


def action_words(action: str) -> str:
    """`team.default_model_set` as "Team: default model set", `user.created` as "Person created"."""
    noun, _, done = action.partition(".")
    verb = _VERBS.get(done, done.replace("_", " "))
    between = ": " if " " in verb else " "
    return _capital(f"{_noun(noun)}{between}{verb}".rstrip(" :"))


def name_in(event: AuditEvent) -> str:
    """The name that the event keeps of its thing, or nothing."""
    parts: list[Mapping[str, Any]] = [event.after or {}, event.before or {}, event.detail or {}]
    found = (part.get(key) for key in _NAMES for part in parts)
    return next((text for text in found if isinstance(text, str) and text), "")


def changes(event: AuditEvent) -> Iterator[Changed]:
    """What the event keeps: each value that differs, then what it tells beside."""
    before, after = event.before or {}, event.after or {}
    for key in dict.fromkeys((*before, *after)):
        old, new = _plain(before.get(key)), _plain(after.get(key))
        if old != new:
            yield Changed(_label(key), old, new)
    for key, value in (event.detail or {}).items():
        yield Changed(_label(key), "", _plain(value))


def _noun(kind: str) -> str:
    return _NOUNS.get(kind, kind.replace("_", " "))


def _label(key: str) -> str:
    return thing_words(key.removesuffix("_id"))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _plain(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
