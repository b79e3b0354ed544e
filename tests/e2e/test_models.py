"""An administrator ticks a host's models, filters them, switches many and puts an own value back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.chat.test_pictures import painted, png
from tests.e2e.steps import ask
from tests.e2e.test_accessibility import look, violations
from tests.llm.host import Answer
from tests.llm.test_gateway_pieces import offer

if TYPE_CHECKING:
    from apps.llm.models import Connection
    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected

QWEN = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"


@pytest.fixture
def qwen(connected: Connected) -> Connection:
    """A connection that listed sixty models; made before Playwright runs its loop in this thread."""
    from apps.llm.models import CheckState, ConnectionCheck
    from apps.llm.services import Offer, connection_create, model_offer
    from apps.tenants.scope import tenant_scope

    names = ["qwen-plus", "qwen3-max", "text-embedding-v4", *(f"community/model-{n:02}" for n in range(57))]
    found = [{"id": name, "modality": "chat", "context_window": None} for name in names]
    found[2]["modality"] = "embedding"
    with tenant_scope(connected.cast.acme.id):
        made = connection_create(actor=None, vendor="qwen", name="Qwen", base_url=QWEN, key="sk-q-0123456789")
        ConnectionCheck.objects.create(
            connection=made, kind="list", state=CheckState.DONE, message="60 models", found=found
        )
        model_offer(actor=None, connection=made, offers=[Offer(name) for name in names[10:20]])
        return made


def test_from_ticks_to_the_list_and_back_to_the_catalogue(
    qwen: Connection, window: Window, connected: Connected
) -> None:
    page = window(connected.cast.alice).tab(f"/admin/providers/{qwen.pk}")
    page.get_by_role("link", name="Choose models").click()
    page.get_by_role("searchbox", name="Search").fill("qwen")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("q=qwen"))
    row = page.get_by_role("row").filter(has_text="qwen-plus")
    expect(row).to_contain_text("1,000,000")
    expect(row).to_contain_text("from 0.4 / 1.2 USD")
    page.get_by_label("qwen-plus").check()
    page.get_by_role("button", name="Offer these models").click()
    expect(page.get_by_role("status").filter(has_text="offered")).to_have_text("1 offered")
    expect(page.get_by_role("row").filter(has_text="qwen-plus")).to_contain_text("Offered")

    page.get_by_role("link", name="qwen-plus").click()
    page.get_by_label("Context window").fill("5000")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("catalogue: 1,000,000")).to_be_visible()
    page.get_by_role("button", name="Reset Context window").click()
    expect(page.get_by_text("All values are those of the catalogue.")).to_be_visible()


def test_turning_models_off_is_shown_first_and_undone(
    qwen: Connection, window: Window, connected: Connected
) -> None:
    page = window(connected.cast.alice).tab(f"/admin/providers/{qwen.pk}/models?q=qwen-plus")
    page.get_by_label("qwen-plus").check()
    page.get_by_role("button", name="Offer these models").click()
    expect(page.get_by_role("status").filter(has_text="offered")).to_have_text("1 offered")
    page.goto(f"{page.url.partition('/admin')[0]}/admin/models?provider=Qwen")
    page.get_by_label("All on this page").check()
    expect(page.get_by_text("11 ticked")).to_be_visible()
    page.get_by_label("Tick qwen-plus").uncheck()
    page.get_by_role("button", name="Turn off…").click()
    expect(page.get_by_role("heading", name="Turn off 10 models?")).to_be_visible()
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_text("10 changed")).to_be_visible()
    undo = page.get_by_role("button", name="Undo")
    undo.click()
    expect(undo).to_have_count(0)
    expect(page.get_by_text("10 changed")).to_be_visible()
    page.get_by_label("All on this page").check()
    page.get_by_label("Tick qwen-plus").uncheck()
    page.get_by_role("button", name="Turn off…").click()
    expect(page.get_by_role("heading", name="Turn off 10 models?")).to_be_visible()
    page.get_by_role("button", name="Turn off").click()
    expect(page).to_have_url(re.compile("provider=Qwen"))
    page.get_by_label("State").select_option("on")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#models tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.locator("#models tbody tr")).to_have_count(11)


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_pages_of_models(
    qwen: Connection, window: Window, connected: Connected, width: int
) -> None:
    alice = window(connected.cast.alice, **look(width))
    page = alice.tab("/admin/models")
    found = violations(page)
    for path in (
        f"/admin/providers/{qwen.pk}",
        f"/admin/providers/{qwen.pk}/models",
        f"/admin/models/{connected.chat.pk}",
        "/admin/models?q=nothing+fits",
    ):
        page.goto(alice.origin + path)
        found += violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} scrolls sideways"
    assert found == []


def test_a_model_is_tried_with_its_instructions_on_its_page(window: Window, connected: Connected) -> None:
    connected.host.answers[:] = [Answer(texts=("Ahoy, ", "a trial."))]
    page = window(connected.cast.alice, **look(1280)).tab(f"/admin/models/{connected.chat.pk}")
    page.get_by_label("Instructions").fill("Speak like a sailor.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    page.get_by_label("Question").fill("Who goes there?")
    page.get_by_role("button", name="Ask").click()
    result = page.locator("#trial-result")
    expect(result).to_contain_text("Ahoy, a trial.")
    expect(result.get_by_role("row").filter(has_text="big-model answered")).to_contain_text("0.0105 USD")
    sent = connected.host.asked[-1].body["messages"]
    assert (sent[0]["role"], sent[0]["content"]) == ("system", "Speak like a sailor.")
    assert violations(page) == []


@pytest.fixture
def painter(connected: Connected) -> None:
    """An image model for Everyone; made before Playwright runs its loop in this thread."""
    from apps.accounts.models import Team
    from apps.llm.services import model_grants_set
    from apps.tenants.scope import tenant_scope

    model = offer(connected, "gpt-image-1")
    with tenant_scope(connected.cast.acme.id):
        everyone = Team.objects.get(is_everyone=True)
        model_grants_set(actor=None, model=model, team_ids=[everyone.pk])


@pytest.mark.usefixtures("painter")
def test_a_picture_is_shown_in_the_chat_and_can_be_kept(window: Window, connected: Connected) -> None:
    connected.host.answers[:] = [painted(png(256))]
    page = window(connected.cast.bob).tab()
    expect(page.locator("#model-button")).to_contain_text("big-model")
    page.keyboard.press("Control+Shift+Period")
    page.get_by_role("combobox", name="Search models").fill("gpt-image")
    page.keyboard.press("Enter")
    ask(page, "A blue square")
    shown = page.get_by_role("img", name="A blue square")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("naturalWidth", 256)
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download").click()
    assert kept.value.suggested_filename == "A blue square 1.png"
    page.reload()
    expect(page.get_by_role("img", name="A blue square")).to_be_visible()
