"""PDFs as people have them: tables with and without rules, columns, headings, turned pages, scans between."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from fpdf import FPDF
from fpdf.enums import TableBordersLayout

from apps.knowledge.chunking import chunk
from apps.knowledge.parsing.limits import DEFAULT_LIMITS
from apps.knowledge.parsing.registry import parse
from apps.knowledge.sandbox.runner import parse_sandboxed

from .test_hard_documents import picture

if TYPE_CHECKING:
    from apps.knowledge.parsing.parsed import Parsed

SALES = [
    ["In millions", "2023", "2022", "2021"],
    ["Products", "$ 298,085", "$ 316,199", "$ 297,392"],
    ["Services", "85,200", "78,129", "68,425"],
    ["Total net sales", "383,285", "394,328", "365,817"],
]
SALES_AS_MARKDOWN = (
    "| In millions | 2023 | 2022 | 2021 |\n| --- | --- | --- | --- |\n"
    "| Products | $ 298,085 | $ 316,199 | $ 297,392 |\n| Services | 85,200 | 78,129 | 68,425 |\n"
    "| Total net sales | 383,285 | 394,328 | 365,817 |"
)
PROSE = "The results of the year depend on the demand of the water industry, which is cyclical. " * 5


def page() -> FPDF:
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=11)
    return document


def read(document: FPDF | bytes, name: str = "report.pdf") -> Parsed:
    data = document if isinstance(document, bytes) else bytes(document.output())
    return parse(data, name, DEFAULT_LIMITS)


def table(document: FPDF, rows: list[list[str]], *, ruled: bool) -> None:
    borders = TableBordersLayout.ALL if ruled else TableBordersLayout.NONE
    with document.table(borders_layout=borders) as grid:
        for cells in rows:
            row = grid.row()
            for cell in cells:
                row.cell(cell)


@pytest.mark.parametrize("ruled", [True, False], ids=["ruled", "unruled"])
@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_table_between_prose_is_markdown_at_its_place(turned: int, *, ruled: bool) -> None:
    document = page()
    document.multi_cell(0, 6, PROSE)
    table(document, SALES, ruled=ruled)
    document.ln()
    document.multi_cell(0, 6, "After the table. " + PROSE)
    shown = pypdfium2.PdfDocument(bytes(document.output()))
    shown[0].set_rotation(turned)
    file = io.BytesIO()
    shown.save(file)
    kinds = [(section.kind, section.text) for section in read(file.getvalue()).sections]
    assert [kind for kind, _ in kinds] == ["text", "table", "text"]
    assert kinds[1][1] == SALES_AS_MARKDOWN
    assert kinds[0][1] == PROSE.strip()
    assert kinds[2][1] == "After the table. " + PROSE.strip()


def test_statement_of_a_filing_keeps_captions_signs_and_its_lines_of_header() -> None:
    document = page()
    rows = [("", "Years ended", "", ""), ("", "2023", "2022", "2021"), ("Net sales:", "", "", "")]
    rows += [("Products", "298,085", "316,199", "297,392"), ("Other (expense), net", "(565)", "(334)", "258")]
    rows += [("Tax rate", "14.7 %", "16.2 %", "13.3 %"), ("Net sales in Asia . . . . . .", "85", "78", "68")]
    for number, (label, *values) in enumerate(rows):
        document.set_xy(15, 30 + 6 * number)
        document.cell(60, 5, label)
        for at, value in enumerate(values):
            document.set_xy(90 + 30 * at, 30 + 6 * number)
            document.cell(5, 5, "$" if label == "Products" else "")
            document.cell(20, 5, value, align="R")
    assert read(document).sections[-1].text == (
        "|  | 2023 | 2022 | 2021 |\n| --- | --- | --- | --- |\n| Net sales: |  |  |  |\n"
        "| Products | $ 298,085 | $ 316,199 | $ 297,392 |\n| Other (expense), net | (565) | (334) | 258 |\n"
        "| Tax rate | 14.7 % | 16.2 % | 13.3 % |\n| Net sales in Asia | 85 | 78 | 68 |"
    )


def test_table_that_goes_on_over_the_page_keeps_its_header_in_each_chunk() -> None:
    document = page()
    rows = [["Line item", "Amount", "Share"]]
    rows += [[f"Item number {number}", f"{number},500", f"{number}.5%"] for number in range(120)]
    with document.table(repeat_headings=0) as grid:
        for cells in rows:
            row = grid.row()
            for cell in cells:
                row.cell(cell)
    chunks = chunk(read(document))
    assert {draft.place.page for draft in chunks} == {1, 2, 3, 4}
    assert all(draft.text.startswith("| Line item | Amount | Share |\n| --- |") for draft in chunks)
    assert all(f"| Item number {n} | {n},500 |" in "".join(d.text for d in chunks) for n in range(120))


def test_wrapped_cells_and_merged_ones_stay_in_their_row() -> None:
    document = page()
    with document.table(col_widths=(20, 60, 30)) as grid:
        for cells in (
            ["Role", "May do", "Limit"],
            ["Lead", "Approve travel of the staff " * 4, "190 EUR a night"],
        ):
            row = grid.row()
            for cell in cells:
                row.cell(cell)
        row = grid.row()
        row.cell("Board")
        row.cell("Decides on everything else", colspan=2)
    text = read(document).sections[0].text
    assert f"| Lead | {('Approve travel of the staff ' * 4).strip()} | 190 EUR a night |" in text
    assert "| Board | Decides on everything else |  |" in text


def test_columns_written_line_by_line_across_are_read_one_after_the_other() -> None:
    document = page()
    document.text(70, 15, "A title across both columns")
    for number in range(24):
        for side, left in (("left", 15), ("right", 110)):
            document.text(left, 30 + 5 * number, f"{side} {number} runs over and over the full width")
    words = read(document).text.split()
    places = [words.index(side) for side in ("title", "left", "right")]
    assert places == sorted(places)
    assert "left" not in words[places[2] :]


def test_prose_lists_and_contents_are_no_tables() -> None:
    document = page()
    document.multi_cell(0, 6, PROSE, align="J")
    for number in range(1, 6):
        document.cell(10, 6, f"{number}.")
        document.cell(0, 6, f"Point {number} of the list", new_x="LMARGIN", new_y="NEXT")
    for number in range(1, 6):
        document.cell(120, 6, f"Chapter {number} " + ". " * 30)
        document.cell(0, 6, str(number * 7), new_x="LMARGIN", new_y="NEXT")
    assert {section.kind for section in read(document).sections} == {"text"}


def test_headings_are_told_by_their_size_and_weight_where_there_is_no_outline() -> None:
    document = FPDF()
    for number in range(1, 4):
        document.add_page()
        document.set_font("helvetica", "B", 11)
        document.cell(0, 6, "Calder Industries, annual report", new_x="LMARGIN", new_y="NEXT")
        for style, size, text in (
            ("", 18, f"Item {number}. Of {['pumps', 'valves', 'service'][number - 1]}"),
            ("", 11, PROSE),
            ("B", 11, f"About the {['first', 'second', 'third'][number - 1]} part"),
            ("", 11, f"Fact {number}. {PROSE}"),
        ):
            document.set_font("helvetica", style, size)
            document.multi_cell(0, 8, text, new_x="LMARGIN", new_y="NEXT")
    found = {section.heading: section.page for section in read(document).sections if "Fact" in section.text}
    assert found == {
        ("Item 1. Of pumps", "About the first part"): 1,
        ("Item 2. Of valves", "About the second part"): 2,
        ("Item 3. Of service", "About the third part"): 3,
    }


def test_picture_under_a_line_of_text_is_read_too() -> None:
    document = page()
    document.cell(0, 6, "Exhibit 12, page 1 of 1", new_x="LMARGIN", new_y="NEXT")
    scan = picture("The hotel limit in Porto is 140\nTrains are booked in second class")
    document.image(io.BytesIO(scan), w=190, h=57)
    texts = [section.text for section in parse_sandboxed(bytes(document.output()), "exhibit.pdf").sections]
    assert texts[0] == "Exhibit 12, page 1 of 1"
    assert "The hotel limit in Porto is 140" in texts[1]


def test_no_letter_of_a_page_is_lost_or_doubled() -> None:
    document = page()
    document.multi_cell(0, 6, PROSE)
    table(document, SALES, ruled=True)
    table(document, SALES, ruled=False)
    data = bytes(document.output())
    raw = pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range()
    ours = read(data).text
    assert sorted(filter(str.isalnum, ours)) == sorted(filter(str.isalnum, raw))


def test_chunks_follow_each_other_through_a_filing() -> None:
    document = FPDF()
    for number in range(3):
        document.add_page()
        document.set_font("helvetica", size=11)
        document.multi_cell(0, 6, PROSE * 4)
        table(document, SALES, ruled=bool(number % 2))
    chunks = chunk(read(document))
    assert all(one.position + 1 == other.position for one, other in pairwise(chunks))
    assert [draft.place.page for draft in chunks if "383,285" in draft.text] == [1, 2, 3]


def test_filing_set_in_one_size_gets_its_items_and_keeps_the_years_above_rows_far_apart() -> None:
    document = FPDF(format="A4")
    document.add_page()
    prose = "Our results depend on the demand of the chemical industry and on the prices of castings. " * 5
    for title in ("Item 7. Discussion and Analysis", "Overview", "Liquidity"):
        document.set_font("helvetica", "B", 10)
        document.cell(0, 6, title, new_x="LMARGIN", new_y="NEXT")
        document.set_font("helvetica", size=10)
        document.multi_cell(0, 5, prose, new_x="LMARGIN", new_y="NEXT")
    rows = [("in millions", "2024", "2023")]
    rows += [
        (f"Cost of line {at}", f"({at}1" if at % 2 else "acp", f"{at}7)" if at % 3 else "one")
        for at in range(8)
    ]
    document.set_font("helvetica", size=14)
    for label, one, other in rows:
        for text, left in ((label, 20), (one, 90), (other, 130)):
            document.text(left, document.get_y() + 8, text)
        document.set_y(document.get_y() + 11)
    document.set_font("helvetica", "B", 10)
    document.set_y(document.get_y() + 10)
    document.cell(0, 6, "Item 8. Financial Statements", new_x="LMARGIN", new_y="NEXT")
    document.set_font("helvetica", size=10)
    document.multi_cell(0, 5, prose)
    sections = parse(bytes(document.output()), "a.pdf", DEFAULT_LIMITS).sections
    item = "Item 7. Discussion and Analysis"
    assert list(dict.fromkeys(section.heading for section in sections)) == [
        (item,),
        (item, "Overview"),
        (item, "Liquidity"),
        ("Item 8. Financial Statements",),
    ]
    tables = [section.text for section in sections if section.kind == "table"]
    assert len(tables) == 1
    assert tables[0].startswith("| in millions | 2024 | 2023 |")
    assert tables[0].count("Cost of line") == 8
