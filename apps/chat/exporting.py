"""A chat as a file to keep: Markdown of the branch on screen, or JSON of the whole tree. Pure.

What the person may not read any more is quoted in neither: both are made from what the pages are made from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder

MARKDOWN: Final = "markdown"
JSON: Final = "json"
ENDINGS: Final = {MARKDOWN: "md", JSON: "json"}
MEDIA_TYPES: Final = {MARKDOWN: "text/markdown; charset=utf-8", JSON: "application/json"}
UNTITLED: Final = "New chat"
_UNFIT: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
_MARKER: Final = re.compile(r"[ \t]*(?:[\[【]\^?\d{1,3}(?:\s*[,;]\s*\d{1,3})*[\]】])+$")
_MARKER_AFTER: Final = re.compile(r"^[ \t]*(?:[\[【]\^?\d{1,3}(?:\s*[,;]\s*\d{1,3})*[\]】])+")

Row = Mapping[str, Any]
"""A message or a conversation as apps.chat.outputs gives it."""


def file_name(title: str, form: str) -> str:
    """A name that every file system takes, at most 80 characters before its ending."""
    name = " ".join(_UNFIT.sub(" ", title).split()).strip(". ")[:80].strip(". ")
    return f"{name or UNTITLED}.{ENDINGS[form]}"


def exported(form: str, conversation: Row, messages: Sequence[Row]) -> str:
    """The chat in one of the two forms."""
    return as_json(conversation, messages) if form == JSON else as_markdown(conversation, messages)


def as_json(conversation: Row, messages: Sequence[Row]) -> str:
    """All branches with all that is kept of each message."""
    whole = {"conversation": conversation, "messages": messages}
    return json.dumps(whole, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2) + "\n"


def as_markdown(conversation: Row, messages: Sequence[Row]) -> str:
    """The branch that was on screen last: who said what and when, attached files, numbered sources."""
    head = f"# {conversation['title'] or UNTITLED}\n"
    return "\n".join([head, *(_message(message) for message in _branch(conversation, messages))])


def _branch(conversation: Row, messages: Sequence[Row]) -> list[Row]:
    """The messages up to the one that the chat stands at; up to the newest where that is not known."""
    by_id = {message["id"]: message for message in messages}
    newest = messages[-1] if messages else None
    message = by_id.get(conversation["current_message_id"], newest)
    found: list[Row] = []
    while message is not None:
        found.append(message)
        message = by_id.get(message["parent_id"])
    return found[::-1]


def _message(message: Row) -> str:
    speaker = "You" if message["role"] == "user" else (message["model"] or {}).get("name", "Assistant")
    lines = [f"## {speaker}, {message['created_at']:%Y-%m-%d %H:%M} UTC", ""]
    cited = [note for note in message["annotations"] if note["type"] == "citation"]
    text = "".join(part["text"] for part in message["parts"] if part["type"] == "text")
    if text:
        lines += [_with_numbers(text, cited).rstrip(), ""]
    lines += [f"Picture: {part['name']}\n" for part in message["parts"] if part["type"] == "picture"]
    if files := [part["file"]["name"] for part in message["parts"] if part["type"] == "file"]:
        lines += [f"Attached: {', '.join(files)}", ""]
    if message["error"]:
        lines += [f"({message['error']['title']})", ""]
    if cited:
        lines += ["Sources:", "", *_sources(cited), ""]
    return "\n".join(lines)


def _with_numbers(text: str, cited: Iterable[Row]) -> str:
    """The text with [1] after each claim; a marker that the model wrote there itself gives way."""
    ends = sorted({(note["end"], note["number"]) for note in cited}, reverse=True)
    for end, group in groupby(ends, key=lambda each: each[0]):
        marks = "".join(f"[{number}]" for number in sorted(number for _, number in group))
        claim = text[:end].rstrip()
        text = f"{_MARKER.sub('', claim)} {marks}{_MARKER_AFTER.sub('', text[len(claim) :], count=1)}"
    return text


def _sources(cited: Iterable[Row]) -> list[str]:
    """Each number once: document, place, passage."""
    lines: dict[int, str] = {}
    for note in sorted(cited, key=lambda each: each["number"]):
        place = note.get("place") or (f"page {note['page']}" if note["page"] is not None else "")
        quote = " ".join(note["quote"].split())
        named = ", ".join(part for part in (note["document_title"], place) if part)
        lines.setdefault(note["number"], f"{note['number']}. {named}{f': “{quote}”' if quote else ''}")
    return list(lines.values())
