"""What a message is made of: typed parts, kept as JSON and read back as values. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never
from uuid import UUID

MAX_TEXT = 100_000
MAX_FILES = 20


class PartError(ValueError):
    """Stored JSON that is not a part."""


@dataclass(frozen=True, slots=True)
class Text:
    """What was said, as Markdown."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What the model thought first; its vendor may want the signature back."""

    text: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that was sent with the question."""

    file_id: UUID


Part = Text | Reasoning | Attachment


def dump(parts: Sequence[Part]) -> list[dict[str, str]]:
    """JSON for the database; `load` gives the same parts back."""
    return [_dumped(part) for part in parts]


def load(rows: Sequence[Mapping[str, Any]]) -> tuple[Part, ...]:
    """The parts of stored JSON; PartError when a row is none."""
    return tuple(_loaded(row) for row in rows)


def text_of(parts: Sequence[Part]) -> str:
    """The text parts, joined: the channel that citations count their code points in."""
    return "".join(part.text for part in parts if isinstance(part, Text))


def file_ids(parts: Sequence[Part]) -> list[UUID]:
    """The attached files in their order."""
    return [part.file_id for part in parts if isinstance(part, Attachment)]


def _dumped(part: Part) -> dict[str, str]:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Reasoning(text, signature):
            return {"type": "reasoning", "text": text, "signature": signature}
        case Attachment(file_id):
            return {"type": "file", "file_id": str(file_id)}
        case _:
            assert_never(part)


def _loaded(row: Mapping[str, Any]) -> Part:
    try:
        match row["type"]:
            case "text":
                return Text(str(row["text"]))
            case "reasoning":
                return Reasoning(str(row["text"]), str(row.get("signature", "")))
            case "file":
                return Attachment(UUID(row["file_id"]))
            case other:
                raise PartError(f"unknown part {other!r}")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PartError(f"not a part: {row!r}") from error
