import pytest

from apps.knowledge.citations import Citation, Passage, cite, unsupported, used_passages
from apps.knowledge.claims import claims_of
from apps.knowledge.quotations import quotations_of

TRAVEL = Passage(
    1,
    "chunk-1",
    "Travel handbook",
    3,
    "Hotels are paid up to 120 euros per night in Rome. In Paris the limit is 150 euros. "
    "Receipts must be kept for two years. Business class is not permitted on flights under six hours.",
)
LEAVE = Passage(
    2,
    "chunk-2",
    "Urlaubsordnung",
    7,
    "Die Kündigungsfrist beträgt drei Monate zum Quartalsende.\n"
    "\u2022 Mitarbeiter erhalten 30 Tage Urlaub pro Jahr.",
)
PRICES = Passage(
    3,
    "chunk-3",
    "Price list",
    None,
    "| Product | Price |\n| --- | --- |\n| SKU-9201 | $32.50 |\n| SKU-8847 | $1,045.00 |",
)
PASSAGES = (TRAVEL, LEAVE, PRICES)


def cited(answer: str, passages: tuple[Passage, ...] = PASSAGES) -> list[tuple[str, int, str | None]]:
    """Claim, number and quote (None when unverified); checks every place on the way."""
    found = []
    by_number = {passage.number: passage for passage in passages}
    for item in cite(answer, passages):
        passage = by_number[item.number]
        assert item.chunk_id == passage.chunk_id
        assert passage.text[item.quote_start : item.quote_end] == item.quote
        assert item.verified == bool(item.quote)
        found.append((answer[item.start : item.end], item.number, item.quote if item.verified else None))
    return found


def test_marker_is_checked_and_gets_its_quote() -> None:
    answer = "Rome pays up to 120 euros per night [1]. \U0001f600 Leave is another matter."
    assert cite(answer, PASSAGES) == [
        Citation(
            start=0,
            end=35,
            number=1,
            chunk_id="chunk-1",
            quote="Hotels are paid up to 120 euros per night in Rome.",
            verified=True,
            quote_start=0,
            quote_end=50,
        )
    ]


@pytest.mark.parametrize(
    "marker",
    [
        "[1]",
        "[1].",
        ".[1]",
        ". [1]",
        "\u30101\u3011",
        "\u30101\u2020source\u3011",
        "(Source 1)",
        "(see source 1)",
        "[Source 1]",
        "(Quelle 1)",
        "[^1]",
        "[1][9]",
        "[1, 9]",
        "[1; 9]",
    ],
)
def test_ways_to_write_a_marker(marker: str) -> None:
    found = cited(f"In Paris the hotel limit is 150 euros {marker}")
    assert [(claim.rstrip(". "), number, quote) for claim, number, quote in found] == [
        ("In Paris the hotel limit is 150 euros", 1, "In Paris the limit is 150 euros.")
    ]


def test_markers_inside_a_sentence_cover_their_own_part() -> None:
    assert cited("Rome allows 120 euros [1], Paris 150 euros [1] and SKU-9201 costs $32.50 [3].") == [
        ("Rome allows 120 euros", 1, "Hotels are paid up to 120 euros per night in Rome."),
        ("Paris 150 euros", 1, "In Paris the limit is 150 euros."),
        ("and SKU-9201 costs $32.50", 3, "SKU-9201 | $32.50"),
    ]


def test_number_that_differs_is_not_verified() -> None:
    assert cited("Hotels in Rome are paid up to 130 euros per night [1].") == [
        ("Hotels in Rome are paid up to 130 euros per night", 1, None)
    ]


def test_number_of_a_neighbouring_row_is_not_support() -> None:
    assert cited("SKU-8847 costs $32.50 [3].") == [("SKU-8847 costs $32.50", 3, None)]
    assert cited("SKU-8847 costs $1045 [3].") == [("SKU-8847 costs $1045", 3, "SKU-8847 | $1,045.00")]


