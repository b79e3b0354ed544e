"""Spans are valid and apart; values with right check digits are found, however they are written."""

from __future__ import annotations

import string
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.guardrails.detectors.checksums import luhn, mod_97
from apps.guardrails.detectors.finding import candidates, find
from apps.guardrails.detectors.kinds import Kind
from apps.guardrails.detectors.national.america import cpf
from apps.guardrails.detectors.national.west import dni
from apps.guardrails.detectors.numbers import card

PIECES = st.sampled_from(
    [
        *(
            "Anna Müller",
            "ana@example.com",
            "4111 1111 1111 1111",
            "Tel. 030 1234567",
            "password: Xy7!kk",
            "born",
        ),
        *(
            "SSN",
            "DE89370400440532013000",
            "12 Main Street",
            "rue de la Paix",
            "\n",
            " ",
            "\u200b",
            "\u00ad",
            "ß",
        ),
        *("İ", "e\u0301", "\uff11\uff12", "٤٥٦", "://a:b@", "-----BEGIN PRIVATE KEY-----", "eyJ", "10.0.0.1"),
        *("::1", "+", "(0", "\U0001d7d8"),
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join))


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_spans_are_valid_in_order_and_apart(text: str) -> None:
    found = find(text)
    assert all(0 <= each.start < each.end <= len(text) and each.value for each in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert set(found) <= set(candidates(text))
    assert find(text) == found


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_what_stands_for_a_finding_is_not_found_again(text: str) -> None:
    masked, done = "", 0
    for each in find(text):
        masked += text[done : each.start] + f"[{each.kind.name}_1]"
        done = each.end
    masked += text[done:]
    assert all(
        "_1]" not in masked[each.start : each.end] for each in find(masked, frozenset(Kind) - {Kind.NAME})
    )


def _checked(digits: str, check: Callable[[str], bool]) -> str:
    return next(made for each in "0123456789" if check(made := digits + each))


CARDS = st.from_regex(r"4[0-9]{14}|5[1-5][0-9]{13}|3[47][0-9]{12}", fullmatch=True).map(
    lambda body: _checked(body, luhn)
)
IBANS = st.tuples(
    st.sampled_from([("DE", 18), ("ES", 20), ("PT", 21), ("BE", 12)]), st.integers(0, 10**21)
).map(lambda made: _iban(made[0][0], str(made[1]).zfill(22)[-made[0][1] :]))


def _iban(country: str, account: str) -> str:
    return next(iban for check in range(2, 99) if mod_97(iban := f"{country}{check:02d}{account}"))


def _cpf(digits: str) -> str:
    return next(made for tail in range(100) if cpf(made := f"{digits}{tail:02d}"))


CPFS = st.from_regex(r"[1-9][0-9]{8}", fullmatch=True).filter(lambda body: len(set(body)) > 1).map(_cpf)
DNIS = st.from_regex(r"[0-9]{8}", fullmatch=True).map(
    lambda body: next(
        body + letter for letter in string.ascii_uppercase if letter not in "IOUÑ" and dni(body + letter)
    )
)


def _other_last(value: str) -> str:
    last = value[-1]
    return value[:-1] + (chr(65 + (ord(last) - 64) % 26) if last.isalpha() else str((int(last) + 1) % 10))


@settings(max_examples=60, deadline=None)
@given(CARDS.filter(card))
def test_a_card_with_its_check_digit_is_found_and_another_is_not(value: str) -> None:
    (found,) = find(f"Pay with {value} today.", frozenset({Kind.CARD}))
    assert found.value == value
    assert find(f"Pay with {_other_last(value)} today.", frozenset({Kind.CARD})) == []


@settings(max_examples=60, deadline=None)
@given(IBANS)
def test_an_iban_is_found_in_fours_and_without_spaces_and_another_is_not(value: str) -> None:
    fours = " ".join(value[at : at + 4] for at in range(0, len(value), 4))
    for written in (value, value.lower(), fours, fours.replace(" ", "\u00a0"), fours.replace(" ", "-")):
        text = f"To {written}, please."
        (found,) = find(text, frozenset({Kind.IBAN}))
        assert (found.value, text[found.start : found.end]) == (value, written)
    assert find(f"To {_other_last(value)}, please.", frozenset({Kind.IBAN})) == []


@settings(max_examples=60, deadline=None)
@given(CPFS, DNIS)
def test_national_numbers_are_found_by_their_check_and_not_without(first: str, second: str) -> None:
    dotted = f"{first[:3]}.{first[3:6]}.{first[6:9]}-{first[9:]}"
    assert [each.value for each in find(f"{dotted} e {second}.", frozenset({Kind.NATIONAL_ID}))] == [
        first,
        second,
    ]
    wrong = f"{_other_last(dotted)} e {_other_last(second)}."
    assert find(wrong, frozenset({Kind.NATIONAL_ID})) == []


WIDE = {point: point + 0xFEE0 for point in range(0x21, 0x7F)} | {0x20: 0x3000}
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


@pytest.mark.parametrize(
    "spelt",
    [
        lambda value: value.translate(WIDE),
        lambda value: value.translate(ARABIC),
        lambda value: value.translate(PERSIAN),
        "\u200b".join,
        "\u00ad".join,
        lambda value: value.replace(" ", "\u00a0"),
        lambda value: value.replace(" ", "\u202f"),
        lambda value: value.replace(" ", "\u2011"),
        lambda value: "".join(chr(0x1D7D8 + int(each)) if each.isdigit() else each for each in value),
    ],
    ids=[
        "full-width",
        "arabic-indic",
        "persian",
        "zero-width",
        "soft-hyphen",
        "nbsp",
        "thin",
        "hyphen",
        "double-struck",
    ],
)
def test_other_ways_of_writing_hide_nothing(spelt: Callable[[str], str]) -> None:
    for value, kind in (("4111 1111 1111 1111", Kind.CARD), ("DE89 3704 0044 0532 0130 00", Kind.IBAN)):
        written = spelt(value)
        text = f"ß Before {written} behind ß"
        (found,) = find(text, frozenset({kind}))
        assert text[found.start : found.end] == written
        assert found.value == value.replace(" ", "")


def test_letters_under_marks_keep_their_places() -> None:
    text = "Sehr geehrter Herr Mu\u0308ller, e\u0301t\u200be\u0301: ana@example.com"
    assert [text[each.start : each.end] for each in find(text)] == ["Mu\u0308ller", "ana@example.com"]
