"""A chat with an image model: the answer is a picture, kept with the chat and shown to its owner alone."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.llm.loop import run_on_loop
from tests.chat.conftest import Browser
from tests.llm.conftest import Connected
from tests.llm.host import Answer
from tests.llm.test_gateway_pieces import offer

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("product")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(side: int = 64) -> bytes:
    """A square of one colour that browsers show."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = (b"\x00" + b"\x1e\x64\xc8" * side) * side
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


async def received(answer: Any) -> bytes:
    return b"".join([part async for part in answer.streaming_content])


def painted(*pictures: bytes) -> Answer:
    data = [{"b64_json": b64encode(picture).decode()} for picture in pictures]
    return Answer(whole={"created": 1, "data": data})


@pytest.fixture
def painter(connected: Connected) -> Any:
    """An image model that engineering may use, at 4 cents a picture."""
    return offer(connected, "gpt-image-1", price_unit=Decimal("0.04"), currency="USD")


def ask(bob: Browser, engineering: str, text: str = "A cat on a sofa") -> tuple[str, Any]:
    chat = bob.begin(team_id=engineering, model="gpt-image-1")
    bob.send(chat, text)
    _, answer = bob.answered(chat)
    return chat, answer


def test_the_picker_offers_image_models_beside_the_others(
    bob: Browser, engineering: str, painter: Any
) -> None:
    del painter
    rows = bob.call("GET", f"/models?team={engineering}").json()["results"]
    (row,) = [row for row in rows if row["slug"] == "gpt-image-1"]
    assert row["badges"] == ["Private", "Pictures"]
    assert (row["price"], row["is_default"], row["available"]) == ("0.04 USD a picture", False, True)


def test_the_answer_is_the_picture_with_its_words_for_who_can_not_see_it(
    bob: Browser, engineering: str, connected: Connected, painter: Any
) -> None:
    del painter
    connected.host.answers[:] = [painted(png())]
    _, answer = ask(bob, engineering)
    assert (answer["state"], answer["error"]) == ("done", None)
    (part,) = answer["parts"]
    assert (part["type"], part["alt"], part["name"]) == (
        "picture",
        "A cat on a sofa",
        "A cat on a sofa 1.png",
    )
    (asked,) = connected.host.asked
    assert asked.path == "/v1/images/generations"
    assert (asked.body["prompt"], asked.body["n"]) == ("A cat on a sofa", 1)
    shown = bob.page(part["url"])
    assert run_on_loop(received(shown)) == png()
    assert {name: shown.headers[name] for name in PICTURE_HEADERS} == PICTURE_HEADERS
    kept = bob.page(f"{part['url']}?download")
    assert kept.headers["Content-Disposition"] == 'attachment; filename="A cat on a sofa 1.png"'


PICTURE_HEADERS = {
    "Content-Type": "image/png",
    "Content-Disposition": 'inline; filename="A cat on a sofa 1.png"',
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


def test_the_ledger_counts_the_picture_for_the_chat(
    bob: Browser, engineering: str, connected: Connected, painter: Any
) -> None:
    from tests.llm.conftest import ledger

    connected.host.answers[:] = [painted(png())]
    chat, _ = ask(bob, engineering)
    (row,) = ledger(connected)
    assert (row.purpose, row.units, row.unit, row.cost) == ("reply", 1, "picture", Decimal("0.04"))
    assert (str(row.conversation_id), row.model_id) == (chat, painter.pk)


def test_nobody_else_sees_it_and_it_goes_with_the_chat(
    bob: Browser,
    engineering: str,
    connected: Connected,
    painter: Any,
    browse: Callable[..., Browser],
) -> None:
    from apps.files.models import File
    from apps.tenants.scope import tenant_scope

    del painter
    cast = connected.cast
    connected.host.answers[:] = [painted(png())]
    chat, answer = ask(bob, engineering)
    url = answer["parts"][0]["url"]
    for organisation, user in ((cast.acme, cast.alice), (cast.acme, cast.carol), (cast.globex, cast.mallory)):
        assert browse(organisation, user).page(url).status_code == 404
    assert bob.call("DELETE", f"/conversations/{chat}").status_code == 204
    assert bob.page(url).status_code == 404
    bob.erase(chat)
    with tenant_scope(cast.acme.id):
        assert not File.objects.filter(media_type="image/png").exists()


def test_a_refusal_says_so_and_keeps_the_question(
    bob: Browser, engineering: str, connected: Connected, painter: Any
) -> None:
    del painter
    refused = {
        "error": {"message": "no", "code": "moderation_blocked", "type": "image_generation_user_error"}
    }
    connected.host.answers[:] = [Answer(status=400, error=refused)]
    _, answer = ask(bob, engineering)
    assert (answer["state"], answer["parts"]) == ("failed", [])
    assert answer["error"]["title"]
    assert "no" not in answer["error"]["detail"].split()


def test_the_next_question_to_a_chat_model_reads_on(
    bob: Browser, engineering: str, connected: Connected, painter: Any
) -> None:
    del painter
    connected.host.answers[:] = [painted(png()), Answer(texts=("A cat.",))]
    chat, answer = ask(bob, engineering)
    bob.call("PATCH", f"/conversations/{chat}", {"model": "big-model"})
    bob.send(chat, "What did I ask for?", parent_id=answer["id"])
    last = bob.answered(chat)[-1]
    assert last["parts"] == [{"type": "text", "text": "A cat."}]
    said = [message["content"] for message in connected.host.asked[-1].body["messages"][1:]]
    assert said == ["A cat on a sofa", "What did I ask for?"]
