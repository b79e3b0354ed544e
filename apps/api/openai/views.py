"""The /v1 endpoints: async, so that a waiting request costs no thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.api.openai import access, responses
from apps.api.openai.access import Opened, Wish
from apps.api.openai.calls import Call, end_of
from apps.api.openai.errors import DialectError, from_failure, invalid
from apps.api.openai.kinds import COMPLETION, EMBEDDING
from apps.api.openai.requests import read_completion, read_embedding
from apps.api.openai.vectors import take_vectors

if TYPE_CHECKING:
    from apps.accounts.middleware import ActingRequest
    from apps.accounts.models import ApiKey

View = Callable[[Any], Awaitable[HttpResponseBase]]

JSON = "application/json"
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def speaks_openai(view: View) -> View:
    """Refuses in OpenAI's shape; keys, not cookies, let callers in, so there is no CSRF to check."""

    @csrf_exempt
    @wraps(view)
    async def answer(request: Any) -> HttpResponseBase:
        try:
            return await view(request)
        except DialectError as error:
            refused = error
        except (OperationalError, InterfaceError):
            refused = from_failure("unavailable")
        return HttpResponse(
            orjson.dumps(refused.body()), status=refused.status, headers=refused.headers, content_type=JSON
        )

    return answer


@speaks_openai
async def chat_completions(request: ActingRequest) -> HttpResponseBase:
    """POST: an answer, whole or as a stream; the model stops when the client goes."""
    completion = read_completion(_body(request))
    wish = Wish(COMPLETION, "chat", "chat", completion.model, {"body": completion.body})
    opened = await _opened(request, wish)
    call = Call(opened, completion)
    try:
        if not completion.stream:
            return HttpResponse(await call.whole(), content_type=JSON)
        chunks = await call.stream()
    except BaseException:
        call.cancel()
        raise
    response = StreamingHttpResponse(chunks, content_type="text/event-stream", headers=STREAM_HEADERS)
    response._resource_closers.append(call.cancel)  # type: ignore[attr-defined]  # noqa: SLF001 - also before its first byte
    return response


@speaks_openai
async def embeddings(request: ActingRequest) -> HttpResponseBase:
    """POST: vectors for up to 256 texts."""
    wanted = read_embedding(_body(request))
    inputs = {"texts": wanted.texts, "dimensions": wanted.dimensions}
    opened = await _opened(request, Wish(EMBEDDING, "embedding", "embeddings", wanted.model, inputs))
    end = await end_of(opened)
    vectors = await take_vectors(opened.tenant_id, opened.run_id, as_base64=wanted.base64)
    body = responses.embeddings(model=wanted.model, vectors=vectors, usage=end["usage"])
    return HttpResponse(body, content_type=JSON)


@speaks_openai
async def models(request: ActingRequest) -> HttpResponseBase:
    """GET: what the key's team may call."""
    if request.method != "GET":
        raise _wrong_method("GET")
    rows = await access.in_key_scope(_authorization(request), request.tenant, _model_rows)
    return HttpResponse(responses.models(rows), content_type=JSON)


@speaks_openai
async def nowhere(request: ActingRequest) -> HttpResponseBase:
    """Whatever else OpenAI has, this server has not."""
    raise DialectError(
        404,
        f"{request.method} {request.path[:200]} is not served here. /docs/api/ lists what is.",
        code="unknown_url",
    )


async def _opened(request: ActingRequest, wish: Wish) -> Opened:
    return await access.in_key_scope(
        _authorization(request), request.tenant, partial(access.open_run, wish=wish)
    )


def _model_rows(key: ApiKey) -> list[tuple[str, str, int]]:
    return [
        (model.slug, model.connection.name, int(model.created_at.timestamp()))
        for model in access.list_models(key)
    ]


def _authorization(request: ActingRequest) -> str:
    header: str = request.META.get("HTTP_AUTHORIZATION", "")
    return header


def _body(request: ActingRequest) -> object:
    if request.method != "POST":
        raise _wrong_method("POST")
    try:
        return orjson.loads(request.body)
    except RequestDataTooBig:
        raise DialectError(
            413, "The body is larger than 5 MB. Send less text or smaller pictures.", code="request_too_large"
        ) from None
    except orjson.JSONDecodeError as error:
        raise invalid(f"The body is not valid JSON: {error}.") from None


def _wrong_method(right: str) -> DialectError:
    return DialectError(
        405, f"Use {right} for this address.", code="method_not_allowed", headers={"Allow": right}
    )
