"""JSON as native hosts stream it: an object in each event, or one answer (an object, a list) in one piece."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from apps.llm.vendors.event_json import event_of

_DECODER = json.JSONDecoder()


def objects_of(data: bytes) -> list[Mapping[str, Any]]:
    """The whole objects in `data`; one that the end of the answer cut off is left out.

    Raises VendorError (protocol) for what is no JSON.
    """
    text = data.decode("utf-8", "replace")
    if not text.strip():
        return []
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError as failed:
        read = _items_before_the_cut(text) if "unexpected end" in str(failed) else event_of(data)
    items = read if isinstance(read, list) else [read]
    return [item for item in items if isinstance(item, dict)]


def _items_before_the_cut(text: str) -> list[Any]:
    """The items of a list that came whole."""
    if not text.lstrip().startswith("["):
        return []
    items: list[Any] = []
    at = text.index("[") + 1
    while True:
        while at < len(text) and text[at] in ", \t\r\n":
            at += 1
        try:
            item, at = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError:
            return items
        items.append(item)
