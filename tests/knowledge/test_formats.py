"""Every format gives its text at its place, from documents made here."""

# ruff: noqa: E501 (markup is read more easily in whole lines)

import json
from email.message import EmailMessage
from typing import Any

import pytest

from apps.knowledge.chunking import chunk
from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import DEFAULT_LIMITS
from apps.knowledge.parsing.parsed import Parsed
from apps.knowledge.parsing.registry import parse
from apps.knowledge.sandbox.runner import parse_sandboxed

from . import builders

OFFICE = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
OPEN = " ".join(
    f'xmlns:{short}="{OASIS}{name}:1.0"'
    for short, name in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("draw", "drawing"),
        ("p", "presentation"),
    )
)


def shape(parsed: Parsed) -> list[tuple[Any, ...]]:
    return [(section.page, section.heading, section.kind, section.text) for section in parsed.sections]


def relations(*entries: tuple[str, str, str]) -> bytes:
    rows = "".join(
        f'<Relationship Id="{i}" Type="{KIND}/{kind}" Target="{target}"/>' for i, kind, target in entries
    )
    return f"<Relationships {RELATIONS}>{rows}</Relationships>".encode()


def workbook(sheet: str, *, styles: str = "") -> bytes:
    return builders.zipped(
        {
            "xl/workbook.xml": f'<workbook {MAIN} {OFFICE}><sheets><sheet name="Costs" sheetId="1" r:id="r1"/>'
            "</sheets></workbook>".encode(),
            "xl/_rels/workbook.xml.rels": relations(
                ("r1", "worksheet", "worksheets/sheet1.xml"),
                ("r2", "sharedStrings", "sharedStrings.xml"),
                ("r3", "styles", "styles.xml"),
            ),
            "xl/sharedStrings.xml": f"<sst {MAIN}><si><t>City</t></si><si><r><t>Ro</t></r><r><t>me</t></r>"
            "<rPh><t>ローマ</t></rPh></si></sst>".encode(),
            "xl/styles.xml": f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="170" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
            '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="10"/></cellXfs></styleSheet>'.encode(),
            "xl/worksheets/sheet1.xml": f"<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>".encode(),
        }
    )


def test_workbook_rows_keep_sheet_number_and_shown_values() -> None:
    data = workbook(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Travel</t></is></c></row>'
        '<row r="3"><c r="A3" t="s"><v>0</v></c><c r="C3" t="str"><v>Day</v></c><c r="D3" t="str"><v>Share</v></c></row>'
        '<row r="4"><c r="A4" t="s"><v>1</v></c><c r="C4" s="1"><v>45000</v></c><c r="D4" s="2"><v>0.125</v></c></row>'
    )
    parsed = parse(data, "costs.xlsx", DEFAULT_LIMITS)
    assert [(section.sheet, section.row, section.kind) for section in parsed.sections] == [
        ("Costs", 1, "text"),
        ("Costs", 3, "table"),
    ]
    assert parsed.sections[1].heading == ("Costs",)
    assert parsed.sections[1].text == (
        "| City | Day | Share |\n| --- | --- | --- |\n| Rome | 2023-03-15 | 12.50% |"
    )


def test_long_sheet_repeats_its_header_and_tells_each_chunks_row() -> None:
    rows = "".join(
        f'<row r="{number}"><c r="A{number}" t="str"><v>Place {number}</v></c><c r="B{number}"><v>{number}</v></c></row>'
        for number in range(1, 301)
    )
    chunks = chunk(parse(workbook(rows), "long.xlsx", DEFAULT_LIMITS))
    assert len(chunks) > 3
    assert all(draft.text.startswith("| Place 1 | 1 |\n| --- | --- |\n") for draft in chunks)
    assert (chunks[0].place.first_row, chunks[-1].place.last_row) == (1, 300)
    assert chunks[0].place.label.startswith("sheet Costs, rows 1\u2013")
    for draft in chunks[1:]:
        assert draft.text.split("\n")[2].startswith(f"| Place {draft.place.first_row} |")


