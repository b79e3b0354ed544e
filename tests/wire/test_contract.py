"""One contract for every adapter, spoken to in its vendor's own dialect over loopback."""

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import orjson
import pytest

from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    Delta,
    ErrorKind,
    FilePart,
    Finished,
    ImagePart,
    Part,
    ReasoningDelta,
    ReasoningPart,
    TextDelta,
    TextPart,
    ToolCallDelta,
    ToolCallPart,
    ToolResultPart,
    VendorError,
)
from tests.wire.conftest import QUICK, run
from tests.wire.dialects import DIALECTS
from tests.wire.dialects.dialect import CALLS, REASONING, SCHEMA, TEXT, TOOLS, Check, Dialect, Failure
from tests.wire.dialects.whole import WHOLES, Whole
from tests.wire.replay import Answer, Request, Server

every = pytest.mark.parametrize("dialect", DIALECTS, ids=[dialect.name for dialect in DIALECTS])
GARBAGE = (b"\x00\xff" * 40, b"data: {]\n\n", b"<html>busy</html>")


def ask(dialect: Dialect, *messages: ChatMessage, **options: Any) -> ChatRequest:
    said = messages or (ChatMessage.text("user", "hello"),)
    return ChatRequest(dialect.model, said, **options)


def told(
    dialect: Dialect, answer: Answer, request: ChatRequest | None = None
) -> tuple[list[Delta], VendorError | None, dict[str, Any]]:
    """Deltas, the error that ended them, and the body of the request."""

    async def listen() -> tuple[list[Delta], VendorError | None, dict[str, Any]]:
        deltas: list[Delta] = []
        failed: VendorError | None = None
        async with Server([answer]) as server:
            endpoint = server.endpoint(dialect.key, **dialect.settings)
            try:
                async for delta in dialect.vendor.stream(endpoint, request or ask(dialect), QUICK):
                    deltas.append(delta)  # noqa: PERF401 - what came before an error counts
            except VendorError as error:
                failed = error
            body = orjson.loads(server.requests[-1].body) if server.requests else {}
        return deltas, failed, body

    return run(listen())


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


def parts_of(deltas: list[Delta]) -> tuple[Part, ...]:
    """The message that the deltas make: reasoning ends at its signature, calls by their index."""
    thoughts: list[ReasoningPart] = []
    begun = ""
    calls: dict[int, ToolCallPart] = {}
    for delta in deltas:
        match delta:
            case ReasoningDelta(text, signature):
                begun += text
                if signature:
                    thoughts.append(ReasoningPart(begun, signature))
                    begun = ""
            case ToolCallDelta(index, ident, name, arguments, signature):
                known = calls.get(index, ToolCallPart(ident, name, ""))
                calls[index] = ToolCallPart(
                    ident, name, known.arguments + arguments, known.signature or signature
                )
    if begun:
        thoughts.append(ReasoningPart(begun))
    text = text_of(deltas)
    return (*thoughts, *([TextPart(text)] if text else []), *calls.values())


@every
def test_text_usage_model_and_end(dialect: Dialect) -> None:
    deltas, failed, _ = told(dialect, dialect.text)
    assert failed is None
    assert text_of(deltas) == TEXT
    assert deltas[-1] == Finished("stop", dialect.usage, dialect.answered_by)


@every
def test_chunks_cut_anywhere_change_nothing(dialect: Dialect) -> None:
    body = b"".join(dialect.text.body)
    chance = random.Random(dialect.name)
    for _ in range(12):
        cuts = [0, *sorted(chance.sample(range(1, len(body)), 9)), len(body)]
        pieces = [body[start:end] for start, end in pairwise(cuts)]
        deltas, failed, _ = told(dialect, replace(dialect.text, body=pieces))
        assert (failed, text_of(deltas)) == (None, TEXT)
        assert deltas[-1] == Finished("stop", dialect.usage, dialect.answered_by)


