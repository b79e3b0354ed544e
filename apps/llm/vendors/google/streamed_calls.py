"""A function call whose arguments come in pieces (`streamFunctionCallArguments`), put together.

https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling, "Streaming arguments".
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from apps.llm.vendors.base import ErrorKind
from apps.llm.vendors.errors import error

_STEP = re.compile(r"\.([^.\[]+)|\[(?:(\d+)|'([^']*)'|\"([^\"]*)\")\]")
_VALUES = ("stringValue", "numberValue", "boolValue")
_MOST_ITEMS = 10_000


class StreamedCall:
    """One call: `take` each fragment; it is whole once a fragment does not say `willContinue`."""

    __slots__ = ("_arguments", "call")

    def __init__(self, call: Mapping[str, Any]) -> None:
        self.call = dict(call)
        self._arguments: dict[str, Any] = {}

    def take(self, fragment: Mapping[str, Any]) -> bool:
        """Whether the call is whole now; raises VendorError (protocol) for a path that leads nowhere."""
        pieces = fragment.get("partialArgs")
        for piece in pieces if isinstance(pieces, list) else ():
            self._put(piece)
        if fragment.get("willContinue"):
            return False
        self.call["args"] = self._arguments
        return True

    def _put(self, piece: Mapping[str, Any]) -> None:
        value = next((piece[name] for name in _VALUES if name in piece), None)
        steps = [_step(found) for found in _STEP.finditer(str(piece.get("jsonPath", "")))]
        if not steps or not isinstance(steps[0], str):
            raise error(ErrorKind.PROTOCOL, detail="a piece of arguments without a place")
        place: Any = self._arguments
        for step, following in pairwise(steps):
            place = _at(place, step, {} if isinstance(following, str) else [])
        last = steps[-1]
        before = _at(place, last, "" if isinstance(value, str) else None)
        place[last] = before + value if isinstance(before, str) and isinstance(value, str) else value


def _step(found: re.Match[str]) -> str | int:
    name, index, *quoted = found.groups()
    return int(index) if index else name or next(text for text in quoted if text is not None)


def _at(place: Any, step: str | int, fresh: Any) -> Any:
    """What stands at the step, `fresh` where nothing did."""
    if isinstance(place, dict) and isinstance(step, str):
        return place.setdefault(step, fresh)
    if not isinstance(place, list) or not isinstance(step, int) or step > min(len(place), _MOST_ITEMS):
        raise error(ErrorKind.PROTOCOL, detail="a piece of arguments in no place")
    if step == len(place):
        place.append(fresh)
    return place[step]
