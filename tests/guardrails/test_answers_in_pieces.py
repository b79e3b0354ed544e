"""An answer is masked alike wherever its stream is cut, also where findings lie over one another."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.guardrails.answering import EVERY, Reader, Watch
from apps.guardrails.detectors.kinds import BUILT_IN
from apps.guardrails.finders import Finder, covering
from apps.guardrails.rules import Action, Active, Direction, Rule

OVERLAPPING = (
    "ana.pereira@example.com.ruiz@example.org",
    "postgres://me:secret@ana.example.com/db?to=bob@example.com",
    "Frau Anna Berliner Straße 5, 10115 Berlin",
    "Mr John Baker Street 221, London NW1 6XE",
    "password: ana.pereira@example.com",
    "api key = DE89370400440532013000",
    "call +49 30 12345678 10.0.0.1",
    "born 12.03.1985 Anna Weg 7, 80331 München",
    "https://ana%40example.com:pw-Zx81kq@10.1.2.3:5432/x",
    "Dear Anna Maria Paul-Lincke-Ufer 12, 10999 Berlin,",
    "project Falcon Nine Falcon blue",
)
PROSE = ("and then the committee went on about chairs ", "as was said before, ", "\n", ", ", " ")
RULES = (
    Rule("r", "r", Action.MASK, Direction.IN, frozenset(BUILT_IN)),
    Rule("own", "own", Action.MASK, Direction.IN, terms=("Falcon Nine", "Nine Falcon", "example")),
)


def _masked(pieces: list[str]) -> str:
    watch = Watch(Reader([Active(each, 1, False) for each in RULES], Finder(RULES)), Counter())
    return "".join(map(watch.feed, pieces)) + watch.finish()


def _at_once(text: str) -> str:
    finder, at = Finder(RULES), 0
    made: list[str] = []
    for found in covering(text, finder.candidates(text)):
        made += (text[at : found.start], f"[{found.kind.name}]")
        at = found.end
    return "".join([*made, text[at:]])


@pytest.mark.parametrize("text", OVERLAPPING)
def test_every_single_cut_of_overlapping_values_is_masked_as_in_one(text: str) -> None:
    line = f"{'This is what was said. ' * 3}{text} and so it went on until the very end of it all."
    wanted = _at_once(line)
    for at in range(len(line)):
        assert _masked([line[:at], line[at:]]) == wanted, line[at:]


@pytest.mark.parametrize("size", [1, 2, 3, EVERY - 1, EVERY, EVERY + 1])
def test_overlapping_values_one_after_another_are_masked_as_in_one(size: int) -> None:
    line = " and this was said as well: ".join(OVERLAPPING)
    pieces = [line[at : at + size] for at in range(0, len(line), size)]
    assert _masked(pieces) == _at_once(line)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from((*OVERLAPPING, *PROSE)), max_size=8), st.data())
def test_any_text_of_overlapping_values_is_masked_as_in_one_wherever_it_is_cut(
    parts: list[str], data: st.DataObject
) -> None:
    line = "".join(parts)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(line)), max_size=12)))
    pieces = [line[a:b] for a, b in zip([0, *cuts], [*cuts, len(line)], strict=True)]
    assert _masked(pieces) == _at_once(line)


def test_a_chain_of_values_without_an_end_is_masked_piece_by_piece() -> None:
    chain = "Falcon Nine " * 400
    watch = Watch(Reader([Active(each, 1, False) for each in RULES], Finder(RULES)), Counter())
    shown = [watch.feed(chain[at : at + 8]) for at in range(0, len(chain), 8)]
    assert len("".join(shown)) > len(chain) / 2
    assert "Falcon" not in "".join([*shown, watch.finish()])
