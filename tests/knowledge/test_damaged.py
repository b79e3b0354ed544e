"""Damaged PDFs give what is left of them on its page and say that something is missing, or fail in words."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from apps.knowledge.parsing.errors import ParseError, ParseErrorKind
from apps.knowledge.parsing.limits import DEFAULT_LIMITS
from apps.knowledge.parsing.registry import parse
from apps.knowledge.sandbox.runner import parse_sandboxed

from . import builders

if TYPE_CHECKING:
    from tests.knowledge.conftest import Library

WHOLE = builders.pdf(
    *[f"Page {number} names the falcon {number}{number}{number}. {'Words. ' * 80}" for number in range(1, 6)]
)


def cut(share: float) -> bytes:
    return WHOLE[: int(len(WHOLE) * share)]


def after(pages: int) -> bytes:
    """The file up to the text of a page."""
    return b"endstream".join(WHOLE.split(b"endstream", pages)[:-1])


def torn() -> bytes:
    """The file with a hole in its first page's text."""
    begin = WHOLE.index(b"stream\n") + 20
    return WHOLE[:begin] + bytes(60) + WHOLE[begin + 60 :]


def read(data: bytes) -> tuple[list[int | None], str]:
    """The pages that gave their fact, and what is said of the others."""
    parsed = parse(data, "a.pdf", DEFAULT_LIMITS)
    assert parsed.pages == 5
    found = [one.page for one in parsed.sections if f"the falcon {one.page}{one.page}{one.page}." in one.text]
    return found, parsed.loss


@pytest.mark.parametrize(
    ("data", "pages"),
    [(after(2), [1, 2]), (after(3), [1, 2, 3]), (torn(), [2, 3, 4, 5])],
)
def test_pages_that_are_left_are_read_and_the_others_named(data: bytes, pages: list[int]) -> None:
    found, loss = read(data)
    assert found == pages
    lost = [str(number) for number in range(1, 6) if number not in pages]
    assert f"Nothing could be read of page{'s' * (len(lost) > 1)} {', '.join(lost)};" in loss


@pytest.mark.parametrize("data", [cut(0.7), cut(0.9), cut(0.98), b"x" * 2000 + cut(0.9)])
def test_lost_end_costs_no_page(data: bytes) -> None:
    found, loss = read(data)
    assert found == [1, 2, 3, 4, 5]
    assert loss.startswith("This file is damaged. What could be read of it can be found;")


@pytest.mark.parametrize(
    "data",
    [
        WHOLE,
        b"HTTP/1.1 200 OK\r\n" * 200 + WHOLE,
        WHOLE + bytes(5000),
        re.sub(rb"startxref\n\d+", b"startxref\n99", WHOLE),
    ],
)
def test_what_costs_nothing_is_not_mentioned(data: bytes) -> None:
    assert read(data) == ([1, 2, 3, 4, 5], "")


def test_pages_packed_into_streams_are_found() -> None:
    folder = builders.SHARED / "docs"
    if not folder.is_dir():
        pytest.skip("the shared documents are not here")
    data = (folder / "13-intel-5-level-paging.pdf").read_bytes()
    parsed = parse(data[: len(data) * 6 // 10], "a.pdf", DEFAULT_LIMITS)
    assert "a linear address is canonical only if bits 63:48" in " ".join(
        section.text.replace("\n", " ") for section in parsed.sections if section.page == 13
    )
    assert parsed.loss


@pytest.mark.parametrize("data", [cut(0.1), b"%PDF-1.7\n" + bytes(range(256)) * 40])
def test_nothing_left_is_a_failure_in_words(data: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        parse_sandboxed(data, "a.pdf")
    assert caught.value.kind == ParseErrorKind.CORRUPT


def test_loss_stands_at_the_document_until_a_whole_copy_comes(library: Library, signed_in: Any) -> None:
    from django.urls import reverse

    from apps.knowledge.ingesting import ingest
    from apps.knowledge.versioning import document_replace
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    base = library.base(cast.bob)
    document = library.read(library.add(base, "falcons.pdf", after(2), cast.bob))
    bob = signed_in(cast.bob)
    told = "Nothing could be read of pages 3, 4, 5"
    assert document.state == "ready"
    assert told in bob.get(reverse("knowledge-collection", args=[base.id])).text
    assert told in bob.get(reverse("knowledge-document", args=[document.id])).text
    assert told in bob.get(f"/api/v1/documents/{document.id}").json()["note"]
    with tenant_scope(cast.acme.id):
        made = document_replace(
            actor=library.actor(cast.bob), document=document, name="falcons.pdf", stream=io.BytesIO(WHOLE)
        )
    assert ingest(made.tenant_id, made.id) is True
    assert library.row(document).loss == ""
