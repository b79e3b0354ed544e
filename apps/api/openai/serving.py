"""What a /v1 request gets, whichever skin it came in by: Django's views or the bare ASGI door."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson
from django.db import InterfaceError, OperationalError

from apps.api.openai import responses
from apps.api.openai.access import SCOPE_OF, Bearer, Wish, list_models, open_run
from apps.api.openai.calls import Call, end_of
from apps.api.openai.errors import DialectError, from_failure, invalid, server_fault, unknown_model
from apps.api.openai.handover import take
from apps.api.openai.inputs import read_embedding, read_picture, read_rerank
from apps.api.openai.kinds import COMPLETION, EMBEDDING, PICTURE, RERANK
from apps.api.openai.requests import read_completion
from apps.api.openai.stated import FIELD
from apps.api.openai.vectors import unpacked_vectors
from apps.rest.errors import fault_of

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from uuid import UUID

JSON: Final = "application/json"
MAX_BODY: Final = 5 * 1024 * 1024
_STREAM: Final = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body; `cancel` is called when the client has gone, also before the first byte."""

    body: bytes | AsyncIterator[bytes]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": JSON})
    cancel: Callable[[], None] = _nothing


@dataclass(frozen=True, slots=True)
class _Made:
    """What a run made: its bytes as handed over, and its usage where one was counted."""

    run_id: UUID
    payload: bytes
    usage: Mapping[str, Any] | None
    headers: Mapping[str, str]


async def _made(bearer: Bearer, kind: str, modality: str, model: str, inputs: Mapping[str, Any]) -> _Made:
    """The run of this kind, waited for; raises DialectError."""
    opened = await open_run(bearer, Wish(kind, modality, SCOPE_OF[modality], model, inputs))
    try:
        end = await end_of(opened)
    except DialectError as error:
        raise error.told(opened.headers) from None
    payload = await take(opened.tenant_id, opened.run_id)
    return _Made(opened.run_id, payload, end["usage"], opened.headers)


def _whole(body: bytes, headers: Mapping[str, str]) -> Answer:
    """JSON, with what the client is told of its limits."""
    return Answer(body, headers={"Content-Type": JSON, **headers})


async def complete(bearer: Bearer, raw: bytes) -> Answer:
    """An answer, whole or as a stream."""
    completion = read_completion(_parsed(raw))
    wish = Wish(COMPLETION, "chat", "chat", completion.model, {"body": completion.body})
    opened = await open_run(bearer, wish)
    call = Call(opened, completion)
    leave = call.watch()
    try:
        if completion.stream:
            return Answer(await call.stream(), headers={**_STREAM, **opened.headers}, cancel=call.cancel)
        return _whole(await call.whole(), opened.headers)
    except BaseException as error:
        call.cancel()
        if isinstance(error, DialectError):
            error.told(opened.headers)
        raise
    finally:
        leave()


async def embed(bearer: Bearer, raw: bytes) -> Answer:
    """Vectors for up to 256 texts."""
    wanted = read_embedding(_parsed(raw))
    inputs = {"texts": wanted.texts, "dimensions": wanted.dimensions, FIELD: wanted.data_class}
    made = await _made(bearer, EMBEDDING, "embedding", wanted.model, inputs)
    vectors = unpacked_vectors(made.payload, as_base64=wanted.base64)
    return _whole(responses.embeddings(model=wanted.model, vectors=vectors, usage=made.usage), made.headers)


async def paint(bearer: Bearer, raw: bytes) -> Answer:
    """Up to four pictures, as base64."""
    wanted = read_picture(_parsed(raw))
    made = await _made(bearer, PICTURE, "image", wanted.model, {"body": wanted.body})
    body = responses.pictures(created=int(time.time()), data=made.payload, usage=made.usage)
    return _whole(body, made.headers)


async def rerank(bearer: Bearer, raw: bytes) -> Answer:
    """Up to 1,000 documents in the order of their worth for a query."""
    wanted = read_rerank(_parsed(raw))
    made = await _made(bearer, RERANK, "rerank", wanted.model, {"body": wanted.body})
    documents = wanted.request.documents if wanted.echo else None
    ranked = responses.Ranking(**orjson.loads(made.payload), documents=documents)
    answer_id = f"rerank-{made.run_id.hex}"
    body = responses.ranking(answer_id=answer_id, model=wanted.model, made=ranked, usage=made.usage)
    return _whole(body, made.headers)


async def models(bearer: Bearer) -> Answer:
    """What the key's team may call."""
    return Answer(responses.models(await list_models(bearer)))


async def model(bearer: Bearer, model_id: str) -> Answer:
    """One of them."""
    for listed in await list_models(bearer):
        if listed[0] == model_id:
            return Answer(responses.model(*listed))
    raise unknown_model(model_id)


async def answered(answering: Awaitable[Answer]) -> Answer:
    """The answer, or the refusal in OpenAI's shape."""
    try:
        return await answering
    except DialectError as error:
        return refusal(error)
    except (OperationalError, InterfaceError):
        return refusal(from_failure("unavailable"))
    except Exception as error:  # noqa: BLE001 - the door has no Django behind it that would answer
        return refusal(server_fault(fault_of(error).reference))


def refusal(error: DialectError) -> Answer:
    """An error in OpenAI's shape."""
    return Answer(orjson.dumps(error.body()), error.status, {"Content-Type": JSON, **error.headers})


def too_large() -> DialectError:
    """413."""
    return DialectError(
        413, "The body is larger than 5 MB. Send less text or smaller pictures.", code="request_too_large"
    )


def _parsed(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise invalid(f"The body is not valid JSON: {error}.") from None
