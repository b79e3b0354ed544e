"""axe-core on every page, light and dark, small and wide; and no page scrolls sideways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.steps import ask, expect_end
from tests.environment import ROOT
from tests.llm.host import Answer

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
MARKDOWN = (
    "A claim.\n\n### Head\n\n1. one\n2. two\n\n```python\nprint(1)\n```\n\n"
    "| a | b |\n|---|--:|\n| x | 1 |\n\n$x^2$ and `code`."
)
MEMBER_PAGES = (
    "/knowledge",
    "/knowledge/questions",
    "/knowledge/feedback",
    "/knowledge/reviews",
    "/settings/profile",
    "/settings/appearance",
    "/settings/chat",
    "/settings/data",
    "/settings/security",
    "/settings/api-keys",
    "/settings/models",
    "/settings/budgets",
    "/settings/usage/statements",
    "/notifications",
)
ADMIN_PAGES = (
    "/admin/", "/admin/people", "/admin/people/invite", "/admin/teams", "/admin/teams/models",
    "/admin/models", "/admin/providers", "/admin/providers/new", "/admin/knowledge",
    "/admin/knowledge/embedding-default", "/admin/audit", "/admin/budgets?of=team", "/admin/budget-requests",
    "/admin/data-classes", "/admin/policies", "/admin/policies/try", "/admin/policies/findings",
    "/admin/policies/rules/new",
)  # fmt: skip
WIDTHS = (390, 1280)


def violations(page: Page) -> list[str]:
    """What axe finds in both themes once the page is loaded, one line for each element."""
    page.wait_for_load_state()
    page.evaluate(AXE.read_text())
    lines = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        lines += [
            f"{page.url} {scheme} {rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]
    return lines


def look(width: int) -> dict[str, Any]:
    """A window of that width, without motion. The policy is lifted, since axe comes in by evaluation."""
    return {"viewport": {"width": width, "height": 860}, "reduced_motion": "reduce", "bypass_csp": True}


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_in_a_chat(window: Window, connected: Connected, width: int) -> None:
    """New chat, an answer with every kind of block, picker, menus and dialogs."""
    connected.host.answers[:] = [Answer(texts=(MARKDOWN,)), Answer(texts=("Title",))]
    page = window(connected.cast.bob, **look(width)).tab()
    page.get_by_label("Message", exact=True).wait_for()
    found = violations(page)
    ask(page, "Show me all")
    expect_end(page)
    page.locator(".katex").first.wait_for()
    found += violations(page)
    page.locator("#model-button").click()
    page.get_by_role("option").first.wait_for()
    found += violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search chats").wait_for()
    found += violations(page)
    assert found == []


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_on_server_pages(window: Window, connected: Connected, width: int) -> None:
    """Sign-in, knowledge, settings and administration."""
    outside = window(**look(width)).tab("/sign-in")
    found = violations(outside)
    alice = window(connected.cast.alice, **look(width))
    page = alice.tab("/knowledge")
    for path in (*MEMBER_PAGES, *ADMIN_PAGES):
        answered = page.goto(alice.origin + path)
        assert answered is not None
        assert answered.status == 200, path
        found += violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} scrolls sideways"
    assert found == []
