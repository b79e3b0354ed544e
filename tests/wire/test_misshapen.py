"""Events with values of other kinds than any host documents: an error in our words, never a crash."""

import json
import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from apps.llm.vendors.base import ChatRequest, Delta, VendorError
from apps.llm.vendors.bedrock.eventstream import EventStreamParser
from tests.wire.conftest import ASKED, QUICK, run
from tests.wire.dialects import DIALECTS, bedrock
from tests.wire.dialects.dialect import Dialect
from tests.wire.replay import Answer, Server

ODD: tuple[Any, ...] = (None, 0, -1, 1.5, "", "x", [], {}, [None], {"a": 1}, True, [[]], "\ud800", 10**30)
ROUNDS = 12


def distorted(value: Any, chance: random.Random) -> Any:
    """The same with some values left out and some of another kind."""
    if chance.random() < 0.1:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {name: distorted(inner, chance) for name, inner in value.items() if chance.random() > 0.05}
    if isinstance(value, list):
        return [distorted(inner, chance) for inner in value]
    return value


def distorted_piece(piece: bytes, chance: random.Random) -> bytes:
    """One event of the body, in whichever framing."""
    start, end = piece.find(b"{"), piece.rfind(b"}") + 1
    try:
        event = json.loads(piece[start:end])
    except ValueError:
        return piece
    return piece[:start] + json.dumps(distorted(event, chance)).encode() + piece[end:]


def distorted_answer(answer: Answer, chance: random.Random) -> Answer:
    if answer.content_type != bedrock.BINARY:
        return replace(answer, body=[distorted_piece(piece, chance) for piece in answer.body])
    parsed = [message for piece in answer.body for message in EventStreamParser().feed(piece)]
    events = [
        bedrock.event(message.name, **kept)
        for message in parsed
        if isinstance(kept := distorted(json.loads(message.payload), chance), dict)
    ]
    return replace(answer, body=events)


async def heard_from(dialect: Dialect, answers: list[Answer]) -> list[Delta]:
    deltas: list[Delta] = []
    async with Server(answers) as server:
        endpoint = server.endpoint(dialect.key, **dialect.settings)
        for _ in answers:
            request = ChatRequest(dialect.model, ASKED.messages)
            with suppress(VendorError):
                deltas += [delta async for delta in dialect.vendor.stream(endpoint, request, QUICK)]
    return deltas


@pytest.mark.parametrize("dialect", DIALECTS, ids=[dialect.name for dialect in DIALECTS])
def test_what_no_host_documents_is_an_error_and_no_crash(dialect: Dialect) -> None:
    chance = random.Random(dialect.name)
    told = [answer for answer in (dialect.text, dialect.tools, dialect.reasoning) if answer is not None]
    answers = [distorted_answer(answer, chance) for answer in told for _ in range(ROUNDS)]
    for delta in run(heard_from(dialect, answers)):
        texts = (
            getattr(delta, name, "") for name in ("text", "signature", "id", "name", "arguments", "model")
        )
        assert all(isinstance(text, str) for text in texts), delta