@every
@pytest.mark.parametrize("ending", ["whole", "cut"])
def test_a_cut_stream_is_interrupted_never_done(dialect: Dialect, ending: Any) -> None:
    body = b"".join(dialect.text.body)
    end = body.index(dialect.end_mark)
    for at in range(0, end, max(1, end // 40)):
        answer = replace(dialect.text, body=[body[:at]] if at else [], ending=ending)
        deltas, failed, _ = told(dialect, answer)
        assert failed is not None, at
        assert (failed.kind, failed.retryable) == (ErrorKind.INTERRUPTED, not deltas), at
        assert TEXT.startswith(text_of(deltas))


@every
@pytest.mark.parametrize("garbage", GARBAGE, ids=["bytes", "json", "page"])
def test_a_broken_stream_is_an_error_in_our_words(dialect: Dialect, garbage: bytes) -> None:
    deltas, failed, _ = told(dialect, replace(dialect.text, body=[garbage]))
    assert failed is not None
    assert failed.kind in {ErrorKind.PROTOCOL, ErrorKind.INTERRUPTED}
    assert (deltas, "busy" in failed.message) == ([], False)


@every
def test_parallel_calls(dialect: Dialect) -> None:
    if dialect.tools is None:
        pytest.skip("no tools there")
    deltas, failed, _ = told(dialect, dialect.tools, ask(dialect, tools=TOOLS))
    assert failed is None
    calls = [part for part in parts_of(deltas) if isinstance(part, ToolCallPart)]
    assert [(call.name, orjson.loads(call.arguments)) for call in calls] == CALLS
    assert len({call.id for call in calls} - {""}) == len(CALLS)
    assert isinstance(deltas[-1], Finished)
    assert deltas[-1].reason == "tool_calls"


@every
def test_reasoning_is_told_apart_and_replayed(dialect: Dialect) -> None:
    if dialect.reasoning is None:
        pytest.skip("no reasoning there")
    request = ask(dialect, tools=TOOLS, reasoning_effort="low")
    deltas, failed, _ = told(dialect, dialect.reasoning, request)
    assert failed is None
    parts = parts_of(deltas)
    assert "".join(part.text for part in parts if isinstance(part, ReasoningPart)) == REASONING
    calls = [part for part in parts if isinstance(part, ToolCallPart)]
    assert text_of(deltas) == TEXT or [call.name for call in calls] == ["weather"]
    results = tuple(ToolResultPart(call.id, "rain") for call in calls)
    answered = ChatMessage("tool", results) if results else ChatMessage.text("user", "And?")
    history = (ChatMessage.text("user", "hello"), ChatMessage("assistant", parts), answered)
    body = told(dialect, dialect.text, replace(request, messages=history))[2]
    if dialect.replayed is not None:
        dialect.replayed(body)


@every
def test_vision_and_documents_are_sent_as_bytes(dialect: Dialect) -> None:
    sent: list[tuple[Part, Check | None]] = [
        (ImagePart("image/png", b"\x89PNG"), dialect.shows_image),
        (FilePart("a b.pdf", "application/pdf", b"%PDF-1"), dialect.shows_document),
    ]
    for part, check in sent:
        if check is not None:
            message = ChatMessage("user", (TextPart("What is this?"), part))
            check(told(dialect, dialect.text, ask(dialect, message))[2])


@every
def test_structured_output(dialect: Dialect) -> None:
    if dialect.asks_schema is None:
        pytest.skip("no schemas there")
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA, "strict": True}}
    answer = dialect.schema_answer or dialect.text
    deltas, failed, body = told(dialect, answer, ask(dialect, response_format=form))
    dialect.asks_schema(body)
    assert failed is None
    if dialect.schema_answer is not None:
        assert orjson.loads(text_of(deltas)) == {"city": "Köln"}
    assert isinstance(deltas[-1], Finished)
    assert deltas[-1].reason == "stop"


FINISHES = [(dialect, reason) for dialect in DIALECTS for reason in dialect.finishes]