def test_slides_keep_number_title_table_and_notes() -> None:
    names = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    names += 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'

    def shape_of(kind: str, text: str) -> str:
        place = f'<p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr>'
        return f"<p:sp>{place}<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"

    def slide(*shapes: str) -> bytes:
        return f"<p:sld {names}><p:cSld><p:spTree>{''.join(shapes)}</p:spTree></p:cSld></p:sld>".encode()

    cells = "".join(
        f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>" for text in "ab"
    )
    table = f"<p:graphicFrame><a:tbl><a:tr>{cells}</a:tr><a:tr>{cells}</a:tr></a:tbl></p:graphicFrame>"
    data = builders.zipped(
        {
            "ppt/presentation.xml": f'<p:presentation {names} {OFFICE}><p:sldIdLst><p:sldId id="1" r:id="r2"/>'
            '<p:sldId id="2" r:id="r1"/></p:sldIdLst></p:presentation>'.encode(),
            "ppt/_rels/presentation.xml.rels": relations(
                ("r1", "slide", "slides/slide1.xml"), ("r2", "slide", "slides/slide2.xml")
            ),
            "ppt/slides/slide2.xml": slide(shape_of("body", "Welcome"), shape_of("title", "Start")),
            "ppt/slides/slide1.xml": slide(table, shape_of("sldNum", "2")),
            "ppt/slides/_rels/slide1.xml.rels": relations(("n", "notesSlide", "../notesSlides/n1.xml")),
            "ppt/notesSlides/n1.xml": slide(shape_of("body", "Speak slowly")),
        }
    )
    assert shape(parse(data, "deck.pptx", DEFAULT_LIMITS)) == [
        (1, ("Start",), "text", "Start\n\nWelcome"),
        (2, (), "table", "| a | b |\n| --- | --- |\n| a | b |"),
        (2, (), "text", "Notes: Speak slowly"),
    ]


def opened(kind: str, body: str) -> bytes:
    media = f"application/vnd.oasis.opendocument.{kind}"
    content = f"<office:document-content {OPEN}><office:body>{body}</office:body></office:document-content>"
    return builders.zipped({"mimetype": media.encode(), "content.xml": content.encode()})


def test_open_document_text_headings_lists_notes_and_tables() -> None:
    data = opened(
        "text",
        '<office:text><text:h text:outline-level="1">Leave</text:h><text:p>Thirty<text:s text:c="2"/>days'
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Since May</text:p>"
        "</text:note-body></text:note>.</text:p><text:list><text:list-item><text:p>first</text:p></text:list-item>"
        "</text:list><table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>"
        '<table:table-cell table:number-columns-repeated="2"><text:p>b</text:p></table:table-cell></table:table-row>'
        "</table:table></office:text>",
    )
    assert shape(parse(data, "leave.odt", DEFAULT_LIMITS)) == [
        (None, ("Leave",), "text", "Leave\n\nThirty  days.\n\nNote 1: Since May\n\n- first"),
        (None, ("Leave",), "table", "| a | b | b |\n| --- | --- | --- |"),
    ]


def test_open_document_sheets_and_slides_keep_their_places() -> None:
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    row = "<table:table-row>" + cell.format("x") + cell.format("y") + "</table:table-row>"
    gap = '<table:table-row table:number-rows-repeated="1000000"><table:table-cell/></table:table-row>'
    sheet = opened(
        "spreadsheet",
        f'<office:spreadsheet><table:table table:name="S">{row}{gap}{row}</table:table></office:spreadsheet>',
    )
    rows = [(section.sheet, section.row) for section in parse(sheet, "a.ods", DEFAULT_LIMITS).sections]
    assert rows == [("S", 1), ("S", 1000002)]
    show = opened(
        "presentation",
        "<office:presentation><draw:page/><draw:page><draw:frame p:class='title'><draw:text-box><text:p>Aims</text:p>"
        "</draw:text-box></draw:frame><p:notes><draw:frame><draw:text-box><text:p>slow</text:p></draw:text-box>"
        "</draw:frame></p:notes></draw:page></office:presentation>",
    )
    assert shape(parse(show, "a.odp", DEFAULT_LIMITS)) == [(2, ("Aims",), "text", "Aims\n\nNotes: slow")]


