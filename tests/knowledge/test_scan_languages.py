"""Scans in other scripts: found out by page, or in the language that was chosen; stored and shown."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.knowledge.parsing.errors import UNKNOWN_SCRIPT, ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import MIB, RECOGNITION_LIMITS
from apps.knowledge.parsing.ocr.order import Line, page_text
from apps.knowledge.sandbox.runner import parse_sandboxed
from tests.knowledge.scans import TEXTS, likeness, page, scan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.knowledge.conftest import Library

GOOD = 0.93


def test_pages_in_several_scripts_are_each_read_in_theirs_and_counted() -> None:
    languages = ["ar", "el", "he", "hi", "ko", "ru", "uk", "en"]
    pages = [page(language) for language in languages]
    file = io.BytesIO()
    pages[0].save(file, "PDF", save_all=True, append_images=pages[1:], resolution=200)
    seen: list[tuple[int, int]] = []
    parsed = parse_sandboxed(file.getvalue(), "a.pdf", progress=lambda *pages: seen.append(pages))
    assert [section.page for section in parsed.sections] == [*range(1, len(pages) + 1)]
    for language, section in zip(languages, parsed.sections, strict=True):
        assert likeness(TEXTS[language], section.text) >= GOOD, (language, section.text)
    assert sorted(parsed.read_as) == sorted(languages)
    assert seen[-len(pages) :] == [(done, len(pages)) for done in range(1, len(pages) + 1)]


def test_lying_scan_of_arabic_is_put_upright_and_its_latin_line_is_kept() -> None:
    text = f"{TEXTS['ar']}\nOrder number KX-4711, Atrium GmbH Berlin"
    parsed = parse_sandboxed(scan("ar", text, turned=90), "scan.jpg")
    arabic, _, latin = parsed.text.rpartition("\n")
    assert arabic.startswith("تسري سياسة السفر")
    assert likeness(TEXTS["ar"], arabic) >= GOOD
    assert "KX-4711" in latin
    assert (parsed.read_as, parsed.language) == (("ar",), "ar")


def test_language_that_is_not_the_scans_is_said() -> None:
    with pytest.raises(ParseError) as caught:
        parse_sandboxed(scan("ar"), "a.jpg", scan_language="en")
    assert (caught.value.kind, caught.value.message) == (ParseErrorKind.NO_TEXT, UNKNOWN_SCRIPT)


def test_rows_and_columns_from_the_right_begin_there() -> None:
    row = [Line("two", 0, 0, 90, 20), Line("one", 110, 0, 200, 20)]
    assert page_text(row, from_right=True) == "one two"
    assert page_text(row) == "two one"
    columns = [
        Line(f"{side}{number}", left, 30 * number, left + 190, 30 * number + 20)
        for side, left in (("b", 0), ("a", 210))
        for number in range(6)
    ]
    wanted = [f"{side}{number}" for side in "ab" for number in range(6)]
    assert page_text(columns, from_right=True).split() == wanted


def test_picture_of_noise_ends_in_words_within_the_limits() -> None:
    pixels = np.random.default_rng(7).integers(0, 255, (900, 900, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    with pytest.raises(ParseError) as caught:
        parse_sandboxed(file.getvalue(), "a.png", recognition=replace(RECOGNITION_LIMITS, cpu=60))
    assert caught.value.kind == ParseErrorKind.NO_TEXT


@pytest.mark.parametrize(
    ("limits", "kind"),
    [
        (replace(RECOGNITION_LIMITS, memory=400 * MIB), ParseErrorKind.MEMORY),
        (replace(RECOGNITION_LIMITS, cpu=1), ParseErrorKind.TIMEOUT),
    ],
)
def test_recognition_obeys_the_limits_of_the_sandbox(limits: Any, kind: ParseErrorKind) -> None:
    with pytest.raises(ParseError) as caught:
        parse_sandboxed(scan("ru"), "a.jpg", recognition=limits)
    assert caught.value.kind == kind


def test_ingest_command_takes_a_language(tmp_path: Path) -> None:
    from django.core.management import CommandError, call_command

    path = tmp_path / "scan.jpg"
    path.write_bytes(scan("el"))
    out = StringIO()
    call_command("ingest", str(path), "--json", "--language", "el", stdout=out)
    found = json.loads(out.getvalue())
    assert (found["state"], found["read_as"]) == ("ready", ["el"])
    with pytest.raises(CommandError):
        call_command("ingest", str(path), "--language", "xx")


def test_document_is_read_in_its_own_choice_else_its_collections(library: Library) -> None:
    from apps.knowledge.claiming import claim
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.scanning import collection_language_set
    from apps.knowledge.versioning import document_reprocess
    from apps.tenants.scope import tenant_scope

    base = library.base(library.cast.bob)
    with tenant_scope(base.tenant_id):
        collection_language_set(actor=None, knowledge_base=base, scan_language="el")
    document = library.add(base, "scan.jpg", scan("ru"))
    with tenant_scope(base.tenant_id):
        claimed = claim(document.tenant_id, document.id)
        assert claimed is not None
        assert claimed.scan_language == "el"
        version = document_reprocess(actor=None, document=document, chunk_size=600, scan_language="ru")
    ingest(version.tenant_id, version.id)
    now = library.row(document)
    assert (now.state, now.scan_language, now.read_as, now.language) == ("ready", "ru", ["ru"], "ru")


def test_choice_over_rest_and_on_the_pages(library: Library, signed_in: Any) -> None:
    from django.urls import reverse

    bob = signed_in(library.cast.bob)
    kind = "application/json"
    body = {"name": "Scans", "scan_language": "ar"}
    made = bob.post("/api/v1/knowledge-bases", body, content_type=kind).json()
    assert made["scan_language"] == "ar"
    address = f"/api/v1/knowledge-bases/{made['id']}"
    assert bob.patch(address, {"scan_language": "xx"}, content_type=kind).status_code == 400
    assert bob.patch(address, {"scan_language": "he"}, content_type=kind).json()["scan_language"] == "he"
    file = SimpleUploadedFile("scan.jpg", scan("en"))
    document = bob.post(f"{address}/documents", {"file": file, "scan_language": "en"}).json()
    assert (document["scan_language"], document["read_as"]) == ("en", [])
    shown = bob.get(reverse("knowledge-document", args=[document["id"]])).content.decode()
    assert '<option value="en" selected>English</option>' in shown
    assert "As the collection: Hebrew" in shown
    edited = {"name": "Scans", "scan_language": "ja"}
    assert bob.post(reverse("knowledge-edit", args=[made["id"]]), edited).status_code == 302
    assert "As the collection: Japanese" in bob.get(reverse("knowledge-collection", args=[made["id"]])).text
