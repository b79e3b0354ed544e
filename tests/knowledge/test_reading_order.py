"""Lines from the right in PDFs: letters stand in the order of the page, and are read in that of the text."""

import pytest
from fpdf import FPDF

from apps.knowledge.parsing.layout.bidi import Letter, in_reading_order
from apps.knowledge.parsing.limits import DEFAULT_LIMITS
from apps.knowledge.parsing.registry import parse

from . import scans

WIDTH = 6.0
HEIGHT = 10.0


def read(standing: str) -> str:
    """A line as it stands, one letter a place, read by where the letters stand alone."""
    letters = [
        Letter(letter, at, at * WIDTH, (at + 1) * WIDTH)
        for at, letter in enumerate(standing)
        if letter != " "
    ]
    return "".join(one.text for one in in_reading_order(letters, HEIGHT, favoured=standing[-1] > "z"))


@pytest.mark.parametrize(
    ("standing", "text"),
    [
        ("םולש", "שלום"),
        ("תריחב 2026-ב Acme Corp םע הזוחה", "החוזה עם Acme Corp ב-2026 בחירת"),
        (".(12 ףינס) הפיח", "חיפה (סניף 12)."),
        ("50% וא $600 לש החנה", "הנחה של $600 או 50%"),
        ("700 - 600 ןיב", "בין 600 - 700"),
        ("Acme (US) תרבח", "חברת Acme (US)"),
        ("A-17 קלח", "חלק A-17"),
        ("01-05-2026 يف أدبي", "يبدأ في 2026-05-01"),
        ("1,250.75 رعسلا", "السعر 1,250.75"),
        ("The word םולש means peace in Hebrew.", "The word שלום means peace in Hebrew."),
    ],
)
def test_lines_from_the_right_are_read_from_the_right(standing: str, text: str) -> None:
    assert read(standing) == text


def test_marks_follow_the_letter_that_carries_them() -> None:
    letters = [Letter("ב", 0, 12, 18), Letter("\u05b7", 1, 13, 17), Letter("ת", 2, 6, 12)]
    assert "".join(one.text for one in in_reading_order(letters, HEIGHT)) == "בַת"


@pytest.mark.parametrize("order", ["لأ", "أل"])
def test_lam_and_alef_of_one_glyph_keep_their_order(order: str) -> None:
    letters = [Letter(letter, at, 0, 6) for at, letter in enumerate(order)]
    assert "".join(one.text for one in in_reading_order(letters, HEIGHT)) == "لأ"


def drawn(lines: list[list[tuple[int, str]]]) -> bytes:
    """A PDF whose lines are pieces of text, each drawn at its place from left to right as it stands."""
    letters = sorted({letter for line in lines for _, piece in line for letter in piece})
    codes = {letter: f"{65 + at:02X}" for at, letter in enumerate(letters)}
    names = "\n".join(f"<{codes[letter]}> <{ord(letter):04X}>" for letter in letters)
    mapped = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <00> <FF> "
        f"endcodespacerange {len(letters)} beginbfchar\n{names}\nendbfchar endcmap end end"
    )
    content = "\n".join(
        f"BT /F1 12 Tf 1 0 0 1 {x} {700 - 24 * number} Tm <{''.join(codes[one] for one in piece)}> Tj ET"
        for number, line in enumerate(lines)
        for x, piece in line
    )
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(content)}>>stream\n{content}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Courier/ToUnicode 6 0 R>>",
        f"<</Length {len(mapped)}>>stream\n{mapped}\nendstream",
    ]
    body = "".join(f"{number} 0 obj{one}\nendobj\n" for number, one in enumerate(objects, start=1))
    return f"%PDF-1.7\n{body}trailer<</Root 1 0 R>>\n%%EOF".encode()


def test_page_from_the_right_keeps_its_words_and_the_order_of_its_columns() -> None:
    prose = [[(90, "םידבועה לכל העיסנה יללכ תא Acme Corp םע הזוחה")]] * 5
    limits = (
        ("2027", "2026", "ריע"),
        ("185", "190", "הפיח"),
        ("235", "240", "תליא"),
        ("305", "310", "הירבט"),
    )
    rows = [[(100, later), (250, limit), (400, city)] for later, limit, city in limits]
    parsed = parse(drawn([*prose, *rows]), "a.pdf", DEFAULT_LIMITS)
    assert "החוזה עם Acme Corp את כללי הנסיעה לכל העובדים" in parsed.sections[0].text
    assert parsed.sections[-1].text == (
        "| עיר | 2026 | 2027 |\n| --- | --- | --- |\n| חיפה | 190 | 185 |\n| אילת | 240 | 235 |\n"
        "| טבריה | 310 | 305 |"
    )


def test_page_written_from_the_top_is_read_line_by_line() -> None:
    lines = ["出張規程は会社の全従業員に適用されます。", "宿泊費は一泊140ユーロまで払い", "戻されます。"]
    page = FPDF()
    page.add_page()
    page.add_font("CJK", "", scans.font_of("ja"))
    page.set_font("CJK", size=16)
    page.text(20, 20, "社内 規程集 第三版")
    for across, line in enumerate(lines):
        for down, letter in enumerate(line):
            page.text(180 - across * 12, 40 + down * 8, letter)
    parsed = parse(bytes(page.output()), "a.pdf", DEFAULT_LIMITS)
    text = parsed.text
    assert "社内 規程集 第三版" in text
    assert "出張規程は会社の全従業員に適用されます。" in text
    assert "宿泊費は一泊140ユーロまで払い戻されます。" in text.replace("\n", "")
    assert {section.kind for section in parsed.sections} == {"text"}
