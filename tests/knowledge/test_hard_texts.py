"""Texts and mails as they come: old encodings, unmarked UTF-16, odd tables, deep mails, endless lines."""

# ruff: noqa: RUF001 (other scripts)

from __future__ import annotations

import time
from collections import Counter

import pytest

from apps.knowledge.chunking import SIZE, chunk
from apps.knowledge.parsing.errors import UNKNOWN_SCRIPT, ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import DEFAULT_LIMITS
from apps.knowledge.parsing.ocr.lines import Box
from apps.knowledge.parsing.ocr.models import Models
from apps.knowledge.parsing.ocr.reading import _is_strange
from apps.knowledge.parsing.parsed import Parsed
from apps.knowledge.parsing.registry import parse

from . import builders
from .test_formats import letter

CHINESE = "根据公司差旅政策，伦敦酒店的上限为每晚一百九十英镑。火车请预订二等座。"
JAPANESE = "出張規程によると、ロンドンのホテルの上限は一泊190ポンドです。電車は二等車を予約してください。"
KOREAN = "출장 규정에 따르면 런던 호텔의 한도는 1박에 190파운드입니다."
RUSSIAN = "Согласно правилам командировок предел для гостиниц в Лондоне составляет 190 фунтов за ночь."
ARABIC = "وفقا لقواعد السفر فإن الحد الأقصى للفنادق في لندن هو 190 جنيها لليلة الواحدة."
HEBREW = "לפי כללי הנסיעות המגבלה למלונות בלונדון היא 190 לירות ללילה."
GERMAN = "Die Obergrenze für Hotels in London beträgt 190 £ – „Züge“ fahren wir in der zweiten Klasse."
ENGLISH = "The hotel limit in London is 190 pounds a night."


def read(data: bytes, name: str) -> Parsed:
    return parse(data, name, DEFAULT_LIMITS)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", CHINESE),
        ("big5", "根據公司差旅政策，倫敦飯店的上限為每晚一百九十英鎊。"),
        ("shift_jis", JAPANESE),
        ("euc_jp", JAPANESE),
        ("iso2022_jp", JAPANESE),
        ("euc_kr", KOREAN),
        ("koi8_r", RUSSIAN),
        ("cp1251", RUSSIAN),
        ("cp866", RUSSIAN),
        ("iso8859_5", RUSSIAN),
        ("cp1252", GERMAN),
        ("cp1253", "Σύμφωνα με τους κανόνες ταξιδιών, το όριο για ξενοδοχεία είναι 190 λίρες."),
        ("cp1255", HEBREW),
        ("cp1256", ARABIC),
    ],
)
@pytest.mark.parametrize("kind", ["txt", "csv", "html"])
def test_one_sentence_in_an_old_encoding_is_enough(encoding: str, text: str, kind: str) -> None:
    label = encoding.replace("_", "-")
    written = {
        "txt": text,
        "csv": f"id;text\r\n1;{text}\r\n2;{text}",
        "html": f'<html><meta http-equiv="Content-Type" content="text/html; charset={label}"><p>{text}',
    }[kind]
    assert text in read(written.encode(encoding), f"a.{kind}").text


@pytest.mark.parametrize("text", [CHINESE, JAPANESE, KOREAN, RUSSIAN, ARABIC, HEBREW, GERMAN, ENGLISH])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-8-sig"])
def test_unicode_is_read_with_and_without_a_mark(encoding: str, text: str) -> None:
    assert read(text.encode(encoding), "a.txt").text == text
    assert f"| 1 | {text} |" in read(f"n;text\n1;{text}\n".encode(encoding), "a.csv").text


@pytest.mark.parametrize(
    ("data", "name", "text"),
    [
        (b'a|b|c\n1|"two\nlines"|x\n', "a.csv", "| 1 | two lines | x |"),
        (b'a,b\n"x, y","one ""quoted"" word"\n', "a.csv", '| x, y | one "quoted" word |'),
        ("sep=;\na;b\n1;2\n".encode("utf-16"), "a.csv", "| 1 | 2 |"),
        (b"Name;Price\nA;1,50\nB;2,75\nC;3,10\n", "a.csv", "| B | 2,75 |"),
        ("\ufeffName\tWert\nGröße\t7\n".encode(), "a.tsv", "| Größe | 7 |"),
        (b"name\nalpha\nbeta\n", "a.csv", "alpha\nbeta"),
        (b'a,b\n1,"never closed\n2,3\n', "a.csv", "never closed"),
        (b"text with one \0 in its middle, and enough of it to be no binary file", "a.txt", "text with one"),
        (b"<html><body><p>Saved as a page</p></body></html>", "report.doc", "Saved as a page"),
    ],
)
def test_odd_tables_and_texts(data: bytes, name: str, text: str) -> None:
    assert text in read(data, name).text


