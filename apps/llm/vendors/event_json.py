"""The JSON of one event, also where a host writes what strict parsers refuse."""

import json
from typing import Any

import orjson

from apps.llm.vendors.base import ErrorKind
from apps.llm.vendors.errors import error


def event_of(data: bytes) -> Any:
    """The value; raises VendorError (protocol). Bad UTF-8 and lone surrogates become replacement marks."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        value = json.loads(data.decode("utf-8", "replace"))
        return orjson.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise error(ErrorKind.PROTOCOL, detail="an event is not JSON") from None


def mapping(value: object) -> dict[str, Any]:
    """The object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def count(value: object) -> int:
    """A number of tokens; 0 for anything that is none."""
    return int(value) if isinstance(value, int | float) and value > 0 else 0
