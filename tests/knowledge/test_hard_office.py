"""Office documents as programs really write them: numbers that only show, headings in lists, merged headers."""

# ruff: noqa: E501, RUF001 (markup is read more easily in whole lines; letters of other scripts are meant)

import io
from email.message import EmailMessage

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from apps.knowledge.chunking import chunk
from apps.knowledge.parsing.formats.charts import A, read_chart
from apps.knowledge.parsing.limits import DEFAULT_LIMITS
from apps.knowledge.parsing.numerals import numeral
from apps.knowledge.parsing.outline import SectionBuilder
from apps.knowledge.parsing.registry import parse
from apps.knowledge.parsing.xmltree import parse_xml as tree

from . import builders
from .test_formats import OPEN, opened, workbook

WORD = nsdecls("w")
LEVELS = "".join(
    f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>{style}<w:lvlText w:val="{text}"/></w:lvl>'
    for at, kind, style, text in (
        (0, "upperRoman", '<w:pStyle w:val="Heading1"/>', "%1."),
        (1, "decimal", '<w:isLgl/><w:pStyle w:val="Heading2"/>', "%1.%2"),
        (2, "lowerLetter", "", "(%3)"),
    )
)


def read(data: bytes, name: str) -> str:
    return parse(data, name, DEFAULT_LIMITS).text


def numbering(number: int, level: int) -> str:
    return f'<w:numPr {WORD}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'


def contract() -> bytes:
    document = docx.Document()
    lists = document.part.numbering_part.element
    lists.insert(0, parse_xml(f'<w:abstractNum {WORD} w:abstractNumId="77">{LEVELS}</w:abstractNum>'))
    restart = '<w:lvlOverride w:ilvl="2"><w:startOverride w:val="5"/></w:lvlOverride>'
    for number, override in ((77, ""), (78, restart)):
        lists.append(
            parse_xml(f'<w:num {WORD} w:numId="{number}"><w:abstractNumId w:val="77"/>{override}</w:num>')
        )
    for level in (1, 2):
        style = document.styles[f"Heading {level}"].element
        style.get_or_add_pPr().append(parse_xml(numbering(77, level - 1)))
    for level, text in ((1, "Definitions"), (2, "Terms"), (2, "Scope"), (1, "Payment"), (2, "Due dates")):
        document.add_heading(text, level)
    for number in (77, 77, 78):
        paragraph = document.add_paragraph(f"clause of {number}")
        paragraph._p.get_or_add_pPr().append(parse_xml(numbering(number, 2)))
    document.add_paragraph("first step", style="List Number")
    document.add_paragraph("second step", style="List Number")
    document.add_paragraph("a dot", style="List Bullet")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def test_numbers_of_a_word_file_stand_where_they_show() -> None:
    parsed = parse(contract(), "a.docx", DEFAULT_LIMITS)
    assert [section.heading for section in parsed.sections] == [
        ("I. Definitions",),
        ("I. Definitions", "1.1 Terms"),
        ("I. Definitions", "1.2 Scope"),
        ("II. Payment",),
        ("II. Payment", "2.1 Due dates"),
    ]
    assert parsed.sections[-1].text.split("\n\n")[1:] == [
        *("(a) clause of 77", "(b) clause of 77", "(e) clause of 78"),
        *("1. first step", "2. second step", "- a dot"),
    ]


@pytest.mark.parametrize(
    ("number", "kind", "shown"),
    [
        (4, "decimal", "4"),
        (28, "lowerLetter", "bb"),
        (1994, "upperRoman", "MCMXCIV"),
        (7, "decimalZero", "07"),
    ],
)
def test_numerals(number: int, kind: str, shown: str) -> None:
    assert numeral(number, kind) == shown


