"""The pages about readers in a browser: without violations in both themes, at both widths, by keyboard."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.routed import aside
from tests.e2e.test_accessibility import WIDTHS, look, violations

if TYPE_CHECKING:
    from uuid import UUID

    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected


def folder_shelf(connected: Connected) -> UUID:
    """A collection of alice's for everyone with a document in a folder."""
    from apps.accounts.actors import Actor
    from apps.knowledge.services import document_add, knowledge_base_create
    from apps.tenants.scope import tenant_scope

    alice = Actor(connected.cast.alice)
    with tenant_scope(connected.cast.acme.id):
        base = knowledge_base_create(actor=alice, name="Handbook", visibility="tenant")
        stream = io.BytesIO(b"The cap is 190 pounds.")
        document_add(actor=alice, knowledge_base=base, name="travel.txt", stream=stream, folder="HR/Travel")
        base_id: UUID = base.id
        return base_id


@pytest.mark.parametrize("width", WIDTHS)
def test_a_folder_is_closed_and_opened_again_from_the_pages(
    window: Window, connected: Connected, width: int
) -> None:
    base_id = aside(folder_shelf, connected)
    page = window(connected.cast.alice, **look(width)).tab(f"/knowledge/{base_id}/access")
    found = violations(page)
    page.get_by_label("Folder", exact=True).select_option("HR")
    page.get_by_role("button", name="Choose its readers").click()
    page.wait_for_url(re.compile("folder=HR"))
    expect(page.get_by_role("heading", name="3 people can read it")).to_be_visible()
    page.get_by_label("Chosen teams", exact=True).check()
    page.get_by_label("Engineering", exact=True).check()
    page.get_by_label("Engineering", exact=True).press("Enter")
    expect(page.get_by_text("1 person can no longer read it: Carol Other")).to_be_visible()
    found += violations(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="2 people can read it")).to_be_visible()
    found += violations(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="3 people can read it")).to_be_visible()
    assert found == []
