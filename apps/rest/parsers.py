"""A strict JSON parser: what PostgreSQL or a model could not hold is refused at the door."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_DEPTH: Final = 32
MAX_BYTES: Final = 5 * 1024 * 1024
MAX_ITEMS: Final = 20_000
_MAX_DIGITS: Final = 20
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


class BodyTooLargeError(APIException):
    """413: more bytes than any endpoint takes."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The body is larger than 5 MB. Nothing was saved. Send less at once."


def _refuse_constant(name: str) -> NoReturn:
    raise ParseError(f"{name} is not JSON. Nothing was saved.")


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ParseError("A number has too many digits. Nothing was saved.")
    return int(text)


def _fraction(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ParseError("A number is too large. Nothing was saved.")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ParseError("An object names the same key twice. Nothing was saved.")
    return found


def _check_text(text: str) -> None:
    if _UNSTORABLE.search(text):
        raise ParseError("The text holds a NUL or half a character. Nothing was saved.")


def _check(value: Any) -> None:
    """Walk the value without recursion; raises ParseError for what is too deep, too many or no plain text."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    seen = 0
    while waiting:
        item, depth = waiting.pop()
        seen += 1
        if isinstance(item, str):
            _check_text(item)
            continue
        if not isinstance(item, dict | list):
            continue
        if depth > MAX_DEPTH or seen + len(waiting) + len(item) > MAX_ITEMS:
            raise ParseError("The JSON is nested too deeply or holds too many values. Nothing was saved.")
        if isinstance(item, dict):
            for key in item:
                _check_text(key)
        waiting.extend((inner, depth + 1) for inner in (item.values() if isinstance(item, dict) else item))


def parse_strictly(raw: bytes) -> Any:
    """The JSON value (RFC 8259); raises ParseError for what is malformed, too deep or not plain text."""
    if len(raw) > MAX_BYTES:
        raise BodyTooLargeError
    try:
        value = json.loads(
            raw.decode(),
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_fraction,
            object_pairs_hook=_object,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ParseError("The body is not valid JSON in UTF-8. Nothing was saved.") from error
    _check(value)
    return value


class StrictJSONParser(BaseParser):
    """application/json, strictly."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body's value; raises ParseError (400) or BodyTooLargeError (413)."""
        return parse_strictly(stream.read(MAX_BYTES + 1))
