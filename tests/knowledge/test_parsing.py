import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest

from apps.knowledge.chunking import chunk
from apps.knowledge.parsing.archive import Archive
from apps.knowledge.parsing.errors import MESSAGES, ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import DEFAULT_LIMITS, Limits
from apps.knowledge.parsing.parsed import Parsed, decode, encode
from apps.knowledge.parsing.registry import detect, parse
from apps.knowledge.parsing.xmltree import parse_xml
from apps.knowledge.sandbox.runner import parse_sandboxed

from . import builders

SHARED = builders.SHARED / "docs"


def read(data: bytes | str, name: str = "file") -> Parsed:
    return parse(data.encode() if isinstance(data, str) else data, name, DEFAULT_LIMITS)


def refused(data: bytes, name: str, limits: Limits = DEFAULT_LIMITS) -> ParseErrorKind:
    with pytest.raises(ParseError) as caught:
        parse(data, name, limits)
    return caught.value.kind


def shape(parsed: Parsed) -> list[tuple[Any, ...]]:
    return [(section.heading, section.kind, section.text) for section in parsed.sections]


def test_every_kind_of_failure_has_a_sentence_that_says_what_to_do() -> None:
    assert set(MESSAGES) == set(ParseErrorKind)
    for message in MESSAGES.values():
        assert message.endswith(".")
        assert re.search(r"upload|Try again", message)


@pytest.mark.parametrize(
    ("data", "name", "format_"),
    [
        (b"%PDF-1.7\n", "report.pdf", "pdf"),
        (b"\n\n%PDF-1.4", "", "pdf"),
        (b"<!DOCTYPE html><title>x</title>", "page.txt", "html"),
        (b"some <b>text</b>", "page.html", "html"),
        (b"no markup at all", "page.html", "txt"),
        ("\ufeff<html>".encode("utf-16"), "page", "html"),
        (b"# Title", "notes.md", "md"),
        (b"# Title", "notes", "txt"),
        (b"a,b\n1,2", "table.csv", "csv"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "picture.jpg", "png"),
        (b"{\\rtf1 text}", "letter", "rtf"),
        (b"From: a@b.c\nSubject: Hello\n\nText", "mail", "eml"),
        (b"Subject: Hello\n\nText", "mail.eml", "eml"),
        (b"from here on: see below\nnothing", "note", "txt"),
        (b'{"a": 1}', "data", "json"),
        (b"{not json", "data", "txt"),
        (b'<?xml version="1.0"?><a/>', "data", "xml"),
        (b'<?xml version="1.0"?><html/>', "page", "html"),
        (builders.zipped({"a.txt": b"x"}), "archive", "zip"),
        (builders.zipped({"mimetype": b"application/epub+zip"}), "book", "epub"),
        (builders.zipped({"mimetype": b"application/vnd.oasis.opendocument.text"}), "letter", "odt"),
        (builders.zipped({"word/document.xml": b"<x/>"}), "letter", "docx"),
    ],
)
def test_content_decides_the_format(data: bytes, name: str, format_: str) -> None:
    assert detect(data, name, DEFAULT_LIMITS).name == format_


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"", "a.txt", ParseErrorKind.EMPTY),
        (b" \n\t\n", "a.txt", ParseErrorKind.EMPTY),
        (b"just words", "report.pdf", ParseErrorKind.MISMATCH),
        (b"%PDF-1.7", "letter.docx", ParseErrorKind.MISMATCH),
        (b"%PDF-1.7", "letter.txt", ParseErrorKind.MISMATCH),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "report.pdf", ParseErrorKind.MISMATCH),
        (b"\x7fELF\x02\x01\x01\0\0\0", "tool", ParseErrorKind.UNSUPPORTED),
        (builders.zipped({"a.txt": b"x"}), "letter.docx", ParseErrorKind.MISMATCH),
        (builders.zipped({"a.bin": b"\x7fELF\0\0"}), "archive.zip", ParseErrorKind.UNSUPPORTED),
        (builders.zipped({}), "archive.zip", ParseErrorKind.EMPTY),
        (b"PK\x03\x04 torn", "letter.docx", ParseErrorKind.CORRUPT),
        (b"%PDF-1.7 torn", "report.pdf", ParseErrorKind.CORRUPT),
        (builders.pdf("secret", password="open"), "report.pdf", ParseErrorKind.ENCRYPTED),
        (builders.pdf(""), "blank.pdf", ParseErrorKind.NO_TEXT),
        (builders.zipped({"word/document.xml": b"<broken"}), "a.docx", ParseErrorKind.CORRUPT),
        (b"<div>" * 2000, "deep.html", ParseErrorKind.BOMB),
        (b"<html><body><script>x</script></body></html>", "a.html", ParseErrorKind.EMPTY),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, name: str, kind: ParseErrorKind) -> None:
    assert refused(data, name) == kind


