"""The model picker by keyboard and pointer: a default of one's own, undone and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.routed import Aside, aside
from tests.e2e.steps import reload_until
from tests.e2e.test_accessibility import look, violations
from tests.llm.routing import Routing, routing_on

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected


@pytest.fixture
def routing(connected: Connected) -> Iterator[Routing]:
    with routing_on(connected, Aside) as found:
        yield found


def item(page: Page, model: str, name: str) -> Locator:
    """An item of a model's menu in the picker, opened by pointer."""
    page.locator("#model-button").click()
    row = page.get_by_role("option", name=model)
    row.hover()
    row.locator(".option-more").click()
    return page.get_by_role("menuitem", name=name)


def test_a_default_is_set_by_keyboard_and_undone(
    window: Window, connected: Connected, routing: Routing
) -> None:
    routing.model("another")
    page = window(connected.cast.bob).tab()
    button = page.locator("#model-button")
    expect(button).to_contain_text("big-model")
    page.keyboard.press("Control+Shift+Period")
    field = page.get_by_role("combobox", name="Search models")
    field.fill("anoth")
    page.keyboard.press("Shift+F10")
    item = page.get_by_role("menuitem", name="Set as default")
    expect(item).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_be_focused()
    page.keyboard.press("Shift+F10")
    expect(item).to_be_focused()
    page.keyboard.press("Enter")
    toast = page.get_by_role("status").filter(has_text="Your new chats in Everyone begin with another.")
    expect(toast).to_be_visible()
    expect(field).to_be_focused()
    field.fill("")
    expect(page.get_by_role("listbox").get_by_role("option").first).to_contain_text("Your default")
    expect(button).to_contain_text("another")
    page.reload()
    expect(button).to_contain_text("another")
    button.click()
    page.get_by_role("button", name="Stop using another as default").click()
    expect(button).to_contain_text("big-model")
    page.get_by_role("button", name="Undo").click()
    expect(button).to_contain_text("another")


def test_the_menu_of_a_row_opens_by_pointer(window: Window, connected: Connected, routing: Routing) -> None:
    routing.model("another")
    bob = window(connected.cast.bob)
    page = bob.tab()
    default = item(page, "another", "Set as default")
    with page.expect_response("**/me/default-model"):
        default.click()
    expect(page.get_by_role("listbox").get_by_role("option").first).to_contain_text("another")
    page.keyboard.press("Escape")
    page.goto(f"{bob.origin}/settings/models")
    expect(page.get_by_text("Your own choice")).to_be_visible()


def test_a_choice_survives_that_its_page_is_left_at_once(
    window: Window, connected: Connected, routing: Routing
) -> None:
    routing.model("another")
    bob = window(connected.cast.bob)
    page = bob.tab()
    default = item(page, "another", "Set as default")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    bob.context.route("**/me/default-model", hold)
    with page.expect_request("**/me/default-model"):
        default.click()
    expect(page.get_by_role("listbox").get_by_role("option").first).to_contain_text("another")
    page.goto(f"{bob.origin}/settings/models")
    expect(page.get_by_text("Your own choice")).to_have_count(0)
    held[0].continue_()
    reload_until(page, page.get_by_text("Your own choice"))


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_the_picker(
    window: Window, connected: Connected, routing: Routing, width: int
) -> None:
    from apps.llm.models import Model
    from apps.llm.services import model_update
    from apps.tenants.scope import tenant_scope

    off, open_model = routing.model("switched-off"), routing.model("a-route-member")
    routing.route("fallback", {"members": [open_model, "big-model"]}, slug="safe", purpose="Never stops")

    def switch() -> None:
        with tenant_scope(connected.cast.acme.id):
            model_update(actor=None, model=Model.objects.get(slug=off), changes={"is_enabled": False})

    aside(switch)
    page = window(connected.cast.bob, **look(width)).tab()
    page.locator("#model-button").click()
    unavailable = page.get_by_role("option", name="switched-off")
    expect(unavailable).to_have_attribute("aria-disabled", "true")
    expect(unavailable).to_contain_text("Switched off by an administrator.")
    expect(page.get_by_role("option", name="Safe")).to_contain_text("Never stops")
    found = violations(page)
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menuitem")).to_be_visible()
    found += violations(page)
    assert found == []