@pytest.mark.parametrize(("dialect", "reason"), FINISHES, ids=[f"{d.name}-{r}" for d, r in FINISHES])
def test_finish_reasons(dialect: Dialect, reason: str) -> None:
    deltas, failed, _ = told(dialect, dialect.finishes[reason])
    assert failed is None
    assert isinstance(deltas[-1], Finished)
    assert deltas[-1].reason == reason.partition(":")[0]


def cases(which: Callable[[Dialect], tuple[Failure, ...]]) -> pytest.MarkDecorator:
    found = [(dialect, failure) for dialect in DIALECTS for failure in which(dialect)]
    names = [f"{dialect.name}-{failure.name}" for dialect, failure in found]
    return pytest.mark.parametrize(("dialect", "failure"), found, ids=names)


@cases(lambda dialect: dialect.failures)
def test_errors_are_typed_and_their_body_stays_with_admins(dialect: Dialect, failure: Failure) -> None:
    deltas, failed, _ = told(dialect, failure.answer)
    assert failed is not None
    assert (deltas, failed.kind, failed.retry_after) == ([], failure.kind, failure.retry_after)
    assert "host's own words" not in failed.message


@cases(lambda dialect: dialect.stream_failures)
def test_errors_in_the_stream_end_it_unretried(dialect: Dialect, failure: Failure) -> None:
    deltas, failed, _ = told(dialect, failure.answer)
    assert failed is not None
    assert (text_of(deltas), failed.kind, failed.retryable) == ("Half", failure.kind, False)


wholes = pytest.mark.parametrize("whole", WHOLES, ids=[whole.name for whole in WHOLES])


def given(whole: Whole, answer: Answer) -> tuple[object, VendorError | None, list[Request]]:
    """Scores or pictures, or the error in their place, and what was sent."""

    async def ask() -> tuple[object, VendorError | None, list[Request]]:
        async with Server([answer]) as server:
            try:
                return await whole.ask(whole.vendor, server.endpoint()), None, server.requests
            except VendorError as failed:
                return None, failed, server.requests

    return run(ask())


@wholes
def test_scores_and_pictures_are_exact_however_they_are_cut(whole: Whole) -> None:
    body = b"".join(whole.answer.body)
    for at in range(1, len(body), max(1, len(body) // 12)):
        result, failed, sent = given(whole, replace(whole.answer, body=[body[:at], body[at:]]))
        assert (result, failed) == (whole.result, None)
        assert [request.path for request in sent] == [whole.path]


@wholes
@pytest.mark.parametrize("ending", ["whole", "cut"])
def test_half_an_answer_is_none(whole: Whole, ending: Any) -> None:
    body = b"".join(whole.answer.body)
    for at in range(0, len(body) - 1, max(1, len(body) // 20)):
        half = replace(whole.answer, body=[body[:at]] if at else [], ending=ending)
        result, failed, _ = given(whole, half)
        assert (result, failed is not None) == (None, True), at
        assert failed is not None
        assert failed.kind in {ErrorKind.PROTOCOL, ErrorKind.CONNECTION, ErrorKind.INTERRUPTED}, at


@wholes
@pytest.mark.parametrize("garbage", [*GARBAGE, b"{}", b"[]", b"null", b'{"results": 1, "data": 1}'])
def test_what_is_neither_scores_nor_pictures_is_refused(whole: Whole, garbage: bytes) -> None:
    result, failed, _ = given(whole, replace(whole.answer, body=[garbage]))
    assert result is None
    assert failed is not None
    assert (failed.kind, "busy" in failed.message) == (ErrorKind.PROTOCOL, False)


REFUSED = [(whole, failure) for whole in WHOLES for failure in whole.failures]


@pytest.mark.parametrize(("whole", "failure"), REFUSED, ids=[f"{w.name}-{f.name}" for w, f in REFUSED])
def test_errors_of_whole_answers_are_typed_alike(whole: Whole, failure: Failure) -> None:
    result, failed, sent = given(whole, failure.answer)
    assert failed is not None
    assert (result, failed.kind, failed.retry_after, len(sent)) == (
        None,
        failure.kind,
        failure.retry_after,
        1,
    )
    assert "host's own words" not in failed.message
