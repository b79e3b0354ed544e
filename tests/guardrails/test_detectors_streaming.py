"""What is settled of a growing text stays as it was found, wherever the stream is cut."""

from __future__ import annotations

from collections import Counter

import pytest

from apps.guardrails.answering import Reader, Watch
from apps.guardrails.detectors.finding import find
from apps.guardrails.detectors.kinds import BUILT_IN, Finding
from apps.guardrails.detectors.streaming import LONGEST, LONGEST_WORD, open_from
from apps.guardrails.finders import Finder
from apps.guardrails.rules import Action, Active, Direction, Rule
from tests.guardrails.corpus import LANGUAGES, sentences


def _before(text: str, end: int) -> list[Finding]:
    return [each for each in find(text) if each.start < end]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_settled_is_found_alike_in_every_continuation(language: str) -> None:
    rows = [each.text for each in sentences(language)]
    for first in range(0, len(rows), 4):
        text = " ".join(rows[first : first + 4])
        for size in range(1, len(text), 11):
            end = open_from(text[:size])
            assert _before(text[:size], end) == _before(text, end), (text[:end], text[end:size])


@pytest.mark.parametrize("size", [1, 7, 60])
def test_an_answer_in_pieces_is_masked_as_in_one(size: int) -> None:
    rule = Rule("r", "r", Action.MASK, Direction.IN, frozenset(BUILT_IN))
    text = "\n".join(each.text for language in LANGUAGES for each in sentences(language)[::9])
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert _masked(rule, pieces) == _masked(rule, [text])


def _masked(rule: Rule, pieces: list[str]) -> str:
    watch = Watch(Reader([Active(rule, 1, False)], Finder([rule])), Counter())
    return "".join(map(watch.feed, pieces)) + watch.finish()


def test_little_is_held_back_of_prose() -> None:
    text = "The committee met again and decided that the budget should be spent on better chairs. " * 5
    held = [size - open_from(text[:size]) for size in range(100, len(text))]
    assert max(held) < 40


def test_a_private_key_is_held_back_until_it_ends() -> None:
    begun = "Here it is:\n-----BEGIN PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA\n" * 50
    assert open_from(begun) == begun.index("-----BEGIN")
    assert open_from(begun + "-----END PRIVATE KEY-----\nand so it goes on and on until the end comes") > len(
        begun
    )


def test_what_is_held_back_has_a_limit() -> None:
    assert len("A B " * 1000) - open_from("A B " * 1000) < LONGEST + 50
    assert len("ab1" * 9000) - open_from("ab1" * 9000) <= LONGEST_WORD + 50


def test_room_is_left_for_the_longest_own_term() -> None:
    text = "this is what was said about it then"
    assert open_from(text, longest=30) <= len(text) - 30
