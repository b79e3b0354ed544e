"""A passage keeps its page, slide, or sheet and rows and shows them everywhere; progress by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from apps.knowledge.spots import Spot
from tests.knowledge.builders import pdf
from tests.knowledge.test_formats import opened, workbook

if TYPE_CHECKING:
    from apps.knowledge.models import Document
    from tests.knowledge.conftest import Library

SHEET = '<row r="1"><c r="A1" t="str"><v>City</v></c><c r="B1" t="str"><v>Limit</v></c></row>' + "".join(
    f'<row r="{n}"><c r="A{n}" t="str"><v>Hotel town number {n}</v></c><c r="B{n}"><v>{n * 3}</v></c></row>'
    for n in range(2, 120)
)
SHOW = (
    "<office:presentation><draw:page/><draw:page><draw:frame p:class='title'><draw:text-box><text:p>Hotels"
    "</text:p></draw:text-box></draw:frame><draw:frame><draw:text-box><text:p>The limit in Porto is 140"
    "</text:p></draw:text-box></draw:frame></draw:page></office:presentation>"
)


@pytest.mark.parametrize(
    ("spot", "label"),
    [
        (Spot(), ""),
        (Spot(page=3), "page 3"),
        (Spot(page=3, is_slide=True), "slide 3"),
        (Spot(sheet="Sales", first_row=12, last_row=40), "sheet Sales, rows 12\u201340"),
        (Spot(first_row=7, last_row=7), "row 7"),
    ],
)
def test_spot_in_words(spot: Spot, label: str) -> None:
    assert spot.label == label


def _passages(client: Any, document: Document) -> list[dict[str, Any]]:
    return list(client.get(f"/api/v1/documents/{document.id}/chunks").json()["results"])


def test_sheet_and_rows_reach_answer_viewer_inspector_and_rest(library: Library, signed_in: Any) -> None:
    from apps.chat.citing import cited_in
    from apps.chat.searching import quoted

    cast = library.cast
    base = library.base(cast.bob)
    document = library.read(library.add(base, "limits.xlsx", workbook(SHEET), cast.bob))
    client = signed_in(cast.bob)
    rows = [row["place"] for row in _passages(client, document)]
    assert len(rows) > 2
    assert rows[0].startswith("sheet Costs, rows 1\u2013")
    assert rows[-1].endswith("\u2013119")
    found = library.ask(cast.bob, "What is the limit in hotel town number 97?", base)
    passage = next(one for one in found if "number 97" in one.text)
    first, last = passage.place.first_row or 0, passage.place.last_row or 0
    assert first <= 97 <= last
    assert quoted([passage])[0].place.startswith(f"sheet Costs, rows {first}\u2013{last}")
    note = cited_in(f"Hotel town number 97 has the limit 291 [{passage.number}].", [passage])[0]
    assert note["place"] == passage.place.label
    viewed = client.get(f"/api/v1/chunks/{passage.chunk_id}").json()
    assert viewed["place"] == passage.place.label
    page = client.get(f"/knowledge/documents/{document.id}").content.decode()
    assert passage.place.label in page


def test_slides_are_called_slides(library: Library, signed_in: Any) -> None:
    base = library.base(library.cast.bob)
    document = library.read(library.add(base, "show.odp", opened("presentation", SHOW), library.cast.bob))
    assert [row["place"] for row in _passages(signed_in(library.cast.bob), document)] == ["slide 2"]


def test_pages_are_told_while_they_are_read(
    library: Library, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.knowledge import ingesting
    from apps.knowledge.sandbox.runner import parse_sandboxed as sandboxed

    cast = library.cast
    client = signed_in(cast.bob)
    base = library.base(cast.bob)
    document = library.add(base, "long.pdf", pdf(*(f"Page {n}" for n in range(1, 5))), cast.bob)
    seen: list[tuple[Any, Any]] = []
    shown: list[str] = []

    def looked(*arguments: Any, **named: Any) -> Any:
        parsed = sandboxed(*arguments, **named)
        row = client.get(f"/api/v1/documents/{document.id}").json()
        seen.append((row["pages_read"], row["pages"]))
        shown.append(client.get(f"/knowledge/{base.id}").content.decode())
        return parsed

    monkeypatch.setattr(ingesting, "_NOTE_EVERY_S", -1.0)
    monkeypatch.setattr(ingesting, "parse_sandboxed", looked)
    assert library.read(document).state == "ready"
    assert seen == [(4, 4)]
    assert "Page 4 of 4" in shown[0]
    row = client.get(f"/api/v1/documents/{document.id}").json()
    assert (row["state"], row["pages_read"], row["pages"]) == ("ready", None, 4)
