"""Prompts: what goes in, what is left out first, and what titles become."""

from datetime import date

import pytest

from apps.chat.prompting import (
    CITE,
    CITE_SMALL,
    Grounding,
    PromptTooLongError,
    Room,
    Turn,
    build,
    build_for_quoting,
    clean_title,
    search_query,
    title_from,
)
from apps.knowledge.assembling import estimate_tokens
from apps.llm.vendors.base import ChatMessage, PassagePart, TextPart

TODAY = date(2026, 11, 22)
LARGE = Room(128_000, 4_096)
SMALL = Room(2_048, None)


def text_of(message: ChatMessage) -> str:
    return "".join(part.text for part in message.parts if isinstance(part, TextPart))


def passage(number: int, text: str = "Parental leave is 26 weeks.") -> PassagePart:
    return PassagePart(number, "Handbook", "page 3, Leave", text)


def test_a_branch_becomes_messages_in_order() -> None:
    turns = [Turn("user", "Hello"), Turn("assistant", "Hi!"), Turn("user", "How are you?")]
    prompt = build(turns=turns, passages=[], grounding=Grounding.NONE, room=LARGE, today=TODAY)
    assert [message.role for message in prompt.messages] == ["system", "user", "assistant", "user"]
    assert text_of(prompt.messages[0]).endswith("Today is 22 November 2026.")
    assert text_of(prompt.messages[-1]) == "How are you?"
    assert prompt.left_out == 0
    assert prompt.max_tokens == 4_096


def test_passages_carry_number_title_and_place_and_the_order_to_cite() -> None:
    prompt = build(
        turns=[Turn("user", "How long is parental leave?")],
        passages=[passage(1), passage(2, "Interns get ten days.")],
        grounding=Grounding.PASSAGES,
        room=LARGE,
        today=TODAY,
    )
    assert CITE in text_of(prompt.messages[0])
    assert text_of(prompt.messages[1]) == (
        "Passages:\n\n[1] Handbook, page 3, Leave\nParental leave is 26 weeks.\n\n"
        "[2] Handbook, page 3, Leave\nInterns get ten days.\n\nQuestion: How long is parental leave?"
    )
    assert [item.number for item in prompt.passages] == [1, 2]


def test_a_small_model_gets_three_passages_and_a_short_order() -> None:
    prompt = build(
        turns=[Turn("user", "How long?")],
        passages=[passage(number) for number in range(1, 9)],
        grounding=Grounding.PASSAGES,
        room=SMALL,
        today=TODAY,
    )
    assert len(prompt.passages) == 3
    assert CITE_SMALL in text_of(prompt.messages[0])
    assert prompt.max_tokens == 512


def test_a_passage_longer_than_the_room_is_cut_rather_than_dropped() -> None:
    prompt = build(
        turns=[Turn("user", "How long?")],
        passages=[passage(1, "word " * 4_000)],
        grounding=Grounding.PASSAGES,
        room=SMALL,
        today=TODAY,
    )
    assert len(prompt.passages) == 1
    assert sum(estimate_tokens(text_of(message)) for message in prompt.messages) <= SMALL.prompt


def test_the_oldest_messages_are_left_out_first_and_the_rest_begins_with_the_person() -> None:
    turns = [Turn("user" if n % 2 == 0 else "assistant", f"{n} " + "word " * 120) for n in range(20)]
    prompt = build(
        turns=[*turns, Turn("user", "And?")], passages=[], grounding=Grounding.NONE, room=SMALL, today=TODAY
    )
    kept = [text_of(message) for message in prompt.messages[1:-1]]
    assert prompt.left_out == 20 - len(kept) > 0
    assert kept == [turn.text for turn in turns[-len(kept) :]]
    assert prompt.messages[1].role == "user"
    assert sum(estimate_tokens(text_of(message)) for message in prompt.messages) <= SMALL.prompt


def test_a_question_longer_than_the_window_is_refused() -> None:
    with pytest.raises(PromptTooLongError):
        build(
            turns=[Turn("user", "word " * 3_000)],
            passages=[],
            grounding=Grounding.NONE,
            room=SMALL,
            today=TODAY,
        )


def test_when_nothing_was_found_the_prompt_says_so() -> None:
    prompt = build(
        turns=[Turn("user", "Who won?")],
        passages=[],
        grounding=Grounding.NOTHING_FOUND,
        room=LARGE,
        today=TODAY,
    )
    assert "I found nothing about this in the documents." in text_of(prompt.messages[0])
    assert text_of(prompt.messages[1]) == "Who won?"


def test_the_quoting_vendor_reads_the_question_alone() -> None:
    prompt = build_for_quoting(
        turns=[Turn("user", "How long is parental leave?")], passages=[passage(1), passage(2)]
    )
    assert [text_of(message) for message in prompt.messages] == ["How long is parental leave?"]
    assert [item.number for item in prompt.passages] == [1, 2]


def test_other_scripts_cost_a_token_a_character() -> None:
    assert estimate_tokens("a" * 35) == 11
    assert estimate_tokens("日本語") == 4


def test_a_short_follow_up_is_searched_with_the_question_before() -> None:
    turns = [
        Turn("user", "How long is parental leave?"),
        Turn("assistant", "26 weeks."),
        Turn("user", "For interns?"),
    ]
    assert search_query(turns) == "How long is parental leave?\nFor interns?"
    assert search_query(turns[:1]) == "How long is parental leave?"


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How long is parental leave?", "How long is parental leave?"),
        ("  several\n\n lines  of   text. ", "several lines of text"),
        ("x" * 80, "x" * 59 + "…"),
        ("word " * 30, "word word word word word word word word word word word word…"),
        ("", "New chat"),
    ],
)
def test_a_title_from_the_questions_words(question: str, title: str) -> None:
    assert title_from(question) == title
    assert len(title_from(question)) <= 60


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Parental leave rules\n", "Parental leave rules"),
        ('"Parental Leave."', "Parental Leave"),
        ("**Title:** Parental leave", "Parental leave"),
        ("# Leave\nIt is about leave.", "Leave"),
        ("The question asks " + "about many things " * 10, ""),
        ("Two to six words in the title of your chat", ""),
        ("", ""),
    ],
)
def test_a_models_title_is_cleaned_or_dropped(said: str, title: str) -> None:
    assert clean_title(said) == title
