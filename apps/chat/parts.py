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
    """What the model thought; one with a signature goes back to its vendor, which alone can read that."""

    text: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that was sent with the question."""

    file_id: UUID


@dataclass(frozen=True, slots=True)
class Painted:
    """A picture that the model made, and what it shows, for who can not see it."""

    file_id: UUID
    name: str
    alt: str


Part = Text | Reasoning | Attachment | Painted
Seal = tuple[int, int, str]
"""Code points of reasoning that it ends, code points of text before it, and the signature itself."""


def dump(parts: Sequence[Part]) -> list[dict[str, str]]:
    """JSON for the database; `load` gives the same parts back."""
    return [_dumped(part) for part in parts]


def load(rows: Sequence[Mapping[str, Any]]) -> tuple[Part, ...]:
    """The parts of stored JSON; PartError when a row is none."""
    return tuple(_loaded(row) for row in rows)


def arranged(reasoning: str, text: str, seals: Sequence[Seal]) -> tuple[Part, ...]:
    """Both channels of an answer as parts in the order in which the model made them."""
    made: list[Part] = []
    thought = said = 0
    for thought_until, said_until, signature in seals:
        if text[said:said_until]:
            made.append(Text(text[said:said_until]))
        made.append(Reasoning(reasoning[thought:thought_until], signature))
        thought, said = thought_until, max(said, said_until)
    if reasoning[thought:]:
        made.append(Reasoning(reasoning[thought:]))
    if text[said:]:
        made.append(Text(text[said:]))
    return tuple(made)


def text_of(parts: Sequence[Part]) -> str:
    """The text parts, joined: the channel that citations count their code points in."""
    return "".join(part.text for part in parts if isinstance(part, Text))


def is_hidden(part: Part) -> bool:
    """Whether it holds nothing for a person: a seal alone."""
    return isinstance(part, Reasoning) and not part.text


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
        case Painted(file_id, name, alt):
            return {"type": "picture", "file_id": str(file_id), "name": name, "alt": alt}
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
            case "picture":
                return Painted(UUID(row["file_id"]), str(row["name"]), str(row["alt"]))
            case other:
                raise PartError(f"unknown part {other!r}")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PartError(f"not a part: {row!r}") from error
