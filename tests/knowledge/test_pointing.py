"""Quotes, identifiers, numbers and places of a text: told from a question, found where they stand."""

from __future__ import annotations

import pytest

from apps.knowledge.pointing import COUNTED, QUOTED, legible, point, pointers_of
from tests.knowledge.conftest import Library


@pytest.mark.parametrize(
    ("question", "pointed"),
    [
        ("What is the torque of AX-4711/B?", ["AX-4711/B"]),
        ("Was regelt § 12 Abs. 3 BGB?", ["§ 12 Abs. 3"]),
        ("Is CVE-2024-12345 patched?", ["CVE-2024-12345"]),
        ("open Report_final.v2.docx please", ["Report_final.v2.docx"]),
        ("Who is max.mustermann@acme.de?", ["max.mustermann@acme.de"]),
        ("revenue of 1,234,567 in 2023", ["1,234,567", "2023"]),
        ("Zahlung an DE89 3704 0044 0532 0130 00", ["DE89 3704 0044 0532 0130 00"]),
        ("Wo steht „fristlose Kündigung“?", ["fristlose Kündigung"]),
        ("où est « clause de non-concurrence » ?", ["clause de non-concurrence"]),
        ("「秘密保持」とは", ["秘密保持"]),
        ("零件AX-4711/B的扭矩是多少", ["AX-4711/B"]),
        ("第12条第3項は何ですか", ["第12条第3項"]),
        ("требования ГОСТ 12345-67", ["12345-67"]),
        ("القانون رقم ١٢٣٤٥", ["12345"]),
        ("Art. 6 Abs. 1 lit. f DSGVO", ["Art. 6 Abs. 1 lit. f"]),
        ("What happened in 1966 in Super Bowl 50?", ["1966"]),
        ("a 10km run on the 45th day, 20%", []),
    ],
)
def test_what_a_question_points_at(question: str, pointed: list[str]) -> None:
    assert [pointer.text for pointer in pointers_of(question)] == pointed


@pytest.mark.parametrize(
    ("question", "text", "is_there"),
    [
        ("AX-4711/B", "the AX 4711 B is", True),
        ("AX-4711/B", "see AX4711/b.", True),
        ("AX-4711/B", "the AX-4711/BC is", False),
        ("AX-4711/B", "the AX-4711/A is", False),
        ("1234567", "a sum of 1,234,567 dollars", True),
        ("1,234,567", "1.234.567 Euro", True),
        ("1,234,567", "11,234,567", False),
        ("§ 12 Abs. 3", "nach §12 Absatz 3 gilt", True),
        ("§ 12 Abs. 3", "nach § 12 Abs. 31", False),
        ('"data base"', "the data\nbase", True),
        ('"data base"', "the database", False),
        ("version 4.5.1", "version 4.5.12", False),
        ("القانون رقم ١٢٣٤٥", "القانون رقم 12345", True),
        ("「秘密保持」とは", "第3章 秘密保持義務", True),
    ],
)
def test_where_it_stands_however_it_is_written(question: str, text: str, is_there: bool) -> None:
    assert [bool(each.among({1: legible(text)})) for each in pointers_of(question)] == [is_there]


def test_what_stands_nowhere_does_not_count_and_quotes_count_most() -> None:
    pointers = pointers_of('"net cash" AX-1 BX-2')
    found = point(pointers, {"both": "net cash of AX-1", "quote": "Net Cash", "none": "cash"})
    assert {key: (had.share, had.weight) for key, had in found.items()} == {
        "both": (1.0, QUOTED),
        "quote": (pytest.approx(0.6), QUOTED),
    }


def test_a_year_counts_in_the_title_where_one_has_it() -> None:
    found = point(
        pointers_of("net sales in 2021"), {"of": "10k-2021.pdf\nCalder\n[]\nx", "in": "a\nb\n[]\n2021"}
    )
    assert {key: (had.weight, had.is_sure) for key, had in found.items()} == {"of": (COUNTED, False)}


PARTS = ("AX-4711/A", "AX-4711/B", "AX-4711/C", "AX-4712/B", "BX-4711/B", "AX-47110", "XA-4711/B")
MORE = {
    "recht.md": "# Arbeitsvertrag\n\n§ 12 Abs. 2 regelt den Urlaub.\n\n# Kündigung\n\n§ 12 Absatz 3 regelt "
    "die fristlose Kündigung.\n\n# Fristen\n\n§ 13 Abs. 3 regelt Fristen, 12 Wochen, 3 Tage.",
    "security.md": "# Advisories\n\nCVE-2024-12344 hits the parser.\n\n# Done\n\nCVE-2024-12345 is patched.",
    "contacts.md": "# Sales\n\nWrite to info@acme.de.\n\n# Support\n\nWrite to max.mustermann@acme.de.",
    "sums.md": "# One\n\nThe grant was 1.234.567 euros.\n\n# Two\n\nThe grant was 1.234.568 euros.",
    "清单.md": "# 零件\n\n零件 KX-77/9 的扭矩是 12 牛米。\n\n# 其他\n\n零件 KX-77/8 的扭矩是 15 牛米。",
    "orders.txt": "Orders of the plant are kept for ten years in the archive of the works council.",
}


def test_each_is_found_first_among_its_neighbours(library: Library) -> None:
    cast = library.cast
    base = library.base(cast.alice, "tenant")
    list_ = "\n\n".join(
        f"# Part {part}\n\nThe torque of part {part} is {at}0 Nm." for at, part in enumerate(PARTS, 1)
    )
    for name, text in {"parts.md": list_, **MORE}.items():
        library.read(library.add(base, name, text))
    asked = {
        "What is the torque of AX-4711/B?": "AX-4711/B is",
        "Drehmoment ax 4711 b": "AX-4711/B is",
        "torque AX-4711/A": "AX-4711/A is",
        "Was regelt § 12 Abs. 3?": "§ 12 Absatz 3",
        "Is CVE-2024-12345 patched?": "CVE-2024-12345",
        "Who is max.mustermann@acme.de?": "max.mustermann",
        "Which grant was 1234567?": "1.234.567",
        "零件KX-77/9的扭矩是多少": "KX-77/9",
        "what does orders.txt say about the works council": "ten years",
        'Where is "regelt den Urlaub"?': "§ 12 Abs. 2",
    }
    first = {question: library.ask(cast.bob, question, base)[:1] for question in asked}
    missed = {
        question: [passage.text[:80] for passage in found]
        for question, found in first.items()
        if not found or asked[question] not in found[0].text
    }
    assert missed == {}


def test_year_that_no_title_names_is_looked_for_in_the_texts() -> None:
    texts = {"now": "a.pdf\nReport\nIn 2021 sales were $9", "then": "b.pdf\nReport\nIn 2020 sales were $8"}
    found = point(pointers_of("What were sales in 2021?"), texts)
    assert {key: (had.share, had.weight) for key, had in found.items()} == {"now": (1.0, COUNTED)}


def test_plain_number_of_three_digits_tells_texts_apart_and_is_no_identifier() -> None:
    found = point(pointers_of("Which year's claims numbered 397?"), {1: "\n\n397 claims", 2: "\n\n1,397"})
    assert {key: (had.weight, had.is_sure) for key, had in found.items()} == {1: (COUNTED, False)}
    assert pointers_of("Within 30 days, at most 12 people") == []