def test_too_many_bytes_or_pages_are_refused() -> None:
    assert refused(b"x" * 11, "a.txt", Limits(input=10)) == ParseErrorKind.TOO_LARGE
    assert refused(builders.pdf("a", "b"), "a.pdf", Limits(pages=1)) == ParseErrorKind.TOO_LARGE


@pytest.mark.parametrize(
    "data",
    [
        builders.zipped({"../../etc/cron.d/x": b"x"}),
        builders.zipped({"/etc/passwd": b"x"}),
        builders.zipped({"word\\..\\..\\x": b"x"}),
        builders.zipped({"C:/x": b"x"}),
        builders.zipped({}, symlink="word/link"),
        builders.zipped({"word/document.xml": b"\0" * (20 << 20)}),
        builders.bomb(),
    ],
)
def test_dishonest_archives_are_refused(data: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        Archive(data, DEFAULT_LIMITS)
    assert caught.value.kind == ParseErrorKind.BOMB


def test_overlapping_entries_are_refused() -> None:
    data = bytearray(builders.zipped({"a.xml": b"first part", "b.xml": b"other part"}))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = (0).to_bytes(4, "little")
    with pytest.raises(ParseError) as caught:
        Archive(bytes(data), DEFAULT_LIMITS)
    assert caught.value.kind == ParseErrorKind.BOMB


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><x/>',
        b"<x>" * 500 + b"</x>" * 500,
    ],
)
def test_xml_with_entities_or_endless_depth_is_refused(document: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        parse_xml(document)
    assert caught.value.kind == ParseErrorKind.BOMB


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Größe".encode(), "Größe"),
        ("\ufeffGröße".encode(), "Größe"),
        ("Größe".encode("utf-16"), "Größe"),
        ("Grosse Sache".encode("utf-16-le"), "Grosse Sache"),
        ("Grosse Sache".encode("utf-16-be"), "Grosse Sache"),
        (("Die Größe der Maße überrascht uns. " * 20).encode("cp1252"), "Die Größe der Maße überrascht uns."),
        (("Привет, как дела? Это документ. " * 20).encode("cp1251"), "Привет, как дела?"),
        (("これは日本語の文書です。" * 20).encode("cp932"), "これは日本語の文書です。"),
        (b"bell\x07 " + b"and text that is long enough " * 20, "bell and text"),
        (b"one\r\ntwo\rthree", "one\ntwo\nthree"),
    ],
)
def test_text_in_any_encoding(data: bytes, text: str) -> None:
    assert read(data, "a.txt").text.startswith(text)


def test_markdown_sections_follow_headings_and_respect_fences() -> None:
    source = (
        "---\ntitle: Guide\n---\nIntro.\n\n# First *part*\n\nText.\n\n```sh\n# no heading\n```\n\n"
        "## Inner\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nAfter.\n\nSecond\n======\n\n- item\n---\n"
    )
    parsed = read(source, "guide.md")
    assert parsed.title == "Guide"
    assert shape(parsed) == [
        ((), "text", "Intro."),
        (("First part",), "text", "First part\n\nText.\n\n```sh\n# no heading\n```"),
        (("First part", "Inner"), "text", "Inner"),
        (("First part", "Inner"), "table", "| a | b |\n|---|---|\n| 1 | 2 |"),
        (("First part", "Inner"), "text", "After."),
        (("Second",), "text", "Second\n\n- item\n---"),
    ]


def test_html_shows_what_a_reader_sees() -> None:
    source = """<!doctype html><html lang="en-GB"><head>
        <title>A &amp; B</title><style>p{}</style></head><body>
        <script>alert(1)</script><h1>Top <em>level</em></h1><p>One<br>two &lt;b&gt;</p><ul>
        <li>first</li><li>second</li>
        </ul><noscript>no</noscript><h2>Rates</h2><table><tr><th>City</th><th>Rate</th></tr><tr><td>Rome</td>
        <td>120 | net</td></tr></table><pre>a
  b</pre>"""
    parsed = read(source, "a.html")
    assert (parsed.title, parsed.language) == ("A & B", "en")
    assert shape(parsed) == [
        (("Top level",), "text", "Top level\n\nOne\ntwo <b>\n\n- first\n\n- second"),
        (("Top level", "Rates"), "text", "Rates"),
        (("Top level", "Rates"), "table", "| City | Rate |\n| --- | --- |\n| Rome | 120 \\| net |"),
        (("Top level", "Rates"), "text", "a\n  b"),
    ]