def test_lines_of_figures_without_a_frame_are_not_mixed_either() -> None:
    invoice = Passage(
        1, "c", "Invoice", 2, "SKU-8847 Electronics $45.00 2024-10-15\nSKU-9201 Hardware $32.50 2024-10-22"
    )
    assert cited("SKU-9201 Hardware $32.50 [1]", (invoice,))[0][2] == "SKU-9201 Hardware $32.50 2024-10-22"
    assert cited("SKU-8847 Hardware $32.50 [1]", (invoice,))[0][2] is None


def test_invented_marker_is_dropped_and_invented_claim_is_marked() -> None:
    assert cited("Receipts must be kept for two years [1]. Dogs may fly for free [1]. Cats too [9].") == [
        ("Receipts must be kept for two years", 1, "Receipts must be kept for two years."),
        ("Dogs may fly for free", 1, None),
    ]


def test_negation_turns_support_into_none() -> None:
    assert cited("Business class is permitted on flights under six hours [1].")[0][2] is None
    assert cited("Receipts must not be kept for two years [1].")[0][2] is None
    assert cited("Business class is not permitted under 6 hours [1].")[0][2] == (
        "Business class is not permitted on flights under six hours."
    )


def test_wrong_number_is_marked_and_the_right_passage_is_added() -> None:
    assert cited("Receipts must be kept for two years [2].") == [
        ("Receipts must be kept for two years", 2, None),
        ("Receipts must be kept for two years", 1, "Receipts must be kept for two years."),
    ]


def test_answer_without_markers_is_aligned_sentence_by_sentence() -> None:
    answer = (
        "Receipts are to be kept for two years. The moon is made of cheese. In Paris the limit is 150 euros."
    )
    assert cited(answer) == [
        ("Receipts are to be kept for two years.", 1, "Receipts must be kept for two years."),
        ("In Paris the limit is 150 euros.", 1, "In Paris the limit is 150 euros."),
    ]


def test_unsupported_or_refusing_answer_has_no_citation() -> None:
    assert cited("I could not find anything about this in the documents.") == []
    assert cited("Hotels in Rome are paid up to 130 euros per night.") == []
    assert cited("") == []
    assert cite("Receipts must be kept [1].", []) == []


def test_german_text_and_counting_words() -> None:
    answer = (
        "Die Kündigungsfrist beträgt 3 Monate zum Quartalsende (Quelle 2). "
        "Pro Jahr gibt es z. B. 30 Tage Urlaub [2]. Es gibt 28 Tage Urlaub pro Jahr [2]."
    )
    assert cited(answer) == [
        (
            "Die Kündigungsfrist beträgt 3 Monate zum Quartalsende",
            2,
            "Die Kündigungsfrist beträgt drei Monate zum Quartalsende.",
        ),
        ("Pro Jahr gibt es z. B. 30 Tage Urlaub", 2, "Mitarbeiter erhalten 30 Tage Urlaub pro Jahr."),
        ("Es gibt 28 Tage Urlaub pro Jahr", 2, None),
    ]


def test_lists_and_tables_in_the_answer() -> None:
    answer = (
        "## Limits [1]\n\n- **Rome**: 120 euros per night [1]\n1. Paris: 150 euros [1]\n\n"
        "| Product | Price |\n|---|---|\n| SKU-9201 | $32.50 [3] |\n"
    )
    assert cited(answer) == [
        ("Rome**: 120 euros per night", 1, "Hotels are paid up to 120 euros per night in Rome."),
        ("Paris: 150 euros", 1, "In Paris the limit is 150 euros."),
        ("SKU-9201 | $32.50", 3, "SKU-9201 | $32.50"),
    ]


def test_code_and_links_hold_no_markers() -> None:
    answer = (
        "```python\nlimit = rates[1]  # hotels are paid up to 120 euros per night in Rome [1]\n```\n"
        "Use `rates[1]` or [1](https://example.org).\n\n[1]: https://example.org\n"
    )
    assert cited(answer) == []
    assert all(not claim.numbers for claim in claims_of(answer))