def test_what_a_word_file_does_not_show_is_not_read() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Shown ")
    paragraph.add_run("hidden").font.hidden = True
    ruby = "<w:ruby><w:rt><w:r><w:t>かんじ</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢字</w:t></w:r></w:rubyBase></w:ruby>"
    paragraph._p.append(parse_xml(f"<w:r {WORD}>{ruby}</w:r>"))
    table = document.add_table(4, 3)
    for at, row in enumerate(table.rows):
        for column, cell in enumerate(row.cells):
            cell.text = f"{at}{column}"
    table.cell(0, 1).merge(table.cell(0, 2)).text = "Both"
    for at, mark in ((0, "tblHeader"), (1, "tblHeader"), (3, "del")):
        table.rows[at]._tr.get_or_add_trPr().append(parse_xml(f"<w:{mark} {WORD}/>"))
    file = io.BytesIO()
    document.save(file)
    assert read(file.getvalue(), "a.docx") == (
        "Shown 漢字\n\n| 00 10 | Both 11 | Both 12 |\n| --- | --- | --- |\n| 20 | 21 | 22 |"
    )


def test_numbered_headings_of_open_document_are_headings() -> None:
    def item(*inner: str) -> str:
        return f"<text:list-item>{''.join(inner)}</text:list-item>"

    inner = f"<text:list>{item('<text:p>clause</text:p>')}</text:list>"
    heading = '<text:h text:outline-level="{}">{}</text:h>'.format
    lists = item(heading(1, "Payment"), f"<text:list>{item(heading(2, 'Due dates'), inner)}</text:list>")
    ruby = "<text:p><text:ruby><text:ruby-base>漢字</text:ruby-base><text:ruby-text>かんじ</text:ruby-text></text:ruby></text:p>"
    body = f"<office:text><text:list>{lists}</text:list>{ruby}</office:text>"
    sections = parse(opened("text", body), "a.odt", DEFAULT_LIMITS).sections
    assert [(section.heading, section.text) for section in sections] == [
        (("Payment",), "Payment"),
        (("Payment", "Due dates"), "Due dates\n\n    - clause\n\n漢字"),
    ]


def test_chart_and_notes_of_an_open_presentation() -> None:
    chart = (
        f'<office:document-content {OPEN} xmlns:c="urn:oasis:names:tc:opendocument:xmlns:chart:1.0"><office:body><office:chart>'
        "<c:chart><c:title><text:p>Sales</text:p></c:title><table:table><table:table-row><table:table-cell/>"
        "<table:table-cell><text:p>Q1</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell>"
        "<text:p>East</text:p></table:table-cell><table:table-cell><text:p>7</text:p></table:table-cell></table:table-row>"
        "</table:table></c:chart></office:chart></office:body></office:document-content>"
    )
    slide = (
        '<draw:page><draw:frame><draw:object x:href="./Object 1" xmlns:x="http://www.w3.org/1999/xlink"/></draw:frame>'
        "<p:notes><draw:frame><draw:text-box><text:p>Slowly</text:p></draw:text-box></draw:frame>"
        '<draw:frame p:class="page-number"><draw:text-box><text:p>&lt;number&gt;</text:p></draw:text-box></draw:frame>'
        "</p:notes></draw:page>"
    )
    body = f"<office:document-content {OPEN}><office:body><office:presentation>{slide}</office:presentation></office:body></office:document-content>"
    deck = {
        "mimetype": b"application/vnd.oasis.opendocument.presentation",
        "content.xml": body.encode(),
        "Object 1/content.xml": chart.encode(),
    }
    assert (
        read(builders.zipped(deck), "a.odp")
        == "Sales\n\n|  | Q1 |\n| --- | --- |\n| East | 7 |\n\nNotes: Slowly"
    )


def test_point_that_a_chart_leaves_out_moves_no_other() -> None:
    def points(*pairs: tuple[int, str]) -> str:
        return "".join(f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in pairs)

    series = (
        f"<c:ser><c:cat>{points((0, 'East'), (1, 'West'))}</c:cat><c:val>{points((1, '4'))}</c:val></c:ser>"
    )
    names = f'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="{A[1:-1]}"'
    builder = SectionBuilder()
    read_chart(tree(f"<c:chart {names}>{series}</c:chart>".encode()), builder)
    assert builder.finish()[0].text == "| West | 4 |\n| --- | --- |"


