"""What a client says of the data class of its call, and the documents that it names. Pure."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from apps.api.openai.errors import invalid
from apps.guardrails.classes import DataClass

FIELD: Final = "data_class"


def stated_class(fields: Mapping[str, Any]) -> DataClass | None:
    """The class in `data_class` or, as OpenAI's clients can send it, in `metadata`; the higher of both.

    Raises DialectError (400) for a word that names none.
    """
    metadata = fields.get("metadata")
    given = [fields.get(FIELD), metadata.get(FIELD) if isinstance(metadata, Mapping) else None]
    found = [_read(value) for value in given if value is not None]
    return max(found) if found else None


def _read(value: object) -> DataClass:
    try:
        return DataClass.of(value) if isinstance(value, str) else DataClass.of("")
    except KeyError:
        names = ", ".join(each.slug for each in DataClass)
        raise invalid(f"'{FIELD}' is one of {names}.", FIELD) from None


def document_named(file: Mapping[str, Any], where: str) -> UUID | None:
    """The document or file that a file part names, by either id; None where it brings its content.

    Raises DialectError (400).
    """
    given = file.get("file_id")
    if given is None:
        return None
    try:
        return UUID(str(given).removeprefix("file-"))
    except ValueError:
        raise invalid("'file_id' is the id of a document that you may read.", f"{where}.file_id") from None


def documents_named(body: Mapping[str, Any]) -> list[UUID]:
    """The documents that a chat request's file parts name, in order."""
    parts = (part for message in body.get("messages", ()) for part in parts_of(message))
    return [found for part in parts if (found := document_of(part)) is not None]


def parts_of(message: Any) -> list[Any]:
    """A message's parts; none where its content is one text."""
    content = message.get("content") if isinstance(message, Mapping) else None
    return content if isinstance(content, list) else []


def document_of(part: Any) -> UUID | None:
    """The document that a part names, if it names one."""
    if not isinstance(part, Mapping) or part.get("type") != "file":
        return None
    file = part.get("file")
    return document_named(file, "file") if isinstance(file, Mapping) else None


def may_have_class(body: Mapping[str, Any]) -> bool:
    """Whether a class is stated or a document named: most calls do neither."""
    return stated_class(body) is not None or bool(documents_named(body))
