"""A response format in OpenAI's shape, for hosts that write it differently."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NAME = re.compile(r"[^a-zA-Z0-9_-]")


@dataclass(frozen=True, slots=True)
class Schema:
    """What the answer must look like; `is_given` is false where any JSON object will do."""

    name: str
    schema: Mapping[str, Any]
    description: str
    is_given: bool


def schema_of(response_format: Mapping[str, Any] | None) -> Schema | None:
    """The schema of json_schema, any object for json_object, None for text and for nothing."""
    kind = (response_format or {}).get("type")
    if response_format is None or kind not in {"json_schema", "json_object"}:
        return None
    inner = response_format.get("json_schema")
    inner = inner if isinstance(inner, Mapping) else {}
    schema = inner.get("schema")
    is_given = isinstance(schema, Mapping)
    name = _NAME.sub("_", str(inner.get("name") or "answer"))[:64]
    description = str(inner.get("description") or "Give the answer in this form.")
    return Schema(name, schema if isinstance(schema, Mapping) else {"type": "object"}, description, is_given)
