"""Vectors through the gateway, from a thread without a loop."""

from __future__ import annotations

import pytest

from tests.llm.conftest import Connected, ledger
from tests.llm.host import Answer


def _embed(connected: Connected, *texts: str) -> list[list[float]]:
    from apps.llm.gateway import Caller, EmbedCall, embed_sync

    cast = connected.cast
    who = Caller(cast.acme.id, cast.engineering.pk, cast.bob.pk)
    return embed_sync(EmbedCall(who, connected.embedding.pk, texts)).vectors


def test_vectors_come_in_order_and_are_counted(connected: Connected) -> None:
    connected.host.answers = [Answer(usage={"prompt_tokens": 7, "total_tokens": 7})]
    assert _embed(connected, "one", "three") == [[3.0, 1.0], [5.0, 1.0]]
    row = ledger(connected)[0]
    assert (row.state, row.purpose, row.tokens_input, row.tokens_output) == ("settled", "embedding", 7, 0)
    assert row.cost is None


def test_failure_is_retried_then_raised(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.llm.gateway import VendorError

    monkeypatch.setattr("apps.llm.gateway.retry.FIRST_PAUSE", 0.01)
    connected.host.answers = [Answer(status=503, error={"error": {"message": "busy"}})]
    with pytest.raises(VendorError):
        _embed(connected, "one")
    assert [row.state for row in ledger(connected)] == ["released"] * 3
    connected.host.answers = [Answer(status=503, error={"error": {"message": "busy"}}), Answer()]
    assert _embed(connected, "one") == [[3.0, 1.0]]


def test_chat_model_gives_no_vectors(connected: Connected) -> None:
    from apps.llm.gateway import Caller, EmbedCall, ModelNotFoundError, embed_sync

    cast = connected.cast
    who = Caller(cast.acme.id, cast.engineering.pk, cast.bob.pk)
    with pytest.raises(ModelNotFoundError):
        embed_sync(EmbedCall(who, connected.chat.pk, ("one",)))
    assert connected.host.asked == []
