"""Every page at 390 px: nothing scrolls sideways, Tab reaches all there is, and the focus is seen.

Three states of each page: names of 200 characters without a space, an organisation that has nothing yet, and
an API that fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.environment import ROOT
from tests.isolation.surface import doors

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.conftest import People, Watched, Window
    from tests.llm.conftest import Connected
    from tests.processes import Served

WIDTH = 390
LONG = "Donaudampfschifffahrt" * 9 + "sgesellsch"
SCRIPT = (ROOT / "tests" / "e2e" / "small_screen.js").read_text()
MOST_TABS, TABS_AT_ONCE = 120, 10
NO_PAGE = {
    "livez", "readyz", "csp-report", "sign-out", "settings", "admin-root", "setup", "setup-step", "link",
}  # fmt: skip
"""Addresses with no page of their own for who is signed in, or only once."""
WITHIN = {"knowledge-folder-access": f"?folder={LONG}"}
"""What the address of a page needs besides ids."""
FILE = "-export"
"""How the names of addresses end that answer a file."""
WRONG = {400, 403, 404, 500, 503}


def _look() -> dict[str, Any]:
    return {"viewport": {"width": WIDTH, "height": 800}, "reduced_motion": "reduce"}


def _addresses(ids: dict[str, Any]) -> list[str]:
    """Each page of the URL resolver, with these rows where an address takes an id."""
    found = []
    for door in doors():
        is_page = not door.route.startswith(("api/", "v1/")) and "get" in door.methods
        if not is_page or door.name in NO_PAGE or door.name.endswith(FILE) or "^" in door.route:
            continue
        path = f"/{door.route}"
        for name, value in ids.items():
            path = path.replace(f"<uuid:{name}>", str(value)).replace(f"<slug:{name}>", str(value))
        if "<" not in path:
            found.append(path + WITHIN.get(door.name, ""))
    return found


def _faults(page: Page) -> list[str]:
    """What is wrong with the page as it stands: one line each."""
    page.evaluate(SCRIPT)
    wrong: list[str] = page.evaluate("smallScreen.layout()")
    page.evaluate("smallScreen.begin()")
    for _ in range(0, MOST_TABS, TABS_AT_ONCE):
        for _ in range(TABS_AT_ONCE):
            page.keyboard.press("Tab")
        if page.evaluate("smallScreen.isRound()"):
            break
    wrong += page.evaluate("smallScreen.end()")
    return [f"{page.url.partition('localhost')[2]}: {fault}" for fault in wrong]


def _walk(tab: Watched, paths: list[str]) -> list[str]:
    page = tab.tab(paths[0])
    wrong = []
    for path in paths:
        answered = page.goto(tab.origin + path, wait_until="domcontentloaded")
        if answered is None or answered.status in WRONG:
            wrong.append(f"{path}: status {answered and answered.status}")
            continue
        page.wait_for_load_state("load")
        wrong += _faults(page)
    return wrong


def _nothing(faults: list[str]) -> None:
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


@pytest.fixture
def long_names(people: People) -> dict[str, Any]:
    """alice's organisation, in which everything has a name as long as its field."""
    from apps.accounts.models import ApiKey, Notification, Team, TenantSettings, User
    from apps.accounts.services import api_key_create
    from apps.chat.models import Conversation
    from apps.knowledge.models import Document, EvaluationRun, GoldenQuestion, KnowledgeBase
    from apps.llm.models import Connection, Model, Route
    from apps.tenants.scope import tenant_scope
    from tests.isolation.rows import row_make

    cast = people.connected.cast
    with tenant_scope(cast.acme.id):
        made: dict[str, Any] = {"accounts.User": cast.alice, "accounts.Team": cast.engineering}
        base = row_make(KnowledgeBase, LONG, made)
        KnowledgeBase.objects.filter(pk=base.pk).update(
            owner=cast.alice, visibility="tenant", conversation_id=None
        )
        document = row_make(Document, LONG, made)
        row_make(Notification, LONG, made)
        chat = row_make(Conversation, LONG, made)
        api_key_create(
            actor=None,
            slug=cast.acme.slug,
            user=cast.alice,
            team=cast.engineering,
            name=LONG[:80],
            scopes=["chat"],
        )
        _rename(User, cast.bob.pk, "name")
        _rename(Team, cast.engineering.pk, "name")
        _rename(KnowledgeBase, base.pk, "name", "description")
        _rename(Document, document.pk, "title", "folder")
        run = EvaluationRun.objects.create(
            knowledge_base=base,
            user=cast.alice,
            state="failed",
            error=LONG,
            setting={"embedding": LONG, "answers": LONG},
            figures={"ndcg@10": 0.5},
        )
        question = row_make(GoldenQuestion, LONG, made)
        _rename(Conversation, chat.pk, "title")
        _rename(Connection, people.connected.connection.pk, "name")
        _rename(Model, people.connected.chat.pk, "name")
        route = row_make(Route, LONG, made)
        _rename(Route, route.pk, "name", "purpose")
        TenantSettings.objects.update(name=LONG[:120])
        assert ApiKey.objects.exists()
    return {
        "knowledge_base_id": base.pk,
        "user_id": cast.bob.pk,
        "team_id": cast.engineering.pk,
        "connection_id": people.connected.connection.pk,
        "model_id": people.connected.chat.pk,
        "conversation_id": chat.pk,
        "vendor": "openai_compatible",
        "route_id": route.pk,
        "kind": "task",
        "document_id": document.pk,
        "evaluation_id": run.pk,
        "golden_id": question.pk,
    }