def test_merged_header_of_a_sheet_is_one_line_and_rows_keep_their_numbers() -> None:
    def row(number: int, cells: dict[str, str]) -> str:
        filled = "".join(f'<c r="{at}{number}" t="str"><v>{text}</v></c>' for at, text in cells.items())
        return f'<row r="{number}">{filled}</row>'

    head = row(1, {"A": "Item", "B": "2023", "D": "2024"}) + row(
        2, dict(zip("BCDE", ["Plan", "Actual"] * 2, strict=True))
    )
    rows = "".join(row(at, {"A": f"Item {at}", **dict.fromkeys("BCDE", str(at))}) for at in range(3, 90))
    merged = "".join(f'<mergeCell ref="{ref}"/>' for ref in ("A1:A2", "B1:C1", "D1:E1"))
    book = workbook(f"{head}{rows}</sheetData><mergeCells>{merged}</mergeCells><sheetData>")
    pieces = chunk(parse(book, "a.xlsx", DEFAULT_LIMITS))
    assert all(
        piece.text.startswith("| Item | 2023 Plan | 2023 Actual | 2024 Plan | 2024 Actual |\n")
        for piece in pieces
    )
    for piece in pieces:
        assert piece.text.split("\n")[-1].startswith(f"| Item {piece.place.last_row} |")


def test_sheet_too_wide_for_its_header_is_cut_between_columns() -> None:
    names = ["Part"] + [f"Measurement number {at}" for at in range(60)]
    lines = [
        ",".join(names),
        *(",".join([f"P{at}"] + [f"v{at}-{column}" for column in range(60)]) for at in range(3)),
    ]
    pieces = chunk(parse("\n".join(lines).encode(), "a.csv", DEFAULT_LIMITS))
    for at in range(3):
        for column in range(60):
            found = next(piece for piece in pieces if f"v{at}-{column} " in piece.text)
            assert f"Measurement number {column} " in found.text.split("\n")[0]
            assert f"| P{at} |" in found.text


def test_number_before_a_paragraph_of_rich_text_does_not_end_its_heading() -> None:
    source = rb"{\rtf1{\stylesheet{\s1 heading 1;}}\pard\s1\outlinelevel0{\listtext\pard 1.\tab}Payment\par\pard Due.\par}"
    assert [section.heading for section in parse(source, "a.rtf", DEFAULT_LIMITS).sections] == [
        ("1. Payment",)
    ]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Имя;Город\nАнна;Москва\nПётр;Казань\n", "koi8_r"),
        ("Ім'я;Місто\nОлена;Київ\n", "koi8_u"),
        ("שם;עיר\nדנה;חיפה\n", "cp1255"),
        ("ชื่อ;เมือง\nสมชาย;กรุงเทพ\n", "tis_620"),
        ("Όνομα;Πόλη\nΆννα;Αθήνα\n", "cp1253"),
        ("名前;都市\n田中;東京\n", "cp932"),
        ("姓名;城市\n张三;北京\n", "gb18030"),
        ("الاسم;المدينة\nأحمد;القاهرة\n", "cp1256"),
    ],
)
def test_short_table_in_an_old_encoding(text: str, encoding: str) -> None:
    lines = [f"| {line.replace(';', ' | ')} |" for line in text.splitlines()]
    assert read(text.encode(encoding), "a.csv") == "\n".join([lines[0], "| --- | --- |", *lines[1:]])


@pytest.mark.parametrize(
    ("data", "name", "text"),
    [
        ("id~name\n1~x, y\n2~z, q\n", "a.csv", "| id | name |\n| --- | --- |\n| 1 | x, y |\n| 2 | z, q |"),
        (
            '<svg xmlns="http://www.w3.org/2000/svg"><title>Plan</title><style>.a{}</style><text x="1">Room <tspan>12</tspan></text><path d="M0 0"/></svg>',
            "a.svg",
            "Plan\n\nRoom 12",
        ),
    ],
)
def test_more_odd_texts(data: str, name: str, text: str) -> None:
    assert read(data.encode(), name) == text


def test_mail_in_a_mail_is_named_by_its_subject_and_signatures_are_left_out() -> None:
    inner = EmailMessage()
    inner["Subject"] = "Order 17"
    inner.set_content("Three pumps")
    message = EmailMessage()
    message["Subject"] = "Fwd"
    message.set_content("See below")
    message.add_attachment(inner)
    message.add_attachment(b"0x", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    sections = parse(bytes(message), "a.eml", DEFAULT_LIMITS).sections
    assert [section.heading for section in sections] == [(), (), ("Order 17.eml",), ("Order 17.eml",)]
