"""Sources in a browser: followed, paused and removed, without violations in both themes, at both widths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.routed import aside
from tests.e2e.steps import LONG_MS
from tests.e2e.test_accessibility import WIDTHS, look, violations
from tests.knowledge.following import allow_folder

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected


def shared_drive(connected: Connected, path: Path) -> None:
    """A folder that acme may follow, with a file that can be read and one that cannot; and a collection."""
    from apps.accounts.actors import Actor
    from apps.knowledge.services import knowledge_base_create
    from apps.tenants.scope import tenant_scope

    path.chmod(0o755)
    (path / "travel.md").write_text("# Travel\n\nThe cap is 190 pounds.")
    (path / "broken.pdf").write_text("no PDF at all")
    allow_folder(connected.cast.acme, str(path))
    with tenant_scope(connected.cast.acme.id):
        knowledge_base_create(actor=Actor(connected.cast.alice), name="Handbook", visibility="tenant")


def follow(page: Page, path: Path) -> list[str]:
    """From the empty list to a source that was followed; what axe found on the way."""
    found = violations(page)
    page.get_by_role("link", name="Add a source").first.click()
    expect(page.get_by_role("link", name="Folder")).to_be_visible()
    found += violations(page)
    page.get_by_role("link", name="Folder").click()
    page.get_by_label("Name").fill("Shared drive")
    page.get_by_label("Folder", exact=True).fill("/etc")
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_text("The operator has not allowed this folder")).to_be_visible()
    found += violations(page)
    page.get_by_label("Folder", exact=True).fill(str(path))
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_text("Up to date")).to_be_visible(timeout=LONG_MS)
    return found


@pytest.mark.usefixtures("ingest")
@pytest.mark.parametrize("width", WIDTHS)
def test_a_folder_is_followed_from_the_pages(
    window: Window, connected: Connected, tmp_path: Path, width: int
) -> None:
    aside(shared_drive, connected, tmp_path)
    watched = window(connected.cast.alice, **look(width))
    watched.expect_fault("422")  # the refused folder
    page = watched.tab("/admin/knowledge/sources")
    found = follow(page, tmp_path)
    page.reload()
    expect(page.get_by_text("broken.pdf")).to_be_visible()
    found += violations(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.goto(page.url.rpartition("/")[0])
    found += violations(page)
    page.get_by_role("link", name="Shared drive").click()
    page.get_by_role("link", name="Remove").click()
    expect(page.get_by_label("Delete them")).to_be_visible()
    found += violations(page)
    page.get_by_label("Delete them").check()
    page.get_by_role("button", name="Remove Shared drive").click()
    expect(page.get_by_text("Nothing is followed yet")).to_be_visible()
    assert found == []
