"""What a search is narrowed to and how a collection is searched, in a browser: both themes, both widths."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.routed import aside
from tests.e2e.test_accessibility import WIDTHS, look, violations

if TYPE_CHECKING:
    from uuid import UUID

    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected


def tagged_shelf(connected: Connected) -> UUID:
    """A collection of alice's for everyone with two documents, ready, one of them tagged."""
    from apps.accounts.actors import Actor
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.services import document_add, knowledge_base_create
    from apps.tenants.scope import tenant_scope

    alice = Actor(connected.cast.alice)
    with tenant_scope(connected.cast.acme.id):
        base = knowledge_base_create(actor=alice, name="Handbook", visibility="tenant")
        base_id: UUID = base.id
        added = [
            document_add(
                actor=alice, knowledge_base=base, name=name, stream=io.BytesIO(text.encode()), tags=tags
            )
            for name, text, tags in (
                ("travel.txt", "The hotel cap is 190 pounds.", ["Travel"]),
                ("leave.txt", "Parental leave is 26 weeks.", []),
            )
        ]
    for document in added:
        ingest(connected.cast.acme.id, document.id)
    return base_id


@pytest.mark.parametrize("width", WIDTHS)
def test_a_search_is_narrowed_and_a_collection_tuned(
    window: Window, connected: Connected, width: int
) -> None:
    alice = window(connected.cast.alice, **look(width))
    page = alice.tab(f"/knowledge/{aside(tagged_shelf, connected)}")
    page.get_by_text("Only in some documents").click()
    page.get_by_label("Travel (1)").check()
    found = violations(page)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Advanced").click()
    page.get_by_label("Most passages for an answer").fill("4")
    page.get_by_label("Most passages for an answer").press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    found += violations(page)
    page.get_by_role("button", name="Reset to the defaults").click()
    expect(page.get_by_label("Most passages for an answer")).to_have_value("8")
    page = alice.tab("/")
    page.get_by_role("button", name="Add files and knowledge").click()
    page.get_by_role("menuitem", name="From knowledge").click()
    page.get_by_label("Handbook").check()
    page.get_by_text("Only in some documents").click()
    page.get_by_label("Travel 1 document").check()
    page.get_by_label("Dated from").fill("2020-01-01")
    found += violations(page)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("2 filters")).to_be_visible()
    found += violations(page)
    page.reload()
    expect(page.get_by_text("2 filters")).to_be_visible()
    expect(page.get_by_role("button", name="Remove Handbook")).to_be_visible()
    page.get_by_role("button", name="Remove the filters of the documents").click()
    expect(page.get_by_text("2 filters")).to_be_hidden()
    assert found == []
