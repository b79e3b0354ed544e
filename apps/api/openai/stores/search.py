"""POST /v1/vector_stores/ID/search: a worker searches while the request waits, with no scope open."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from apps.api.openai import serving
from apps.api.openai.access import Bearer, with_actor
from apps.api.openai.errors import DialectError
from apps.api.openai.serving import Answer
from apps.api.openai.stores.base import SCOPE, dialect_of
from apps.api.openai.stores.inputs import SearchInput
from apps.api.openai.stores.shapes import hit_shape
from apps.knowledge.models import StoreSetting
from apps.knowledge.permissions import access_searchable
from apps.knowledge.stores.access import access_store
from apps.knowledge.stores.searching import search_begin, search_read
from apps.knowledge.stores.selectors import expiry_of
from apps.rest.errors import fault_of, invalid

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.accounts.middleware import ActingRequest
    from apps.knowledge.models import KnowledgeBase

WAITS_S: Final = 20.0
_PAUSES_S: Final = (0.03, 0.05, 0.1)


@csrf_exempt
async def search(request: ActingRequest, store_id: UUID) -> HttpResponse:
    """POST: the passages that answer a question best, as far as the key's person may read them."""
    answer = await serving.answered(_searched(request, store_id))
    body = answer.body if isinstance(answer.body, bytes) else b""
    return HttpResponse(body, status=answer.status, headers=answer.headers)


async def _searched(request: ActingRequest, store_id: UUID) -> Answer:
    if request.method != "POST":
        message = "Use POST for this address."
        raise DialectError(405, message, code="method_not_allowed", headers={"Allow": "POST"})
    bearer = Bearer(request.META.get("HTTP_AUTHORIZATION", ""), request.tenant)
    wanted, search_id = await with_actor(bearer, SCOPE, _begin, store_id, request.body)
    found = await with_actor(bearer, SCOPE, _read, search_id, wanted)
    late = asyncio.get_running_loop().time() + WAITS_S
    pauses = iter(_PAUSES_S)
    while found is None:
        if asyncio.get_running_loop().time() > late:
            raise DialectError(
                504, "The search took too long. Nothing was changed; try again.", "api_error", code="timeout"
            )
        await asyncio.sleep(next(pauses, _PAUSES_S[-1]))
        found = await with_actor(bearer, SCOPE, _read, search_id, wanted)
    page = {
        "object": "vector_store.search_results.page",
        "search_query": [wanted["query"]],
        "data": found,
        "has_more": False,
        "next_page": None,
    }
    return Answer(json.dumps(page).encode())


def _begin(actor: Actor, store_id: UUID, body: bytes) -> tuple[dict[str, Any], UUID | None]:
    try:
        base = access_searchable(actor, access_store(actor, store_id).id)
        _refuse_expired(base)
        wanted = _values(body)
        search_id = search_begin(actor=actor, base=base, query=wanted["query"], wanted=wanted.get("filters"))
    except Exception as error:
        raise dialect_of(fault_of(error)) from error
    return wanted, search_id


def _refuse_expired(base: KnowledgeBase) -> None:
    expiry = expiry_of(StoreSetting.objects.filter(knowledge_base=base).first())
    if expiry is not None and expiry < timezone.now():
        raise invalid([{"field": "vector_store_id", "message": "This store has expired."}])


def _values(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise invalid([{"field": "", "message": "The body is not a JSON object."}])
    read = SearchInput(data=given)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)


def _read(actor: Actor, search_id: UUID | None, wanted: dict[str, Any]) -> list[dict[str, Any]] | None:
    hits = search_read(actor=actor, search_id=search_id) if search_id else []
    if hits is None:
        return None
    least = (wanted.get("ranking_options") or {}).get("score_threshold", 0.0)
    return [hit_shape(*hit) for hit in hits if hit[1] >= least][: wanted["max_num_results"]]
