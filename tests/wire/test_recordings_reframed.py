"""Every recorded stream again in other frames: what the standards allow changes nothing; what is cut is told.

Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from apps.llm.replay import Exchange, Played, UnreadableError, exchanges_of, play
from tests.wire.conftest import run
from tests.wire.replay import WIRE, needs_recordings

pytestmark = needs_recordings
FIELDS = ("text", "reasoning", "signature", "usage", "finish", "error_kind", "interrupted")
CUTS = 6
REASON = re.compile(rb'"finish_reason": ?"')
"""Where none is said, [DONE] alone is the end."""


def streams() -> list[Exchange]:
    """The recorded answers that came as server-sent events or as lines of JSON."""
    found = []
    for path in sorted(WIRE.rglob("*.y*ml")):
        found += [each for each in exchanges_of(path) if not isinstance(each, UnreadableError)]
    return [each for each in found if each.status == 200 and b"\ndata:" in b"\n" + each.body]


def played(*exchanges: Exchange) -> list[Played]:
    async def all_of_them() -> list[Played]:
        return [found async for found in play(exchanges)]

    return run(all_of_them())


def told(found: Played) -> dict[str, Any]:
    """What came out; the ids of calls are ours where a host gives none."""
    calls = [(call["name"], call["arguments"]) for call in found.tool_calls]
    return {name: getattr(found, name) for name in FIELDS} | {"calls": calls}


def parts(body: bytes) -> list[bytes]:
    """The events of a body, without the blank line between them."""
    return [part for part in body.replace(b"\r\n", b"\n").split(b"\n\n") if part.strip()]


def spread(part: bytes) -> bytes:
    """The same data over many lines of `data:`."""
    lines = []
    for line in part.split(b"\n"):
        try:
            value = json.loads(line.removeprefix(b"data:")) if line.startswith(b"data:") else None
        except ValueError:
            value = None
        whole = json.dumps(value, indent=1).encode().split(b"\n") if isinstance(value, dict) else []
        lines += [b"data: " + each for each in whole] or [line]
    return b"\n".join(lines)


def wider(part: bytes) -> bytes:
    """The same data with a member that nobody knows."""
    head, mark, tail = part.rpartition(b"}")
    return head + b', "atrium_unknown": {"a": [1, null]}' + mark + tail if mark else part


def each(change: Callable[[bytes], bytes], between: bytes = b"\n\n") -> Callable[[bytes], bytes]:
    return lambda body: between.join(change(part) for part in parts(body)) + between


SAME: dict[str, Callable[[bytes], bytes]] = {
    "lines that end in CR LF": lambda body: body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "lines that end in CR": lambda body: body.replace(b"\r\n", b"\n").replace(b"\n", b"\r"),
    "comments": each(lambda part: b": OPENROUTER PROCESSING\n\n:\n\n" + part),
    "no space": each(lambda part: part.replace(b"data: ", b"data:").replace(b"event: ", b"event:")),
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "ids and times": each(lambda part: b"id: 7\nretry: 1000\nwhatever: x\nlonely\n" + part),
    "data over many lines": each(spread),
    "unknown members": each(wider),
    "empty events": each(lambda part: b"event: ping\n\n" + part),
    "three blank lines": each(lambda part: part, b"\n\n\n\n"),
    "no [DONE]": lambda body: body.replace(b"data: [DONE]", b": [DONE]") if REASON.search(body) else body,
    "no blank line at the end": lambda body: body.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n",
}


@pytest.mark.parametrize("name", SAME)
def test_another_frame_changes_nothing(name: str) -> None:
    asked = streams()
    assert len(asked) > 15
    changed = [replace(exchange, body=SAME[name](exchange.body)) for exchange in asked]
    for exchange, before, after in zip(asked, played(*asked), played(*changed), strict=True):
        assert told(after) == told(before), exchange.url


def test_what_is_cut_is_never_a_whole_answer() -> None:
    """Cut between any two events: a beginning of the text, and where the end was not said, interrupted."""
    for exchange in streams():
        (whole,) = played(exchange)
        events = parts(exchange.body)
        step = max(1, len(events) // CUTS)
        cuts = [b"\n\n".join(events[:at]) + b"\n\n" for at in range(1, len(events), step)]
        for found in played(*(replace(exchange, body=cut) for cut in cuts)):
            assert whole.text.startswith(found.text), exchange.url
            is_ended = found.finish == whole.finish and found.text == whole.text
            assert is_ended or (found.interrupted and found.finish is None), exchange.url


def test_bytes_that_are_no_text_never_end_the_command() -> None:
    for exchange in streams():
        events = parts(exchange.body)
        middle = len(events) // 2
        events[middle] = (
            events[middle].replace(b'":"', b'":"\xff\xfe\xc3', 1).replace(b'": "', b'": "\xff', 1)
        )
        (found,) = played(replace(exchange, body=b"\n\n".join(events) + b"\n\n"))
        assert found.error_kind in {None, "protocol", "interrupted"}, exchange.url
