"""A row of the ledger for every kind of provider call, with everything that is known of it."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from apps.tenants.scope import tenant_scope
from tests.api.conftest import Api
from tests.llm.conftest import browser, ledger
from tests.llm.host import Answer, Asked
from tests.llm.routing import Routing, said
from tests.llm.test_gateway_pieces import PAINTED, RANKED, offer

if TYPE_CHECKING:
    from collections.abc import Callable

USAGE = {
    "prompt_tokens": 1000,
    "completion_tokens": 500,
    "total_tokens": 1500,
    "prompt_tokens_details": {"cached_tokens": 400},
    "completion_tokens_details": {"reasoning_tokens": 100},
}
COST = Decimal("0.0105")
HELLO: list[Any] = [{"role": "user", "content": "Hello?"}]
PASSED = '{"verdict": "pass", "reasons": ["It is so."]}'


def rows(api: Api, count: int) -> list[Any]:
    """acme's rows by purpose and step, once so many are closed."""
    until = time.monotonic() + 20
    while True:
        found = ledger(api.connected)
        if len(found) == count and all(row.state != "reserved" for row in found):
            return sorted(found, key=lambda row: (row.purpose, row.step))
        assert time.monotonic() < until, [(row.purpose, row.step, row.state) for row in found]
        time.sleep(0.05)


def in_common(api: Api, row: Any, model: Any, *, key: bool) -> None:
    """What every settled call of bob's for engineering says, whatever it was for."""
    cast, connection = api.connected.cast, api.connected.connection
    assert (row.state, row.error_kind, row.corrects_id) == ("settled", "", None)
    assert (row.tenant_id, row.team_id, row.team_name) == (
        cast.acme.id, cast.engineering.pk, cast.engineering.name,
    )  # fmt: skip
    assert (row.user_id, row.user_name) == (cast.bob.pk, cast.bob.name)
    assert (row.api_key_id is not None) is key
    assert (row.vendor, row.base_url) == ("openai_compatible", connection.base_url)
    assert (row.connection_id, row.connection_name) == (connection.pk, connection.name)
    assert (row.model_id, row.model_slug, row.model_asked) == (model.pk, model.slug, model.vendor_model)
    assert row.reserved_input > 0
    assert 0 <= row.ms_total < 20_000
    assert row.created_at <= row.closed_at
    assert isinstance(row.run_id, UUID)


def in_an_answer(row: Any, *, model: str = "big-model") -> None:
    """What a chat call's row says of the fixture's answer: exact tokens and cost, the price that made it."""
    assert (row.tokens_input, row.tokens_cached, row.tokens_output, row.tokens_reasoning) == (
        1000, 400, 500, 100,
    )  # fmt: skip
    assert (row.estimated, row.finish, row.model_answered) == (False, "stop", f"{model}-2026")
    assert (row.cost, row.currency) == (COST, "USD")
    assert row.price == {"source": "override", "input": "3", "output": "15"}
    assert 0 <= row.ms_first <= row.ms_total
    assert row.reserved_output > 0


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_completions(api: Api, stream: bool) -> None:
    api.connected.host.answers[:] = [Answer(usage=USAGE)]
    answer: Any = api.client().chat.completions.create(model="big-model", messages=HELLO, stream=stream)
    if stream:
        assert list(answer)
    (row,) = rows(api, 1)
    in_common(api, row, api.connected.chat, key=True)
    in_an_answer(row)
    assert (row.purpose, row.step, row.conversation_id) == ("api", "", None)


def test_a_stream_that_its_client_leaves(api: Api) -> None:
    """Estimated by the prompt and by what was said, and marked so."""
    api.connected.host.answers[:] = [Answer(usage=None, texts=("Hello",) * 400, pause=0.02)]
    with api.client().chat.completions.create(model="big-model", messages=HELLO, stream=True) as stream:
        for _, _chunk in zip(range(4), stream, strict=False):
            pass
    (row,) = rows(api, 1)
    in_common(api, row, api.connected.chat, key=True)
    assert (row.estimated, row.finish) == (True, "stopped")
    assert row.tokens_input == row.reserved_input
    assert 0 < row.tokens_output < 400
    assert row.cost == (row.tokens_input * Decimal(3) + row.tokens_output * Decimal(15)) / 1_000_000


