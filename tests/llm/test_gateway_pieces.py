"""Pictures and scores through the gateway: what the ledger says was bought, and at what price."""

from __future__ import annotations

import asyncio
import threading
from base64 import b64encode
from decimal import Decimal
from typing import Any

import pytest

from apps.llm.vendors.base import ErrorKind, ImageRequest, RerankRequest
from tests.llm.conftest import Connected, ledger
from tests.llm.host import Answer, Asked

PNG = b"\x89PNG\r\n\x1a\n"
PAINTED = {"data": [{"b64_json": b64encode(PNG).decode()}] * 2}
RANKED = {"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.2}]}
BUSY = Answer(status=503, error={"error": {"message": "busy"}})


def offer(connected: Connected, name: str, *, granted: bool = True, **changes: Any) -> Any:
    """A further model of the host, granted to engineering."""
    from apps.llm.services import Offer, model_grants_set, model_offer, model_update
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        (model,) = model_offer(actor=None, connection=connected.connection, offers=[Offer(name)])
        if changes:
            model_update(actor=None, model=model, changes=changes)
        if granted:
            model_grants_set(actor=None, model=model, team_ids=[connected.cast.engineering.pk])
    return model


def who(connected: Connected) -> Any:
    from apps.llm.gateway import Caller

    cast = connected.cast
    return Caller(cast.acme.id, cast.engineering.pk, cast.bob.pk)


def paint(connected: Connected, model: Any, count: int = 2) -> Any:
    from apps.llm.gateway import ImageCall, generate_images
    from apps.llm.loop import run_on_loop

    request = ImageRequest("", "a cat", "1024x1024", count)
    return run_on_loop(generate_images(ImageCall(who(connected), model.pk, request)))


def rank(connected: Connected, model: Any, *documents: str) -> Any:
    from apps.llm.gateway import RerankCall, rerank
    from apps.llm.loop import run_on_loop

    request = RerankRequest("", "what?", documents or ("one", "two"))
    return run_on_loop(rerank(RerankCall(who(connected), model.pk, request)))


def test_pictures_come_and_are_counted(connected: Connected) -> None:
    connected.host.answers = [Answer(whole=PAINTED)]
    made = paint(connected, offer(connected, "dall-e-3"))
    assert [image.data for image in made.images] == [PNG, PNG]
    row = ledger(connected)[0]
    assert (row.state, row.purpose, row.unit, row.units, row.finish) == (
        "settled", "image", "picture", 2, "stop",
    )  # fmt: skip
    assert (row.cost, row.price, row.estimated, row.tokens_output) == (None, None, True, 0)
    assert row.ms_total is not None
    assert connected.host.asked[-1].body["model"] == "dall-e-3"


def test_counted_tokens_of_pictures_have_the_set_price(connected: Connected) -> None:
    usage = {"input_tokens": 10, "output_tokens": 1000, "total_tokens": 1010}
    connected.host.answers = [Answer(whole=PAINTED | {"usage": usage})]
    model = offer(connected, "gpt-image-1", price_input=Decimal(5), price_output=Decimal(40))
    paint(connected, model)
    row = ledger(connected)[0]
    assert (row.units, row.tokens_input, row.tokens_output, row.estimated) == (2, 10, 1000, False)
    assert row.cost == Decimal("0.04005")


def test_scores_come_and_are_counted(connected: Connected) -> None:
    connected.host.answers = [Answer(whole=RANKED | {"usage": {"total_tokens": 8, "prompt_tokens": 8}})]
    made = rank(connected, offer(connected, "bge-reranker"))
    assert made.scores == [(1, 0.9), (0, 0.2)]
    row = ledger(connected)[0]
    assert (row.state, row.purpose, row.unit, row.units, row.tokens_input) == (
        "settled", "rerank", "search", 1, 8,
    )  # fmt: skip
    assert (row.cost, row.estimated) == (None, False)
    assert connected.host.asked[-1].body["documents"] == ["one", "two"]


def test_a_failure_is_retried_each_time_with_a_row_of_its_own(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.llm.gateway import VendorError

    monkeypatch.setattr("apps.llm.gateway.retry.FIRST_PAUSE", 0.01)
    connected.host.answers = [BUSY, Answer(whole=RANKED)]
    model = offer(connected, "bge-reranker")
    assert len(rank(connected, model).scores) == 2
    assert [(row.state, row.units, row.error_kind) for row in ledger(connected)] == [
        ("released", 0, "unavailable"),
        ("settled", 1, ""),
    ]
    connected.host.answers = [Answer(status=401, error={"error": {"message": "bad key"}})]
    with pytest.raises(VendorError) as refused:
        rank(connected, model)
    assert refused.value.kind is ErrorKind.AUTHENTICATION
    assert (ledger(connected)[-1].state, ledger(connected)[-1].error_kind) == ("released", "authentication")


def test_models_of_another_kind_or_team_are_not_there(connected: Connected) -> None:
    from apps.llm.gateway import ModelNotFoundError

    painter, hidden = offer(connected, "dall-e-3"), offer(connected, "bge-reranker", granted=False)
    with pytest.raises(ModelNotFoundError):
        paint(connected, connected.chat)
    for model in (painter, hidden):
        with pytest.raises(ModelNotFoundError):
            rank(connected, model)
    assert (connected.host.asked, ledger(connected)) == ([], [])


def test_a_caller_who_leaves_is_counted_by_estimate(connected: Connected) -> None:
    from apps.llm.gateway import ImageCall, generate_images
    from apps.llm.loop import run_on_loop

    connected.host.answers = [Answer(whole=PAINTED)]
    reached, left = threading.Event(), threading.Event()

    def dawdle(_: Asked) -> None:
        reached.set()
        left.wait(60)

    connected.host.on_request = dawdle
    model = offer(connected, "dall-e-3")

    async def leave() -> None:
        call = ImageCall(who(connected), model.pk, ImageRequest("", "a cat", count=3))
        asking = asyncio.ensure_future(generate_images(call))
        await asyncio.to_thread(reached.wait, 30)
        asking.cancel()
        await asyncio.wait((asking,))
        assert asking.cancelled()

    run_on_loop(leave())
    left.set()
    row = ledger(connected)[0]
    assert (row.state, row.finish, row.units, row.estimated, row.cost) == (
        "settled", "stopped", 3, True, None,
    )  # fmt: skip


def test_the_price_of_a_piece_that_was_set_is_what_it_costs(connected: Connected) -> None:
    connected.host.answers = [Answer(whole=PAINTED), Answer(whole=RANKED)]
    paint(connected, offer(connected, "dall-e-3", price_unit=Decimal("0.04")))
    rank(connected, offer(connected, "bge-reranker", price_unit=Decimal("0.002")))
    assert [(row.unit, row.cost, row.currency) for row in ledger(connected)] == [
        ("picture", Decimal("0.08"), "USD"),
        ("search", Decimal("0.002"), "USD"),
    ]


def test_only_what_is_sold_by_the_piece_has_such_a_price(connected: Connected) -> None:
    from django.core.exceptions import ValidationError

    from apps.llm.selectors import price_for
    from apps.llm.services import model_reset, model_update
    from apps.tenants.scope import tenant_scope

    painter = offer(connected, "dall-e-3", price_unit=Decimal("0.04"))
    with tenant_scope(connected.cast.acme.id):
        assert str(price_for(painter)) == "0.04 USD a picture"
        assert (model_reset(actor=None, model=painter).price, str(price_for(painter))) == (None, "Unknown")
        for changes in ({"price_unit": Decimal(1)}, {"price_unit": Decimal(-1), "modality": "rerank"}):
            with pytest.raises(ValidationError) as refused:
                model_update(actor=None, model=connected.embedding, changes=changes)
            assert list(refused.value.message_dict) == ["price_unit"]


def test_what_does_not_chat_is_offered_to_no_chat(connected: Connected) -> None:
    from django.core.exceptions import ValidationError

    from apps.llm.errors import ModelNotFoundError
    from apps.llm.routes.administration import targets
    from apps.llm.selectors import model_by_slug, models_for_team
    from apps.llm.services import default_set
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    others = [offer(connected, name) for name in ("dall-e-3", "bge-reranker")]
    with tenant_scope(cast.acme.id):
        assert models_for_team(cast.engineering.pk) == [connected.chat]
        for model in others:
            with pytest.raises(ModelNotFoundError):
                model_by_slug(cast.engineering.pk, model.slug)
            with pytest.raises(ValidationError):
                default_set(actor=None, team=cast.engineering, model=model)
        assert targets(None)[0] == [(f"model:{connected.chat.pk}", connected.chat.name)]
