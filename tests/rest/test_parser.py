"""What PostgreSQL or a model could not hold is refused at the door with 400, never 500 (I04)."""

from __future__ import annotations

import pytest
from rest_framework.exceptions import ParseError

DEEP = b"[" * 10_000 + b"]" * 10_000


@pytest.mark.parametrize(
    "raw",
    [
        DEEP,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b"[" + b",".join([b"1"] * 30_000) + b"]",
        b"{" + b",".join(b'"k%d":1' % number for number in range(100_000)) + b"}",
        b'{"n":' + b"9" * 100_000 + b"}",
        b'{"n":NaN}',
        b'{"n":Infinity}',
        b'{"n":1e999}',
        b'{"a":1,"a":2}',
        b'{"t":"\\u0000"}',
        b'{"t":"a\x00b"}',
        b'{"t":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"t":"\xff"}',
        b"{",
        b"",
    ],
    ids=[
        "depth 10000", "depth 40", "30000 values", "100000 keys", "100000 digits", "NaN", "Infinity", "1e999",
        "duplicate key", "escaped NUL", "raw NUL", "lone surrogate", "surrogate in a key", "not UTF-8",
        "cut", "empty",
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_kept_is_refused(raw: bytes) -> None:
    from apps.rest.parsers import parse_strictly

    with pytest.raises(ParseError) as raised:
        parse_strictly(raw)
    assert raised.value.status_code == 400
    assert len(str(raised.value)) < 120


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"t":"\\\\u0000 is NUL, \\\\ud800 is half"}', {"t": "\\u0000 is NUL, \\ud800 is half"}),
        ('{"t":"😀 \\ud83d\\ude00"}'.encode(), {"t": "😀 😀"}),
        (b'{"seed":9223372036854775807,"t":-0.5}', {"seed": 9223372036854775807, "t": -0.5}),
        (b'[[[["x"]]], null, true]', [[[["x"]]], None, True]),
        (b'"text"', "text"),
    ],
)
def test_what_json_allows_is_read(raw: bytes, value: object) -> None:
    from apps.rest.parsers import parse_strictly

    assert parse_strictly(raw) == value


def test_a_body_over_the_limit_is_413_and_not_read_to_its_end() -> None:
    from apps.rest.parsers import MAX_BYTES, BodyTooLargeError, StrictJSONParser

    class Endless:
        def read(self, size: int) -> bytes:
            assert size == MAX_BYTES + 1
            return b"x" * size

    with pytest.raises(BodyTooLargeError) as raised:
        StrictJSONParser().parse(Endless())
    assert raised.value.status_code == 413