def test_list_of_sources_at_the_end_is_no_claim() -> None:
    answer = "Receipts must be kept for two years [1].\n\nSources:\n[1] Travel handbook, page 3\n"
    assert cited(answer) == [
        ("Receipts must be kept for two years", 1, "Receipts must be kept for two years.")
    ]


def test_spaces_quotes_and_dashes_may_differ() -> None:
    passage = Passage(
        1, "c", "T", None, "The \u201cbasic\u201d rate\u00a0is 1\u202f000 euros \u2014 per month\u00ad."
    )
    assert cited('The "basic" rate is 1,000 euros - per month [1].', (passage,))[0][2] == passage.text


@pytest.mark.parametrize(
    ("claim", "is_supported"),
    [
        ('The handbook says: "Receipts must be kept for two years" [1].', True),
        ("The handbook says: \u201creceipts must be kept for two\u00a0years\u201d [1].", True),
        ('The handbook says: "Receipts must be kept and filed for two years" [1].', False),
        ('The handbook says: "Receipts must always be kept for years" [1].', False),
        ('Receipts must be "kept" for two years [1].', True),
        ('By the "Travel handbook", receipts must be kept for two years [1].', True),
    ],
)
def test_words_in_quotation_marks_must_stand_in_the_passage(claim: str, is_supported: bool) -> None:
    citations = cite(claim, PASSAGES)
    assert [citation.verified for citation in citations] == [is_supported]
    assert bool(unsupported(claim, citations)) is not is_supported


def test_a_quotation_with_a_gap_is_two_and_a_name_in_quotes_is_none() -> None:
    claim = 'It says "every parent of a child [\u2026] may take leave" in the "Travel handbook".'
    assert quotations_of(claim) == ("everyparentofachild", "maytakeleave")


def test_chinese_claims_are_compared_in_pairs() -> None:
    passage = Passage(1, "c", "手册", 1, "员工每年有三十天假期。酒店每晚最多一百二十欧元。")
    assert cited("酒店每晚最多一百二十欧元。[1]", (passage,)) == [
        ("酒店每晚最多一百二十欧元。", 1, "酒店每晚最多一百二十欧元。")
    ]


def test_long_sentence_gives_a_short_quote() -> None:
    passage = Passage(
        1, "c", "T", None, "filler " * 100 + "the reactor must be cooled to 40 degrees " + "filler " * 100
    )
    quote = cited("The reactor must be cooled to 40 degrees [1].", (passage,))[0][2]
    assert quote is not None
    assert quote.startswith("reactor must be cooled to 40 degrees")
    assert len(quote) <= 400


def test_used_passages_are_those_that_support_something() -> None:
    citations = cite(
        "Dogs fly [2]. SKU-9201 costs $32.50 [3]. Receipts must be kept for two years [1].", PASSAGES
    )
    assert [passage.number for passage in used_passages(citations, PASSAGES)] == [3, 1]


def test_the_same_claim_and_number_is_cited_once() -> None:
    assert len(cite("Receipts must be kept for two years [1][1] [1].", PASSAGES)) == 1


def test_hostile_answer_takes_no_time() -> None:
    for answer in (
        "[1]" * 5000,
        "(" * 20000,
        "`" * 20000,
        "| " * 20000,
        "[1, " * 5000,
        "a." * 10000,
        "```\n" * 5000,
    ):
        cite(answer, PASSAGES)


def test_claims_without_support_are_named_and_what_is_denied_is_not() -> None:
    """A supported sentence, an invented one, and one that says what the documents do not hold."""
    passages = [
        Passage(1, "c1", "House rules", 1, "The blue lamp hangs in the archive room behind the door.")
    ]
    answer = (
        "The blue lamp hangs in the archive room [1]. The gardener waters seven cactuses every Tuesday. "
        "The documents do not say who bought the lamp."
    )
    bare = unsupported(answer, cite(answer, passages))
    assert [claim.text for claim in bare] == ["The gardener waters seven cactuses every Tuesday."]
