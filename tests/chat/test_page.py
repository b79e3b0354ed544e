"""The chat page: for who is signed in, with what the island starts from."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import pytest

from tests.chat.conftest import Browser
from tests.llm.conftest import Connected


def boot_of(response: Any) -> dict[str, Any]:
    found = re.search(
        r'<script id="boot" type="application/json">(.*?)</script>', response.content.decode(), re.DOTALL
    )
    assert found
    value: dict[str, Any] = json.loads(found[1])
    return value


@pytest.mark.parametrize("path", ["/", "/c/018f0000-0000-7000-8000-000000000001"])
def test_who_is_not_signed_in_is_led_there_and_back(bob: Browser, path: str) -> None:
    bob.client.cookies.clear()
    led = bob.page(path)
    assert led.status_code == 302
    assert led["Location"] == f"/sign-in?next={path.replace('/', '%2F')}"


def test_the_island_starts_from_the_person_models_and_limits(bob: Browser, connected: Connected) -> None:
    page = bob.page("/")
    assert page.status_code == 200
    boot = boot_of(page)
    assert boot["me"]["email"] == "bob@acme.example"
    assert [team["name"] for team in boot["me"]["teams"]] == ["Everyone", "Engineering"]
    assert boot["csrf_header"] == "X-CSRFToken"
    assert boot["limits"] == {"max_upload_bytes": 25 * 1024 * 1024, "max_text": 100_000}
    assert "csrftoken" in page.cookies


def test_ones_own_chat_opens_and_any_other_is_the_same_404(
    bob: Browser, engineering: str, browse: Any, connected: Connected
) -> None:
    chat = bob.begin(team_id=engineering)
    assert bob.page(f"/c/{chat}").status_code == 200
    alice = browse(connected.cast.acme, connected.cast.alice)
    theirs, random = alice.page(f"/c/{chat}"), alice.page(f"/c/{uuid4()}")
    assert (theirs.status_code, random.status_code) == (404, 404)
    assert theirs.content == random.content


def test_a_name_cannot_leave_its_script_element(bob: Browser, connected: Connected) -> None:
    bob.call("PATCH", "/me", {"name": "</script><script>alert(1)</script>"})
    page = bob.page("/")
    assert b"<script>alert" not in page.content
    assert boot_of(page)["me"]["name"] == "</script><script>alert(1)</script>"
