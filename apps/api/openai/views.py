"""The /v1 endpoints as Django's views: async, so that a waiting request costs no thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.api.openai import serving
from apps.api.openai.access import Bearer
from apps.api.openai.confirming import CONFIRM, confirmed_rules
from apps.api.openai.errors import DialectError
from apps.api.openai.serving import Answer
from apps.api.openai.stores.base import dialect_of
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from apps.accounts.middleware import ActingRequest


@csrf_exempt
async def chat_completions(request: ActingRequest) -> HttpResponseBase:
    """POST: an answer, whole or as a stream; the model stops when the client goes."""
    return _response(await serving.answered(_completion(request)))


@csrf_exempt
async def embeddings(request: ActingRequest) -> HttpResponseBase:
    """POST: vectors for up to 256 texts."""
    return _response(await serving.answered(_embedding(request)))


@csrf_exempt
async def images(request: ActingRequest) -> HttpResponseBase:
    """POST: up to four pictures; the model stops when the client goes."""
    return _response(await serving.answered(_images(request)))


@csrf_exempt
async def rerank(request: ActingRequest) -> HttpResponseBase:
    """POST: up to 1,000 documents in the order of their worth for a query."""
    return _response(await serving.answered(_rerank(request)))


@csrf_exempt
async def models(request: ActingRequest) -> HttpResponseBase:
    """GET: what the key's team may call."""
    return _response(await serving.answered(_models(request)))


@csrf_exempt
async def model(request: ActingRequest, model_id: str) -> HttpResponseBase:
    """GET: one of these models."""
    return _response(await serving.answered(_model(request, model_id)))


@csrf_exempt
async def nothing(request: ActingRequest) -> HttpResponseBase:
    """What is no id of a file or store, told like one that is another's."""
    del request
    return _response(serving.refusal(dialect_of(not_found())))


@csrf_exempt
async def nowhere(request: ActingRequest) -> HttpResponseBase:
    """Whatever else OpenAI has, this server has not."""
    message = f"{request.method} {request.path[:200]} is not served here. /docs/api/ lists what is."
    return _response(serving.refusal(DialectError(404, message, code="unknown_url")))


async def _completion(request: ActingRequest) -> Answer:
    return await serving.complete(_bearer(request), _body(request))


async def _embedding(request: ActingRequest) -> Answer:
    return await serving.embed(_bearer(request), _body(request))


async def _images(request: ActingRequest) -> Answer:
    return await serving.paint(_bearer(request), _body(request))


async def _rerank(request: ActingRequest) -> Answer:
    return await serving.rerank(_bearer(request), _body(request))


async def _models(request: ActingRequest) -> Answer:
    _require("GET", request)
    return await serving.models(_bearer(request))


async def _model(request: ActingRequest, model_id: str) -> Answer:
    _require("GET", request)
    return await serving.model(_bearer(request), model_id)


def _response(answer: Answer) -> HttpResponseBase:
    if isinstance(answer.body, bytes):
        return HttpResponse(answer.body, status=answer.status, headers=answer.headers)
    response = StreamingHttpResponse(answer.body, status=answer.status, headers=answer.headers)
    response._resource_closers.append(answer.cancel)  # type: ignore[attr-defined]  # noqa: SLF001 - closed with the response
    return response


def _bearer(request: ActingRequest) -> Bearer:
    confirmed = confirmed_rules(request.headers.get(CONFIRM, ""))
    return Bearer(request.META.get("HTTP_AUTHORIZATION", ""), request.tenant, confirmed)


def _body(request: ActingRequest) -> bytes:
    _require("POST", request)
    try:
        return request.body
    except RequestDataTooBig:
        raise serving.too_large() from None


def _require(method: str, request: ActingRequest) -> None:
    if request.method != method:
        message = f"Use {method} for this address."
        raise DialectError(405, message, code="method_not_allowed", headers={"Allow": method})