def test_mail_in_an_old_encoding_without_a_word_about_it() -> None:
    source = b"From: a@acme.test\nSubject: x\nContent-Type: text/plain; charset=koi8-r\n\n"
    assert RUSSIAN in read(source + RUSSIAN.encode("koi8_r"), "a.eml").text
    assert GERMAN in read(source.replace(b"koi8-r", b"nonsense") + GERMAN.encode("cp1252"), "a.eml").text


def test_a_mail_forwarded_five_times_is_opened_to_its_end() -> None:
    message = letter()
    for number in range(4):
        outer = type(message)()
        outer["From"], outer["Subject"] = "carol@acme.test", f"Fwd {number}"
        outer.set_content("Below.")
        outer.add_attachment(message)
        message = outer
    parsed = read(bytes(message), "mail.eml")
    assert [section.page for section in parsed.sections if section.text == "Second."] == [2]


def test_title_of_rich_text_is_its_unicode_one() -> None:
    source = rb"{\rtf1{\info{\upr{\title ??}{\*\ud{\title \u26085?\u26412?}}}}Text\par}"
    assert read(source, "a.rtf").title == "日本"


@pytest.mark.parametrize("line", ["x" * 1_000_000, "word " * 200_000, "字" * 300_000])
def test_endless_lines_are_cut_in_no_time(line: str) -> None:
    parsed = read(line.encode(), "a.txt")
    began = time.process_time()
    chunks = chunk(parsed)
    assert time.process_time() - began < 3
    assert all(draft.text == parsed.text[draft.start : draft.end] for draft in chunks)
    assert all(len(draft.text) <= SIZE for draft in chunks)
    assert chunks[-1].end == len(parsed.text)


@pytest.mark.parametrize(
    ("texts", "is_strange"),
    [
        ([("    190   . ", 0.86), ("   .   ", 0.95)], True),
        ([("", 0.0), ("", 0.0), ("page 3 of the report", 0.97)], True),
        ([("4Ual LcCI cau4Lu uAtU", 0.63), ("4GI C441 UC01AIU", 0.74)], True),
        ([("The hotel limit in London", 0.97), ("is 190 pounds a night", 0.93)], False),
        ([("", 0.0), ("Stellungnahme Archivgesetz", 0.99), ("Landesverein für Heimat", 0.98)], False),
    ],
)
def test_writing_that_the_models_do_not_know_is_told_from_reading(
    texts: list[tuple[str, float]], *, is_strange: bool
) -> None:
    lines = [Box(0, 50 * at, 600, 50 * at + 40) for at in range(len(texts))]
    assert _is_strange(lines, texts, Models.doubt) is is_strange


def test_picture_in_an_unknown_script_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.knowledge.parsing import recognition
    from apps.knowledge.parsing.ocr.reading import UnknownScriptError

    class Stranger:
        read_as: Counter[str] = Counter()

        def text(self, _: object) -> str:
            raise UnknownScriptError

    prepared = recognition._Recognition()
    prepared.is_prepared = True
    prepared.reader = Stranger()  # type: ignore[assignment]
    monkeypatch.setattr(recognition, "_prepared", prepared)
    from .test_hard_documents import picture

    with pytest.raises(ParseError) as caught:
        read(picture("Привет"), "scan.png")
    assert (caught.value.kind, caught.value.message) == (ParseErrorKind.NO_TEXT, UNKNOWN_SCRIPT)
    assert "Choose its language" in UNKNOWN_SCRIPT


def test_names_that_promise_another_kind_are_refused_with_both_kinds_in_words() -> None:
    for data, name in ((builders.pdf("x"), "a.docx"), (builders.word(paragraphs=[("Normal", "x")]), "a.pdf")):
        with pytest.raises(ParseError) as caught:
            read(data, name)
        assert caught.value.kind == ParseErrorKind.MISMATCH
        assert "PDF" in caught.value.message
        assert "Word document" in caught.value.message


def test_day_of_an_outlook_mail_is_read() -> None:
    folder = builders.SHARED / "docs"
    if not folder.is_dir():
        pytest.skip("the shared documents are not here")
    parsed = read((folder / "48-outlook.msg").read_bytes(), "a.msg")
    assert "\nDate: Sun, 22 Dec 2024 08:23:00 +0000\n" in parsed.text