def test_locked_open_document_is_named() -> None:
    manifest = f'<m:manifest xmlns:m="{OASIS}manifest:1.0"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    media = b"application/vnd.oasis.opendocument.text"
    data = builders.zipped(
        {"mimetype": media, "content.xml": b"\1\2", "META-INF/manifest.xml": manifest.encode()}
    )
    with pytest.raises(ParseError) as caught:
        parse(data, "a.odt", DEFAULT_LIMITS)
    assert caught.value.kind == ParseErrorKind.ENCRYPTED


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (rb"{\rtf1\ansi\ansicpg1252 Gr\'f6\'dfe\par and more\par}", "Größe\n\nand more"),
        (rb"{\rtf1\ansi\uc1 \u1055?\u1088?\u1080? \u-10179?\u-8704?\par}", "При \U0001f600"),
        (rb"{\rtf1\ansi{\fonttbl{\f0\fcharset128 MS;}}\f0 \'93\'fa\'96\'7b\par}", "日本"),
        (
            rb"{\rtf1{\*\generator X;}{\info{\author Me}}a{\*\unknown hidden}b{\footnote why}c\par}",
            "abc\n\nNote: why",
        ),
        (rb"{\rtf1 a{\pict\bin4 }}}}}b}", "ab"),
        (
            rb"{\rtf1\trowd\pard\intbl A\cell B\cell\row\trowd\pard\intbl 1\cell 2\cell\row\pard end\par}",
            "| A | B |\n| --- | --- |\n| 1 | 2 |\n\nend",
        ),
    ],
)
def test_rich_text(source: bytes, text: str) -> None:
    assert parse(source, "a.rtf", DEFAULT_LIMITS).text == text


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "^", "~"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_table_text_of_any_separator_and_encoding(separator: str, encoding: str) -> None:
    lines = [separator.join(("Name", "Größe", "Ort")), separator.join(('"Müller, A; B"', "1.5", "Köln"))] * 3
    parsed = parse("\r\n".join(lines).encode(encoding), "a.csv", DEFAULT_LIMITS)
    assert parsed.sections[0].text.startswith(
        "| Name | Größe | Ort |\n| --- | --- | --- |\n| Müller, A; B | 1.5 | Köln |"
    )
    assert (parsed.sections[0].kind, parsed.sections[0].row) == ("table", 1)


def test_json_records_become_a_table_under_their_name() -> None:
    data = json.dumps(
        {
            "title": "Offices",
            "cities": [{"name": "Rome", "n": 2}, {"name": "Oslo", "n": 1.50}],
            "x": {"y": [True]},
        }
    )
    assert shape(parse(data.encode(), "a.json", DEFAULT_LIMITS)) == [
        (None, (), "text", "title: Offices"),
        (None, ("cities",), "text", "cities"),
        (None, ("cities",), "table", "| name | n |\n| --- | --- |\n| Rome | 2 |\n| Oslo | 1.5 |"),
        (None, ("x",), "text", "x\n\ny:\n  - true"),
    ]
    assert parse(b'{"a": 1}\n{"a": 2}', "a.jsonl", DEFAULT_LIMITS).text == "| a |\n| --- |\n| 1 |\n| 2 |"


