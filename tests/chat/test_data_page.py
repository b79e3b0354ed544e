"""Settings, Data: all of one's chats, to take away or to delete."""

from __future__ import annotations

from typing import Any

from tests.chat.conftest import Browser
from tests.llm.conftest import Connected


def _delete_all(browser: Browser) -> Any:
    return browser.client.post("/settings/data/delete", HTTP_HOST=browser.organisation.host)


def test_all_of_ones_own_chats_are_deleted_and_nobody_elses(
    bob: Browser, engineering: str, browse: Any, connected: Connected
) -> None:
    alice = browse(connected.cast.acme, connected.cast.alice)
    kept = alice.begin(team_id=engineering)
    chats = [bob.begin(team_id=engineering) for _ in range(2)]
    assert "with 2 chats" in bob.page("/settings/data").content.decode()
    done = _delete_all(bob)
    assert (done.status_code, done.headers["Location"]) == (302, "/settings/data?deleted=2")
    assert "2 chats deleted" in bob.page("/settings/data?deleted=2").content.decode()
    assert bob.call("GET", "/conversations").json()["results"] == []
    assert [row["id"] for row in alice.call("GET", "/conversations").json()["results"]] == [kept]
    assert bob.call("POST", f"/conversations/{chats[0]}/restore", {}).status_code == 200
    assert len(bob.call("GET", "/conversations").json()["results"]) == 1


def test_who_has_no_chats_is_offered_neither(bob: Browser) -> None:
    page = bob.page("/settings/data").content.decode()
    assert "You have no chats yet." in page
    assert "Delete all chats" not in page
    assert _delete_all(bob).headers["Location"] == "/settings/data?deleted=0"


def test_a_wrong_number_in_the_address_is_no_error(bob: Browser) -> None:
    for wrong in ("x", "-1", "9" * 30, "\u0663"):
        assert bob.page(f"/settings/data?deleted={wrong}").status_code == 200