def test_html_layout_tables_are_read_as_text() -> None:
    source = (
        "<html><table><tr><td><h2>Menu</h2><p>Left</td><td><table><tr><td>x<td>y</table></td></tr></table>"
    )
    kinds = [(section.heading, section.kind) for section in read(source, "a.html").sections]
    assert kinds == [(("Menu",), "text"), (("Menu",), "table")]


def test_html_declares_its_encoding() -> None:
    source = '<html><head><meta charset="iso-8859-2"></head><body>Příliš žluťoučký'.encode("iso8859_2")
    assert read(source, "a.html").text == "Příliš žluťoučký"


def test_pdf_keeps_pages_and_outline() -> None:
    data = builders.pdf(
        "Scope\nThis guide is for everyone.",
        "Rates\nRome pays 120 euros.",
        title="Travel guide",
        outline=[(1, 0, "Scope"), (2, 0, "Money"), (2, 1, "Rates")],
    )
    parsed = read(data, "guide.pdf")
    assert (parsed.title, parsed.pages) == ("Travel guide", 2)
    assert [(section.page, section.heading, section.text) for section in parsed.sections] == [
        (1, ("Scope",), "Scope\nThis guide is for everyone."),
        (2, ("Money", "Rates"), "Rates\nRome pays 120 euros."),
    ]


def test_pdf_lines_become_paragraphs_and_lists_stay() -> None:
    prose = "Every employee may claim the costs of a journey that was approved before it began. " * 4
    parsed = read(builders.pdf(prose + "\n- first item\n- second item"), "a.pdf")
    assert parsed.text.split("\n") == [prose.strip(), "- first item", "- second item"]


def test_pdf_without_title_is_named_after_its_file() -> None:
    assert read(builders.pdf("Text."), "Reisekosten 2026.pdf").title == "Reisekosten 2026"


def test_word_document_headings_tables_and_header() -> None:
    data = builders.word(
        title="Handbook",
        paragraphs=[
            ("Heading 1", "Leave"),
            ("Normal", "Thirty days."),
            ("Heading 2", "Special"),
            ("Normal", "Two."),
        ],
        table=[["Case", "Days"], ["Move", "1"]],
    )
    parsed = read(data, "handbook.docx")
    assert parsed.title == "Handbook"
    assert shape(parsed) == [
        (("Leave",), "text", "Leave\n\nThirty days."),
        (("Leave", "Special"), "text", "Special\n\nTwo."),
        (("Leave", "Special"), "table", "| Case | Days |\n| --- | --- |\n| Move | 1 |"),
        ((), "text", "Acme confidential"),
    ]


def test_parsed_crosses_the_pipe_unchanged_and_a_liar_is_caught() -> None:
    parsed = read("# A\n\n\U0001f600 text", "a.md")
    assert decode(json.loads(encode(parsed))) == parsed
    lies: list[Any] = [
        {},
        [],
        {"title": "x", "language": 3, "pages": 0, "sections": []},
        {"sections": [[1, 2, 3, 4]]},
    ]
    for lie in lies:
        with pytest.raises(ValueError, match="not a"):
            decode(lie)


def normal(text: str) -> str:
    return re.sub(r"\W+", " ", unicodedata.normalize("NFKC", text).lower()).strip()


def facts() -> Iterator[dict[str, Any]]:
    path = SHARED / "facts.jsonl"
    if path.exists():
        yield from (json.loads(line) for line in path.read_text().splitlines())


@pytest.mark.skipif(not SHARED.exists(), reason="the shared documents are not here")
@pytest.mark.parametrize("fact", [pytest.param(fact, id=fact["file"]) for fact in facts()])
def test_real_documents_give_their_fact_on_its_page(fact: dict[str, Any]) -> None:
    path = SHARED / fact["file"]
    if fact["expect_error"]:
        with pytest.raises(ParseError) as caught:
            parse_sandboxed(path, path.name)
        assert caught.value.kind == ParseErrorKind.ENCRYPTED
        return
    chunks = chunk(parse_sandboxed(path, path.name))
    pages = [draft.place.page for draft in chunks if normal(fact["must_contain"]) in normal(draft.text)]
    assert pages
    assert fact["page"] is None or fact["page"] in pages
