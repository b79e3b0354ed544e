"""The position space: every position is taken once, whatever way a run is cut."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from apps.runs.log import END, JOIN, Log, base_of, clean_data, clean_text, event_of, width

ALPHABET = ["a", "ß", "漢", "👩‍🚀", "\r\n", "data: ", "e\u0301"]


def random_log(dice: random.Random, *, ended: bool = True) -> Log:
    log = Log()
    for _ in range(dice.randrange(1, 60)):
        kind = dice.choice(["text", "text", "text", "reasoning", "step"])
        log.append(kind, {"step": {"index": 0}} if kind == "step" else "".join(dice.choices(ALPHABET, k=3)))
    if ended:
        log.append(END, {"state": "done"})
    return log


def test_small_deltas_are_joined_and_positions_count_code_points() -> None:
    log = Log()
    for piece in ("👩", "‍🚀", "x"):
        log.append("text", piece)
    log.append("step", {"step": {}})
    log.append("text", "y")
    assert [(item.seq, item.kind, item.offset) for item in log.items] == [
        (0, "text", 0),
        (4, "step", 0),
        (5, "text", 4),
    ]
    assert log.end == 6
    assert log.channel("text") == "👩‍🚀xy"


@pytest.mark.parametrize("seed", range(20))
def test_reading_on_from_any_position_gives_the_rest_exactly(seed: int) -> None:
    dice = random.Random(seed)
    log = random_log(dice)
    for position in range(log.end + 1):
        rest = log.since(position)
        assert all(a.end == b.seq for a, b in pairwise(rest))
        if rest:
            assert rest[0].seq == position
            assert rest[-1].end == log.end
        for item in rest:
            if item.kind in ("text", "reasoning"):
                assert log.channel(item.kind)[item.offset : item.offset + len(item.payload)] == item.payload


def test_what_a_slow_reader_is_given_at_once_is_bounded() -> None:
    log = Log()
    for _ in range(100):
        log.append("text", "x" * JOIN)
    assert sum(len(item.payload) for item in log.since(0, 4096)) == 4096


@pytest.mark.parametrize("seed", range(20))
def test_pieces_that_overlap_or_come_twice_are_taken_once(seed: int) -> None:
    dice = random.Random(seed)
    whole = random_log(dice)
    copy = Log()
    while copy.end < whole.end:
        start = dice.randrange(max(copy.end - 9, 0), copy.end + 1)
        for item in whole.since(start, dice.randrange(1, 20)):
            assert copy.put(item.seq, item.kind, item.payload)
    assert copy.dump() == Log.load(0, [(i.seq, i.kind, i.payload) for i in whole.since(0, 1 << 40)]).dump()


def test_a_piece_beyond_a_gap_is_refused() -> None:
    log = Log()
    assert not log.put(3, "text", "def")
    assert log.end == 0


def test_attempts_never_share_a_position() -> None:
    assert (base_of(0), base_of(1), base_of(2)) == (0, 0, 1 << 32)


def test_nul_and_half_surrogates_are_cleaned() -> None:
    assert clean_text("a\0b") == "ab"
    assert clean_text("a\ud83db") == "a\ufffdb"
    assert clean_text("\ud83d\ude80") == "🚀"
    assert clean_data({"a": "x\0", "b": ["\ud800", 1, None]}) == {"a": "x", "b": ["\ufffd", 1, None]}


def test_events_carry_position_end_and_offset() -> None:
    log = Log()
    log.append("reasoning", "hm")
    log.append("text", "hi")
    log.append(END, {"state": "done"})
    assert [event_of("r", item) for item in log.items] == [
        {"run": "r", "seq": 0, "end": 2, "kind": "reasoning", "offset": 0, "text": "hm"},
        {"run": "r", "seq": 2, "end": 4, "kind": "text", "offset": 0, "text": "hi"},
        {"run": "r", "seq": 4, "end": 5, "kind": "end", "state": "done"},
    ]
    assert width(END, {}) == 1
