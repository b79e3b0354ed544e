"""The vendor without a model quotes, marks, admits, and costs nothing."""

from uuid import uuid4

import pytest

from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    Delta,
    EmbeddingRequest,
    ErrorKind,
    Finished,
    PassagePart,
    TextDelta,
    Usage,
    VendorError,
)
from apps.llm.vendors.extractive import LEAD, NOTHING_FOUND
from apps.llm.vendors.interface import Endpoint
from apps.llm.vendors.registry import vendor_for
from tests.wire.conftest import run

NOWHERE = Endpoint("", "", {}, uuid4(), frozenset())
HANDBOOK = (
    PassagePart(
        1,
        "Handbook",
        "page 4",
        "Working hours are flexible. Every employee receives 28 days of paid vacation per year. "
        "Vacation that is not taken expires on 31 March.",
    ),
    PassagePart(
        2, "Travel", "page 2", "Trains are booked in second class. Hotels cost at most 120 euros a night."
    ),
    PassagePart(
        3,
        "Security",
        "page 9",
        "Passwords have at least 14 characters. Lost laptops are reported within an hour.",
    ),
)


def answered(question: str, passages: tuple[PassagePart, ...] = HANDBOOK) -> list[Delta]:
    async def ask() -> list[Delta]:
        request = ChatRequest("extractive", (ChatMessage.text("user", question),), passages=passages)
        return [delta async for delta in vendor_for("extractive").stream(NOWHERE, request)]

    return run(ask())


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        (
            "How many vacation days do I receive?",
            "Every employee receives 28 days of paid vacation per year. [1]",
        ),
        ("What may a hotel cost?", "Hotels cost at most 120 euros a night. [2]"),
        ("I lost my laptop, what now?", "Lost laptops are reported within an hour. [3]"),
        ("how long must a password be", "Passwords have at least 14 characters. [3]"),
    ],
)
def test_best_sentence_is_quoted_word_for_word_with_its_marker(question: str, quote: str) -> None:
    lines = text_of(answered(question)).split("\n\n")
    assert lines[0] == LEAD
    assert quote in lines
    for line in lines[1:]:
        sentence, marker = line.rsplit(" [", 1)
        assert sentence in HANDBOOK[int(marker.rstrip("]")) - 1].text


@pytest.mark.parametrize(
    ("question", "passages"),
    [
        ("How many vacation days?", ()),
        ("Who won the football championship?", HANDBOOK),
        ("", HANDBOOK),
        ("the of and?", HANDBOOK),
    ],
)
def test_says_so_when_nothing_usable_was_found(question: str, passages: tuple[PassagePart, ...]) -> None:
    assert text_of(answered(question, passages)) == NOTHING_FOUND


def test_streams_word_groups_and_counts_nothing() -> None:
    deltas = answered("How many vacation days do I receive?")
    assert len(deltas) > 3
    assert all(isinstance(delta, TextDelta) and delta.text for delta in deltas[:-1])
    assert deltas[-1] == Finished("stop", Usage(0, 0), "extractive")


def test_is_deterministic_and_quotes_in_reading_order() -> None:
    question = "vacation days, hotel cost and password characters"
    assert answered(question) == answered(question)
    markers = [line[-2] for line in text_of(answered(question)).split("\n\n")[1:]]
    assert markers == sorted(markers)
    assert set(markers) == {"1", "2", "3"}


def test_answers_the_last_question_of_the_conversation() -> None:
    async def ask() -> str:
        messages = (
            ChatMessage.text("user", "What may a hotel cost?"),
            ChatMessage.text("assistant", "120 euros."),
            ChatMessage.text("user", "How long must a password be?"),
        )
        request = ChatRequest("extractive", messages, passages=HANDBOOK)
        return text_of([delta async for delta in vendor_for("extractive").stream(NOWHERE, request)])

    text = run(ask())
    assert "Passwords have at least 14 characters. [3]" in text
    assert "Hotels" not in text


def test_endless_sentence_is_shortened_at_a_word() -> None:
    passage = PassagePart(1, "t", "p", "vacation " + "word " * 400)
    text = text_of(answered("vacation", (passage,)))
    assert text.endswith("word … [1]")
    assert len(text) < 460


def test_has_no_embeddings_and_is_always_ready() -> None:
    vendor = vendor_for("extractive")
    run(vendor.check(NOWHERE))
    with pytest.raises(VendorError) as caught:
        run(vendor.embed(NOWHERE, EmbeddingRequest("extractive", ("a",))))
    assert caught.value.kind is ErrorKind.BAD_REQUEST


def test_a_row_of_a_table_is_quoted_as_its_cells_and_ends_with_its_line() -> None:
    stock = "| Code | Place | Expected |\n| --- | --- | --- |\n| SKU-9201 | | -780 |\nCounted on Friday."
    said = text_of(answered("What is SKU-9201?", (PassagePart(1, "Stock", "page 1", stock),)))
    assert said == f"{LEAD}\n\nSKU-9201 · -780 [1]"
