"""A strict JSON parser: what PostgreSQL or a model could not hold is refused at the door."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_DEPTH = 32
MAX_BYTES = 5 * 1024 * 1024
MAX_KEYS = 20_000
_MAX_DIGITS = 18
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def _refuse_constant(name: str) -> NoReturn:
    raise ParseError(f"{name} is not JSON. Nothing was saved.")


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _MAX_DIGITS:
        raise ParseError("A number has too many digits. Nothing was saved.")
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ParseError("An object names the same key twice. Nothing was saved.")
    return found


def _too_deep(raw: bytes) -> bool:
    depth = 0
    inside = escaped = False
    for byte in raw:
        if inside:
            inside = escaped or byte != ord('"')
            escaped = byte == ord("\\") and not escaped
        elif byte == ord('"'):
            inside = True
        elif byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif byte in b"]}":
            depth -= 1
    return False


def parse_strictly(raw: bytes) -> Any:
    """The JSON value; raises ParseError for what is malformed, too deep, too large or not plain text."""
    if len(raw) > MAX_BYTES:
        raise ParseError("The body is larger than 5 MB. Nothing was saved.")
    if raw.count(b":") > MAX_KEYS or ((b"[" in raw or b"{" in raw) and _too_deep(raw)):
        raise ParseError("The JSON is nested too deeply or has too many keys. Nothing was saved.")
    try:
        text = raw.decode()
        value = json.loads(
            text, parse_constant=_refuse_constant, parse_int=_integer, object_pairs_hook=_object
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ParseError("The body is not valid JSON in UTF-8. Nothing was saved.") from error
    if "\\u0000" in text or "\x00" in text or ("\\ud" in text.lower() and _has_surrogate(value)):
        raise ParseError("The text holds a NUL or half a character. Nothing was saved.")
    return value


def _has_surrogate(value: Any) -> bool:
    if isinstance(value, str):
        return _SURROGATE.search(value) is not None
    if isinstance(value, dict):
        return any(_has_surrogate(key) or _has_surrogate(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_surrogate(item) for item in value)


class StrictJSONParser(BaseParser):
    """application/json, strictly."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body's value; raises ParseError (400)."""
        return parse_strictly(stream.read())
