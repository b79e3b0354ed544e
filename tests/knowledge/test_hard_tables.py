"""Tables, mails, archives and markup as programs really write them: merged cells, units, stubs, odd names."""

# ruff: noqa: E501 (markup is read more easily in whole lines)

import io
import zipfile
from email.message import EmailMessage

import docx
import pytest

from apps.knowledge.parsing.errors import OWN_ENTITIES, ParseError
from apps.knowledge.parsing.formats.xlsx_cells import S, Styles
from apps.knowledge.parsing.limits import DEFAULT_LIMITS
from apps.knowledge.parsing.registry import parse
from apps.knowledge.parsing.xmltree import parse_xml

from . import builders
from .test_formats import MAIN, opened, shape, workbook

REGIONS = "| Region | City |\n| --- | --- |\n| North | Kiel |\n| North | Rostock |\n| South | Ulm |"


def read(data: bytes | str, name: str) -> str:
    return parse(data.encode() if isinstance(data, str) else data, name, DEFAULT_LIMITS).text


def test_what_is_merged_over_rows_stands_in_each_of_them() -> None:
    def row(number: int, *cells: tuple[str, str]) -> str:
        filled = "".join(f'<c r="{at}{number}" t="str"><v>{text}</v></c>' for at, text in cells)
        return f'<row r="{number}">{filled}</row>'

    sheet = "".join(
        [
            row(1, ("A", "Region"), ("B", "City")),
            row(2, ("A", "North"), ("B", "Kiel")),
            row(3, ("B", "Rostock")),
            row(4, ("A", "South"), ("B", "Ulm")),
        ]
    )
    book = workbook(sheet + '</sheetData><mergeCells><mergeCell ref="A2:A3"/></mergeCells><sheetData>')
    assert read(book, "a.xlsx") == REGIONS
    page = "<table><tr><th>Region<th>City<tr><td rowspan=2>North<td>Kiel<tr><td>Rostock<tr><td>South<td>Ulm</table>"
    assert read(page, "a.html") == REGIONS
    cell = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>".format
    covered = "<table:covered-table-cell/>"
    rows = (
        (cell("", "Region"), cell("", "City")),
        (cell(' table:number-rows-spanned="2"', "North"), cell("", "Kiel")),
        (covered, cell("", "Rostock")),
        (cell("", "South"), cell("", "Ulm")),
    )
    filled = "".join(f"<table:table-row>{''.join(cells)}</table:table-row>" for cells in rows)
    table = f'<office:spreadsheet><table:table table:name="S">{filled}</table:table></office:spreadsheet>'
    assert read(opened("spreadsheet", table), "a.ods") == REGIONS


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [
        ('#,##0.00 "€"', "1234.5", "1234.50 €"),
        ("[$$-409]#,##0.00", "99", "$99.00"),
        ("_-* #,##0.00 [$CHF]_-", "1500.125", "1500.125 CHF"),
        ('0 "kg";[Red]-0 "kg"', "17", "17 kg"),
        ('#,##0.0,,"M"', "12300000", "12300000"),
        ("[h]:mm", "1.5", "36:00"),
        ("[$-407]d. mmmm yyyy", "45000", "2023-03-15"),
        ("0.0%", "0.0725", "7.2%"),
        ("# ?/?", "0.5", "0.5"),
        ("General", "3", "3"),
    ],
)
def test_numbers_of_a_workbook_keep_their_unit(code: str, number: str, shown: str) -> None:
    escaped = code.replace('"', "&quot;")
    root = parse_xml(
        f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="170" formatCode="{escaped}"/></numFmts>'
        '<cellXfs><xf numFmtId="170"/></cellXfs></styleSheet>'.encode()
    )
    assert root.tag == f"{S}styleSheet"
    assert Styles(root, from_1904=False).shown(number, "0") == shown


