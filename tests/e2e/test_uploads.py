"""A folder goes into a collection file by file, with states; the document's page lets passages be mended."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import LONG_MS
from tests.e2e.test_accessibility import look, violations

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected

FILES = 12


def _fill_in(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Travel")
    page.get_by_role("button", name="Make collection").click()
    page.get_by_label("A folder").wait_for()


@pytest.mark.parametrize("width", [390, 1280])
def test_folder_is_uploaded_file_by_file_and_a_passage_is_left_out(
    window: Window, connected: Connected, ingest: None, tmp_path: Path, width: int
) -> None:
    folder = tmp_path / "Rules"
    hotels = folder / "Hotels and other places to stay" / "Paid for by the department of internal affairs"
    hotels.mkdir(parents=True)
    for number in range(FILES - 1):
        path = hotels / f"allowance for rule {number}.md"
        path.write_text(f"# Rule {number}\n\nThe cap is {number * 9} pounds.")
        os.utime(path, (1_700_000_000, 1_700_000_000))  # alike but for the end of their paths
    (folder / "same.md").write_text("# Rule 3\n\nThe cap is 27 pounds.")
    page = window(connected.cast.bob, **look(width)).tab("/knowledge/new")
    _fill_in(page)
    page.get_by_label("A folder").set_input_files(folder)
    status = page.locator("file-uploads form [role=status]")
    expect(status).to_have_text(f"{FILES} of {FILES} files uploaded.", timeout=LONG_MS)
    expect(page.get_by_text("Already in this collection, not added again")).to_have_count(1)
    expect(page.locator("file-uploads li[data-state=done]")).to_have_count(FILES)
    expect(page.locator("#documents tbody tr")).to_have_count(FILES - 1)
    expect(page.locator("#documents").get_by_text("Ready")).to_have_count(FILES - 1, timeout=LONG_MS)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Clear finished").press("Enter")
    expect(page.locator("file-uploads li")).to_have_count(0)
    page.get_by_role("link", name=re.compile("Rule 4")).click()
    expect(page.get_by_text("The cap is 36 pounds.").first).to_be_visible()
    page.get_by_role("button", name="Leave out passage 1").press("Enter")
    expect(page.get_by_text("Left out", exact=True)).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_broken_line_is_retried_from_where_it_was(
    window: Window, connected: Connected, ingest: None, tmp_path: Path
) -> None:
    path = tmp_path / "long.txt"
    path.write_text("\n".join(f"Line {number} says {number * 7}." for number in range(300_000)))
    seen = window(connected.cast.bob)
    page = seen.tab("/knowledge/new")
    _fill_in(page)
    offsets: list[str] = []
    page.on("request", lambda request: offsets.append(request.url) if "offset=" in request.url else None)
    page.route("**/uploads/*offset=4194304*", lambda route: route.abort(), times=1)
    page.get_by_label("Files").set_input_files(path)
    status = page.locator("file-uploads form [role=status]")
    expect(status).to_have_text("1 of 1 files uploaded.", timeout=LONG_MS)
    sent = [url.rpartition("=")[2] for url in offsets]
    assert sent[:3] == ["0", "4194304", "4194304"]
    assert len(sent) == len(set(sent)) + 1
    seen.expect_fault("ERR_FAILED")


def test_left_upload_is_resumed_with_its_file_or_discarded(
    window: Window, connected: Connected, ingest: None, tmp_path: Path
) -> None:
    path, other = tmp_path / "long.txt", tmp_path / "other" / "long.txt"
    path.write_text("\n".join(f"Line {number} says {number * 7}." for number in range(200_000)))
    other.parent.mkdir()
    other.write_text("Another text.")
    seen = window(connected.cast.bob, **look(390))
    page = seen.tab("/knowledge/new")
    _fill_in(page)
    page.route("**/uploads/*offset=4194304*", lambda route: None)
    page.get_by_label("Files").set_input_files(path)
    expect(page.locator("file-uploads li")).to_contain_text(re.compile(r"Uploading, \d\d %"), timeout=LONG_MS)
    later = seen.tab(re.sub(r"^https?://[^/]+", "", page.url))
    left = later.locator("#unfinished")
    expect(left.get_by_role("listitem")).to_have_count(1)
    assert violations(later) == []
    assert later.evaluate("document.documentElement.scrollWidth <= innerWidth")
    resume = left.get_by_role("button", name="Resume long.txt")
    with later.expect_file_chooser() as asked:
        resume.press("Enter")
    asked.value.set_files(other)
    status = later.locator("file-uploads form [role=status]")
    expect(status).to_contain_text("This is not the file that was begun")
    with later.expect_file_chooser() as asked:
        resume.press("Enter")
    with later.expect_request("**/uploads/*offset=*") as sent:
        asked.value.set_files(path)
    assert sent.value.url.endswith("offset=4194304")
    expect(status).to_have_text("1 of 1 files uploaded.", timeout=LONG_MS)
    expect(left.get_by_role("listitem")).to_have_count(0)
