"""Hard documents: pictures, forms, scripts beyond Latin; broken and hostile ones end in words, never in a crash."""

# ruff: noqa: E501 (markup is read more easily in whole lines)

import base64
import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from apps.knowledge.parsing.errors import MESSAGES, ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import DEFAULT_LIMITS
from apps.knowledge.parsing.registry import parse
from apps.knowledge.sandbox.runner import parse_sandboxed

from . import builders
from .test_formats import letter, opened, shape, workbook


def picture(text: str, *, turned: float = 0, kind: str = "PNG") -> bytes:
    image = Image.new("RGB", (1000, 300), "white")
    ImageDraw.Draw(image).multiline_text(
        (40, 60), text, fill="black", font=ImageFont.load_default(40), spacing=24
    )
    file = io.BytesIO()
    image.rotate(turned, expand=True, fillcolor="white").save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(("turned", "kind"), [(0, "JPEG"), (90, "PNG"), (180, "WEBP"), (4, "TIFF")])
def test_pictures_are_read_whichever_way_they_lie(turned: float, kind: str) -> None:
    data = picture(
        "The hotel limit in London is 190\nTrains are booked in second class", turned=turned, kind=kind
    )
    text = " ".join(parse_sandboxed(data, f"scan.{kind.lower()}").text.split())
    assert text == "The hotel limit in London is 190 Trains are booked in second class"


def test_scanned_pages_are_counted_while_they_are_read() -> None:
    pages = [Image.open(io.BytesIO(picture(f"Page number {name}"))) for name in ("seven", "eight")]
    file = io.BytesIO()
    pages[0].save(file, "PDF", save_all=True, append_images=pages[1:])
    seen: list[tuple[int, int]] = []
    parsed = parse_sandboxed(
        file.getvalue(), "scan.pdf", progress=lambda done, total: seen.append((done, total))
    )
    assert [(section.page, section.text) for section in parsed.sections] == [
        (1, "Page number seven"),
        (2, "Page number eight"),
    ]
    assert seen[-1] == (2, 2)


def test_picture_of_nothing_says_so() -> None:
    with pytest.raises(ParseError) as caught:
        parse_sandboxed(picture(""), "blank.png")
    assert (caught.value.kind, caught.value.message) == (
        ParseErrorKind.NO_TEXT,
        MESSAGES[ParseErrorKind.NO_TEXT],
    )


def test_filled_form_fields_are_read() -> None:
    source = (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Annots[4 0 R]>>endobj\n"
        b"4 0 obj<</Type/Annot/Subtype/Widget/FT/Tx/T(City)/V(Lisbon)/Rect[10 10 90 30]/P 3 0 R>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF"
    )
    assert shape(parse(source, "form.pdf", DEFAULT_LIMITS)) == [(1, (), "text", "City: Lisbon")]


def hard() -> Iterator[Any]:
    """Broken and hostile documents of every kind, with what they may end in."""
    sound = {
        "a.pdf": builders.pdf("text " * 200),
        "a.docx": builders.word(paragraphs=[("Normal", "text " * 200)]),
        "a.xlsx": workbook('<row r="1"><c r="A1" t="str"><v>x</v></c></row>'),
        "a.odt": opened("text", "<office:text><text:p>x</text:p></office:text>"),
        "a.rtf": rb"{\rtf1 text}",
        "a.png": picture("text"),
        "a.eml": bytes(letter()),
    }
    for name, data in sound.items():
        for share in (0.2, 0.6, 0.95):
            yield pytest.param(data[: int(len(data) * share)], name, id=f"{name} cut at {share}")
        middle = len(data) // 2
        yield pytest.param(data[:middle] + bytes(40) + data[middle + 40 :], name, id=f"{name} with a hole")
    huge = base64.b64decode("iVBORw0KGgoAAAANSUhEUgABhqAAAYagCAYAAAA=") + b"\0" * 50
    yield pytest.param(huge, "huge.png", id="picture of 10 gigapixels")
    yield pytest.param(b"{" * 100_000, "deep.rtf", id="mismatched rtf")
    yield pytest.param(b"{\\rtf1" + b"{" * 100_000, "deep.rtf", id="deep rtf")
    yield pytest.param(b"[" * 200_000 + b"]" * 200_000, "deep.json", id="deep json")
    yield pytest.param(
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a.xml", id="entities"
    )
    yield pytest.param(b"<a>" * 5000, "a.xml", id="deep xml")
    yield pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 600, "a.msg", id="torn msg")
    yield pytest.param(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"WordDocument".join([b"\0"] * 2), "a.doc", id="old word"
    )


def ending(data: bytes, name: str) -> str:
    """The document's text, or the sentence that refuses it."""
    try:
        return parse_sandboxed(data, name).text.strip()
    except ParseError as error:
        return error.message


@pytest.mark.parametrize(("data", "name"), list(hard()))
def test_broken_and_hostile_documents_end_in_text_or_in_words(data: bytes, name: str) -> None:
    outcome = ending(data, name)
    assert outcome not in {"", MESSAGES[ParseErrorKind.CRASHED], MESSAGES[ParseErrorKind.TIMEOUT]}


@pytest.mark.parametrize(
    "text", ["שלום עולם", "مرحبا بالعالم", "日本語の文書です", "한국어 문서", "Привет мир", "ภาษาไทย"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_scripts_beyond_latin_stay_in_reading_order(text: str, encoding: str) -> None:
    page = f'<html dir="rtl"><body><h1>{text}</h1><table><tr><td>{text}<table><tr><td>1</td><td>2</td></tr></table></td></tr></table>'
    parsed = parse(page.encode(encoding), "a.html", DEFAULT_LIMITS)
    assert parsed.sections[0].heading == (text,)
    assert parsed.text.startswith(f"{text}\n\n{text}")
    assert "| 1 | 2 |" in parsed.text
    assert parse(text.encode(encoding), "a.txt", DEFAULT_LIMITS).text == text
