"""Blocked terms and regular expressions of an organisation."""

from __future__ import annotations

import pytest

from apps.guardrails.detectors.expressions import LONGEST, ExpressionError, Expressions
from apps.guardrails.detectors.finding import candidates, find
from apps.guardrails.detectors.kinds import Kind
from apps.guardrails.detectors.terms import Terms


def _found(terms: Terms, text: str) -> list[tuple[str, str]]:
    return [(text[each.start : each.end], each.detail) for each in terms.find(text)]


def test_a_term_is_found_whole_whatever_its_case() -> None:
    terms = Terms({"projects": ["Falke", "Große Straße", "日本"]})
    assert _found(terms, "FALKE, falke und Falken; die GROSSE STRASSE") == [
        ("FALKE", "projects"),
        ("falke", "projects"),
        ("GROSSE STRASSE", "projects"),
    ]
    assert _found(terms, "ß ß große straße") == [("große straße", "projects")]
    assert _found(terms, "日本語") == [("日本", "projects")]


def test_a_term_hides_behind_no_spelling() -> None:
    terms = Terms({"x": ["Falke"]})
    wide = "".join(chr(ord(each) + 0xFEE0) for each in "falke")
    assert _found(terms, f"F\u200ba\u00adlke {wide}") == [("F\u200ba\u00adlke", "x"), (wide, "x")]


def test_a_term_of_two_lists_is_found_for_each() -> None:
    terms = Terms({"one": ["falke"], "two": ["Falke", " "]})
    assert _found(terms, "Falke") == [("Falke", "one"), ("Falke", "two")]
    assert terms.longest == 5
    assert Terms({}).find("anything") == []


def test_a_term_inside_an_address_is_a_candidate_beside_it() -> None:
    terms = Terms({"x": ["falke"]})
    text = "write to falke@example.com"
    assert [each.kind for each in find(text, terms=terms)] == [Kind.EMAIL]
    assert [each.kind for each in candidates(text, terms=terms)] == [Kind.EMAIL, Kind.TERM]


def test_twenty_thousand_terms_are_looked_for_at_once() -> None:
    terms = Terms({"x": [f"word{number}" for number in range(20_000)]})
    text = "word17 word19999 word20000 " * 1000
    assert len(terms.find(text)) == 2000


def test_an_expression_is_found_with_its_rules_name_in_code_points() -> None:
    expressions = Expressions({"case": r"AZ-\d{4}", "umlaut": "(?i)über"})
    text = "ü AZ-1234, Über AZ-99"
    assert [(text[each.start : each.end], each.detail) for each in expressions.find(text)] == [
        ("AZ-1234", "case"),
        ("Über", "umlaut"),
    ]
    assert [each.detail for each in find(text, frozenset(), expressions=expressions)] == ["case", "umlaut"]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("(a", "missing )"),
        ("(?=x)", "Look-around and back-references"),
        (r"(a)\1", "Look-around and back-references"),
        ("x*", "matches the empty text"),
        ("x" * (LONGEST + 1), f"longer than {LONGEST}"),
        ("((a{100}){100}){100}", "invalid repetition size"),
    ],
)
def test_a_bad_expression_is_refused_in_plain_words(expression: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=r"^rule 7: The expression") as refused:
        Expressions({"rule 7": expression})
    assert said in str(refused.value)


def test_no_expression_takes_more_than_linear_time() -> None:
    expressions = Expressions({"x": r"(a+)+b|(a|aa)+c|[a-z]+\d"})
    assert expressions.find("a" * 200_000) == []