def test_vectors_pictures_and_rankings(api: Api) -> None:
    host, client = api.connected.host, api.client()
    painter = offer(api.connected, "dall-e-3", price_unit=Decimal("0.04"))
    ranker = offer(api.connected, "bge-reranker", price_unit=Decimal("0.002"))

    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("/images/generations"):
            return Answer(whole=PAINTED)
        if asked.path.endswith("/rerank"):
            return Answer(
                whole=RANKED | {"model": "bge-2026", "usage": {"prompt_tokens": 8, "total_tokens": 8}}
            )
        return Answer(usage={"prompt_tokens": 7, "total_tokens": 7})

    host.answer_for = answer
    client.embeddings.create(model="text-embedding-tiny", input="words")
    client.images.generate(model=painter.slug, prompt="a cat", n=2)
    client.post(
        "/rerank", body={"model": ranker.slug, "query": "what?", "documents": ["a", "b"]}, cast_to=object
    )
    found = {row.model_slug: row for row in rows(api, 3)}
    vectors, pictures, ranking = found["text-embedding-tiny"], found[painter.slug], found[ranker.slug]
    for row, model in ((vectors, api.connected.embedding), (pictures, painter), (ranking, ranker)):
        in_common(api, row, model, key=True)
        assert (row.purpose, row.finish, row.ms_first, row.tokens_output) == ("api", "stop", None, 0)
    assert (vectors.tokens_input, vectors.estimated, vectors.unit, vectors.cost) == (7, False, "", None)
    assert (pictures.unit, pictures.units, pictures.estimated) == ("picture", 2, True)
    assert (pictures.cost, pictures.currency) == (Decimal("0.08"), "USD")
    assert pictures.price == {"source": "override", "input": "0", "output": "0", "picture": "0.04"}
    assert (ranking.unit, ranking.units, ranking.tokens_input) == ("search", 1, 8)
    assert (ranking.cost, ranking.model_answered) == (Decimal("0.002"), "bge-2026")


def test_each_step_of_a_route(api: Api, routing: Routing) -> None:
    prices = ("3", "15")
    answerer = routing.model("answerer", said("Ninety metres.", usage=USAGE), price=prices)
    judge = routing.model("judge", said(PASSED, usage=USAGE), price=prices)
    routing.route("judge", {"answerer": answerer, "judge": judge})
    answer = api.client().chat.completions.create(model="route/auto", messages=HELLO)
    assert answer.choices[0].message.content == "Ninety metres."
    check, draft = rows(api, 2)
    assert [(row.step, row.purpose) for row in (draft, check)] == [("draft", "api"), ("check", "api")]
    for row, name in ((draft, "answerer"), (check, "judge")):
        in_an_answer(row, model=name)
        assert (row.model_slug, row.api_key_id is not None) == (name, True)
    assert draft.run_id == check.run_id


def test_an_answer_in_a_chat_and_its_title(api: Api, acme_chat: Callable[[], str]) -> None:
    api.connected.host.answers[:] = [Answer(usage=USAGE)]
    chat = acme_chat()
    reply, title = rows(api, 2)
    for row in (reply, title):
        in_common(api, row, api.connected.chat, key=False)
        in_an_answer(row)
        assert str(row.conversation_id) == chat
    assert [row.purpose for row in (reply, title)] == ["reply", "title"]


@pytest.fixture
def acme_chat(api: Api) -> Callable[[], str]:
    """bob asks in a chat; its id."""
    cast = api.connected.cast

    def ask() -> str:
        bob = browser(cast, cast.bob)
        begun = bob.post(
            "/api/v1/conversations", {"team_id": str(cast.engineering.pk)}, content_type="application/json"
        ).json()
        message = {"client_id": str(uuid4()), "text": "Hello?"}
        sent = bob.post(
            f"/api/v1/conversations/{begun['id']}/messages", message, content_type="application/json"
        )
        assert sent.status_code == 202
        return str(begun["id"])

    return ask


def test_the_button_that_tries_a_model_out(api: Api) -> None:
    """Of an administrator who is not bob: counted for who pressed it, in the team that was chosen."""
    api.connected.host.answers[:] = [Answer(usage=USAGE)]
    cast = api.connected.cast
    asked = {"team_id": str(cast.engineering.pk), "text": "Hello?"}
    begun = browser(cast, cast.alice).post(
        f"/api/v1/models/{api.connected.chat.pk}/trial", asked, content_type="application/json"
    )
    assert begun.status_code in {200, 201, 202}, begun.content
    (row,) = rows(api, 1)
    in_an_answer(row)
    assert (row.purpose, row.user_id, row.team_id) == ("trial", cast.alice.pk, cast.engineering.pk)


def test_what_fails_is_a_row_that_costs_nothing(api: Api) -> None:
    import openai

    api.connected.host.answers[:] = [Answer(status=400, error={"error": {"message": "no"}})]
    with pytest.raises(openai.APIStatusError):
        api.client().chat.completions.create(model="big-model", messages=HELLO)
    (row,) = rows(api, 1)
    assert (row.state, row.error_kind, row.cost, row.price) == ("released", "bad_request", None, None)
    assert (row.tokens_input, row.tokens_output, row.reserved_input > 0) == (0, 0, True)
    with tenant_scope(api.connected.cast.acme.id):
        row.refresh_from_db()
