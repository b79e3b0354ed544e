"""Where texts are ended before rules read them: never inside a value."""

from __future__ import annotations

import pytest

from apps.guardrails.cutting import beginning, line

VALUES = [
    "DE89 3704 0044 0532 0130 00",
    "ana.pereira@example.com",
    "+49 30 5551 2345",
    "4111 1111 1111 1111",
    "sk-proj-" + "Zx9Qw3Er7Ty5Ui1Op2As" * 4,
    "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEAx1y2\n" * 30 + "-----END RSA PRIVATE KEY-----",
    "eyJhbGciOiJIUzI1NiJ9."
    + "eyJzdWIiOiIxMjM0NTY3ODkwIn0" * 30
    + ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value[:10])
@pytest.mark.parametrize("gap", [" ", "\n", ", "])
def test_a_value_at_the_end_stays_whole_or_goes(value: str, gap: str) -> None:
    for before in range(700, 1001, 13):
        text = f"{('so it is ' * 200)[: before - 1]} {value}{gap}{'and on it goes ' * 60}"
        kept = beginning(text, 1000)
        assert len(kept) <= 1000
        assert text.startswith(kept)
        assert value in kept or not kept[before:].strip()


def test_it_ends_with_a_sentence_else_a_word_where_one_is_near() -> None:
    assert beginning("One two. Three four five", 20) == "One two. Three four"
    assert beginning("One two three. Four five", 18) == "One two three."
    assert beginning("字" * 50, 20) == "字" * 20
    assert beginning("short", 20) == "short"
    assert line(" a\n b  c ", 20) == "a b c"
    assert line("word " * 20, 11) == "word word…"


def test_an_own_term_is_not_cut_where_sentences_end() -> None:
    text = "We met. " * 11 + "Then came Project Blue Bird and its people, who were many."
    assert "Project" not in beginning(text, text.index(" Bird"))