def test_xml_in_an_old_encoding_with_records_and_a_harmless_doctype() -> None:
    source = (
        '<?xml version="1.0" encoding="windows-1251"?><!DOCTYPE list SYSTEM "x.dtd"><list><title>Города</title>'
        "<rows><r id='1'><n>Рим</n></r><r id='2'><n>Осло</n></r></rows><note>Раз <b>два</b></note></list>"
    )
    assert shape(parse(source.encode("cp1251"), "a.xml", DEFAULT_LIMITS)) == [
        (None, ("Города",), "text", "Города"),
        (None, ("Города",), "table", "| id | n |\n| --- | --- |\n| 1 | Рим |\n| 2 | Осло |"),
        (None, ("Города",), "text", "Раз два"),
    ]


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Älice <alice@acme.test>", "bob@acme.test", "Größe"
    message.set_content("See the report.\n")
    message.add_alternative("<p>See the <b>report</b>.</p>", subtype="html")
    message.add_attachment(
        builders.pdf("First.", "Second."), maintype="application", subtype="pdf", filename="r.pdf"
    )
    message.add_attachment(b"\x7fELF\0\0", maintype="application", subtype="octet-stream", filename="tool")
    return message


def test_mail_with_attachments_from_the_sandbox() -> None:
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "carol@acme.test", "Fwd"
    outer.set_content("Below.")
    outer.add_attachment(letter())
    parsed = parse_sandboxed(bytes(outer), "mail.eml")
    found = {(section.heading, section.page): section.text for section in parsed.sections}
    inside = ("Größe.eml",)
    assert found[(*inside, "r.pdf"), 2] == "Second."
    assert "cannot be read" in found[(*inside, "tool"), None]
    assert "See the report." in parsed.text
    assert "Älice" in parsed.text


def test_zip_of_documents_keeps_each_under_its_path() -> None:
    data = builders.zipped(
        {
            "b/notes.txt": "Größe".encode("cp1252"),
            "a.pdf": builders.pdf("One", "Two"),
            "bad.docx": b"PK\x03\x04 torn",
            "inner.zip": builders.zipped({"c.md": b"# Head\n\nText"}),
            "__MACOSX/x": b"1",
            "empty.txt": b"",
        }
    )
    parsed = parse_sandboxed(data, "all.zip")
    assert [(section.heading, section.page) for section in parsed.sections] == [
        (("a.pdf",), 1),
        (("a.pdf",), 2),
        (("b/notes.txt",), None),
        (("bad.docx",), None),
        (("inner.zip", "c.md", "Head"), None),
    ]


def test_zips_inside_zips_end_somewhere() -> None:
    data = b"the bottom"
    for _ in range(8):
        data = builders.zipped({"in.zip" if data[:2] == b"PK" else "a.txt": data})
    with pytest.raises(ParseError, match="too deep"):
        parse(data, "deep.zip", DEFAULT_LIMITS)
    beside = builders.zipped({"b.txt": b"beside it", "deep.zip": data})
    assert "beside it" in parse(beside, "deep.zip", DEFAULT_LIMITS).text


def test_book_chapters_follow_the_spine_with_titles_of_the_contents() -> None:
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        "<dc:title>Snow</dc:title><dc:language>en-GB</dc:language></metadata><manifest>"
        '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/><item id="b" href="b%20c.xhtml" '
        'media-type="application/xhtml+xml"/><item id="n" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
        '</manifest><spine><itemref idref="b"/><itemref idref="a"/></spine></package>'
    )
    contents = (
        '<!DOCTYPE ncx PUBLIC "x" "y"><ncx><navMap><navPoint><navLabel><text>Before</text></navLabel>'
        '<content src="b%20c.xhtml#x"/></navPoint></navMap></ncx>'
    )
    data = builders.zipped(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": b'<container><rootfiles><rootfile full-path="o/p.opf"/></rootfiles></container>',
            "o/p.opf": package.encode(),
            "o/toc.ncx": contents.encode(),
            "o/a.xhtml": b"<html><body><h1>Ski</h1><p>Down</p></body></html>",
            "o/b c.xhtml": b"<html><body><p>Foreword</p></body></html>",
        }
    )
    parsed = parse(data, "snow.epub", DEFAULT_LIMITS)
    assert parsed.title == "Snow"
    assert shape(parsed) == [
        (None, ("Before",), "text", "Foreword"),
        (None, ("Ski",), "text", "Ski\n\nDown"),
    ]
