"""Which questions stand alone, in several languages, and which of a model's words may be searched for."""

# ruff: noqa: RUF001 - questions in other scripts
from __future__ import annotations

import pytest

from apps.chat.following import led, stands_alone, told_alone

ASKED = "How many days of leave do I get in France?"


@pytest.mark.parametrize(
    ("question", "before", "alone"),
    [
        ("and in Germany?", ASKED, False),
        ("What does it cost?", "What is the crane?", False),
        ("interns?", ASKED, False),
        ("Why?", ASKED, False),
        ("Und für Praktikanten?", "Wie viele Urlaubstage habe ich?", False),
        ("¿Y en Alemania?", "¿Cuántos días de vacaciones tengo?", False),
        ("Et en Allemagne ?", "Combien de jours de congé ai-je en France ?", False),
        ("А в Германии?", "Сколько дней отпуска во Франции?", False),
        ("ماذا عن ألمانيا؟", "كم يوم إجازة في فرنسا؟", False),
        ("那德国呢？", "法国有多少天假期？", False),
        ("ドイツでは？", "フランスの休暇は何日ですか？", False),
        ("How are expenses in Japan reimbursed?", ASKED, True),
        ("Is it true that employees may carry over leave?", ASKED, True),
        ("Are there rules for travel in winter?", ASKED, True),
        ("Was ist der Hotelpreis in London?", "Wie viele Urlaubstage habe ich?", True),
        ("Können Sie mir sagen, wie viele Urlaubstage Mitarbeiter haben?", "Was sind die Regeln?", True),
        ("¿En qué año se fundó la empresa?", "¿Quién dirige la empresa?", True),
        ("E-4127", "What is a stale connection?", True),
        ("法国的员工有多少天年假和病假", "公司在哪里", True),
    ],
)
def test_a_question_stands_alone_or_not(question: str, before: str, *, alone: bool) -> None:
    assert stands_alone(question, before) is alone


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("How many days of leave do I get in Germany?", "How many days of leave do I get in Germany?"),
        (
            'Question: "How many days of leave in Germany?"\nHope this helps',
            "How many days of leave in Germany?",
        ),
        ("You get 25 days by the French labour code of 1936.", ""),
        ("How many days of leave do I get in France?", ""),
        ("You get 25 days in Germany.", ""),
        ("And in Germany?", ""),
        ("", ""),
        ("Germany " * 100, ""),
    ],
)
def test_only_words_of_the_conversation_are_searched_for(said: str, words: str) -> None:
    assert (
        told_alone(said, "and in Germany?", [ASKED, "You get 25 days in Germany.", "and in Germany?"])
        == words
    )


def test_what_is_pointed_at_may_not_change() -> None:
    assert told_alone("What does the AX-4712 lift?", "and AX-4711?", ["What does the AX-4710 lift?"]) == ""
    said = "What does the AX-4711 lift?"
    assert told_alone(said, "and AX-4711?", ["What does the AX-4710 lift?"]) == said


def test_without_other_words_the_question_before_leads() -> None:
    assert led("and in Germany?", ASKED) == f"{ASKED}\nand in Germany?"
    assert led("Hello?", "") == "Hello?"
