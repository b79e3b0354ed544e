from itertools import pairwise

from apps.knowledge.chunking import chunk, embedding_text
from apps.knowledge.parsing.parsed import Section

from .builders import parsed


def prose(sentences: int) -> str:
    return " ".join(f"Sentence number {number} tells one small thing." for number in range(sentences))


def test_spans_point_into_the_full_text() -> None:
    document = parsed(Section(prose(60), page=1), Section("Größe \U0001f600 " + prose(40), page=2))
    chunks = chunk(document)
    assert all(document.text[item.start : item.end] == item.text for item in chunks)
    assert [item.position for item in chunks] == list(range(len(chunks)))
    assert max(len(item.text) for item in chunks) <= 1000
    assert {item.place.page for item in chunks} == {1, 2}


def test_neighbours_share_some_text_and_nothing_is_lost() -> None:
    document = parsed(Section(prose(100)))
    chunks = chunk(document, size=500, overlap=100)
    for before, after in pairwise(chunks):
        assert before.end - 100 <= after.start <= before.end + 1
    assert (chunks[0].start, chunks[-1].end) == (0, len(document.text))


def test_small_sections_under_one_heading_are_merged_and_others_are_not() -> None:
    document = parsed(
        Section("One.", page=1, heading=("A",)),
        Section("Two.", page=1, heading=("A",)),
        Section("Three.", page=1, heading=("A", "B")),
        Section("Four.", page=2, heading=("A", "B")),
    )
    assert [(item.text, item.place.page, item.heading) for item in chunk(document)] == [
        ("One.\n\nTwo.", 1, ("A",)),
        ("Three.", 1, ("A", "B")),
        ("Four.", 2, ("A", "B")),
    ]


def test_long_table_repeats_its_header() -> None:
    head = "| Part | Price |\n| --- | --- |"
    rows = [f"| SKU-{number} | {number}.00 |" for number in range(100)]
    document = parsed(Section("Prices."), Section("\n".join([head, *rows]), kind="table"), Section("End."))
    chunks = [item for item in chunk(document, size=400) if item.kind == "table"]
    assert len(chunks) > 3
    assert all(item.text.startswith(head + "\n| SKU-") and len(item.text) <= 400 for item in chunks)
    body = [line for item in chunks for line in item.text.split("\n")[2:]]
    assert body == rows
    assert chunks[0].start == document.text.index("| Part")
    for item in chunks[1:]:
        assert head + "\n" + document.text[item.start : item.end] == item.text


def test_row_longer_than_a_chunk_is_cut() -> None:
    table = "| a | b |\n| --- | --- |\n| x | " + prose(60) + " |\n| y | z |"
    chunks = chunk(parsed(Section(table, kind="table")), size=500)
    assert max(len(item.text) for item in chunks) <= 500
    assert chunks[-1].text.endswith("| y | z |")


def test_text_without_any_space_is_cut_too() -> None:
    chunks = chunk(parsed(Section("字" * 5000)))
    assert max(len(item.text) for item in chunks) <= 1000
    assert chunks[-1].end == 5000


def test_embedding_text_carries_title_and_headings() -> None:
    assert (
        embedding_text("Handbook", ("Leave", "Special"), "Two days.")
        == "Handbook > Leave > Special\n\nTwo days."
    )
    assert embedding_text("", (), "Two days.") == "Two days."