def test_cells_of_a_page_keep_their_words_whole_and_lists_in_their_row() -> None:
    page = (
        "<h1>Über<em>sicht</em></h1><table><tr><th>Part<th>Rights<tr><td>AB<b>-12</b> H<sub>2</sub>O"
        "<td><ul><li>read</li><li>write</li></ul></table>"
        '<p>Limit <input value="450 EUR"><input type="password" value="secret">'
        "<select><option>Silver<option selected>Gold</select></p>"
    )
    assert shape(parse(page.encode(), "a.html", DEFAULT_LIMITS)) == [
        (None, ("Übersicht",), "text", "Übersicht"),
        (
            None,
            ("Übersicht",),
            "table",
            "| Part | Rights |\n| --- | --- |\n| AB-12 H2O | read write |",
        ),
        (None, ("Übersicht",), "text", "Limit 450 EUR Gold"),
    ]


def test_caption_of_a_table_stands_before_it() -> None:
    page = "<table><caption>Limits <b>2026</b></caption><tr><th>City<th>EUR<tr><td>Rome<td>190</table>"
    assert read(page, "a.html") == "Limits 2026\n\n| City | EUR |\n| --- | --- |\n| Rome | 190 |"


def test_mail_whose_text_is_a_stub_is_read_as_it_is_shown() -> None:
    message = EmailMessage()
    message["Subject"] = "Outage"
    message.set_content("Your program shows no HTML.")
    message.add_alternative(f"<p>{'The host was down. ' * 5}</p>", subtype="html")
    assert "The host was down." in read(bytes(message), "a.eml")
    listed = (
        b"Subject: list\nContent-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/html\n\n"
        b"<p>The Falcon valve.</p>\n--B\nContent-Type: text/plain\n\nFooter of the list\n--B--\n"
    )
    assert read(listed, "a.eml") == "Subject: list\n\nThe Falcon valve.\n\nFooter of the list"


@pytest.mark.parametrize(("name", "encoding"), [("тест.txt", "utf-8"), ("Übersicht März.txt", "cp437")])
def test_names_that_a_zip_does_not_label_are_read_as_they_were_meant(name: str, encoding: str) -> None:
    file = io.BytesIO()
    raw = name.encode(encoding)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("N" * len(raw), "Inside it")
    data = file.getvalue().replace(b"N" * len(raw), raw)
    assert parse(data, "a.zip", DEFAULT_LIMITS).sections[0].heading == (name,)


@pytest.mark.parametrize(
    ("data", "name", "text"),
    [
        ("<!DOCTYPE d SYSTEM 'x.dtd'><d>Caf&eacute;</d>", "a.xml", "d: Café"),
        ('{"a":"one\u2028two"}\n{"a":"three"}', "a.jsonl", "| a |\n| --- |\n| one two |\n| three |"),
        ("name\nAlpha\nBeta, Gamma\n", "a.csv", "name\nAlpha\nBeta, Gamma"),
        (b"a text with\0one stray byte", "a.txt", "a text withone stray byte"),
    ],
)
def test_small_oddities_lose_nothing(data: bytes | str, name: str, text: str) -> None:
    assert read(data, name) == text


def test_entities_of_a_files_own_are_refused_in_words() -> None:
    with pytest.raises(ParseError) as caught:
        read('<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>', "a.xml")
    assert caught.value.message == OWN_ENTITIES


def test_book_without_a_spine_is_read_in_the_order_of_its_list() -> None:
    book = {
        "META-INF/container.xml": b'<container><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>',
        "b.opf": b'<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
        b"<spine/></package>",
        "a.xhtml": b"<html><body><p>Only chapter</p></body></html>",
        "mimetype": b"application/epub+zip",
    }
    assert read(builders.zipped(book), "a.epub") == "Only chapter"


def test_remarks_and_formulas_of_a_word_file_are_read() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Energy: ")
    document.add_comment(paragraph.runs, text="Check the units", author="Zoe")
    file = io.BytesIO()
    document.save(file)
    formula = (
        b'<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:r><m:t>E=mc'
        b"</m:t></m:r></m:oMath></w:p>"
    )
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"</w:p>", formula, 1)
    assert read(builders.zipped(parts), "a.docx") == "Energy: E=mc\n\nComment: Check the units"