def _rename(model: Any, key: Any, *fields: str) -> None:
    longest = {name: model._meta.get_field(name).max_length or len(LONG) for name in fields}
    model.objects.filter(pk=key).update(**{name: LONG[:most] for name, most in longest.items()})


def test_long_names_on_every_page(long_names: dict[str, Any], window: Window, connected: Connected) -> None:
    paths = _addresses(long_names)
    assert len(paths) > 25
    _nothing(_walk(window(connected.cast.alice, **_look()), paths))
    outside = window(**_look())
    outside.expect_fault("410")
    _nothing(_walk(outside, ["/sign-in", "/password/forgot", f"/link/{uuid4().hex}"]))


@pytest.fixture
def nobodys(people: People) -> str:
    """A session of mallory, who is alone in an organisation that has nothing."""
    from apps.accounts.services import session_create
    from apps.tenants.scope import tenant_scope

    cast = people.connected.cast
    with tenant_scope(cast.globex.id):
        return session_create(user=cast.mallory, ip=None, agent="test")[1]


def test_empty_lists_on_every_page(
    nobodys: str, window: Window, connected: Connected, product: Served
) -> None:
    from apps.accounts.middleware import COOKIE

    empty = window(**_look())
    empty.origin = f"http://{connected.cast.globex.host}:{product.port}"
    empty.context.add_cookies([{"name": COOKIE, "value": nobodys, "url": empty.origin}])
    _nothing(_walk(empty, _addresses({"vendor": "openai_compatible"})))


def test_failing_api_on_the_chat_page(
    long_names: dict[str, Any], window: Window, connected: Connected
) -> None:
    alice = window(connected.cast.alice, **_look())
    alice.expect_fault("500")
    alice.context.route("**/api/v1/**", lambda route: route.fulfill(status=500, body="{}"))
    page = alice.tab("/")
    field = page.get_by_label("Message", exact=True)
    field.fill(LONG)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(visible=True).first).to_be_visible()
    expect(field).to_have_value(LONG)
    wrong = _faults(page)
    page.goto(f"{alice.origin}/c/{long_names['conversation_id']}")
    expect(page.get_by_role("alert").filter(visible=True).first).to_be_visible()
    _nothing(wrong + _faults(page))
