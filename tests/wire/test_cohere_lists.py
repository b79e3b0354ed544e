"""Cohere's lists of models, vectors and scores."""

from typing import Any

import orjson
import pytest

from apps.llm.vendors.base import (
    EmbeddingRequest,
    EmbeddingResult,
    ErrorKind,
    ListedModel,
    Modality,
    RerankRequest,
    RerankResult,
    Usage,
    VendorError,
)
from apps.llm.vendors.cohere.vendor import Cohere
from tests.wire.conftest import run
from tests.wire.replay import Answer, Request, Server, needs_recordings, recorded, replayed

COHERE = Cohere()
JSON = "application/json"


def fetched(body: Any) -> Answer:
    return Answer([orjson.dumps(body)], content_type=JSON)


def test_list_of_all_pages_says_what_each_model_is_for() -> None:
    pages = [
        fetched(
            {
                "models": [
                    {"name": "command-a", "endpoints": ["generate", "chat"], "context_length": 288000.0},
                    {"name": "command-r", "endpoints": ["chat"], "is_deprecated": True},
                    {"name": "embed-v4.0", "endpoints": ["embed", "classify"], "context_length": 128000},
                ],
                "next_page_token": "p/2",
            }
        ),
        fetched({"models": [{"name": "rerank-v4.0", "endpoints": ["rerank"]}, {"name": "old-classify"}]}),
    ]

    async def ask() -> tuple[list[ListedModel], list[Request]]:
        async with Server(pages) as server:
            return await COHERE.list_models(server.endpoint()), server.requests

    models, requests = run(ask())
    assert models == [
        ListedModel("command-a", Modality.CHAT, 288000),
        ListedModel("embed-v4.0", Modality.EMBEDDING, 128000),
        ListedModel("rerank-v4.0", Modality.RERANK),
    ]
    assert [request.path for request in requests] == [
        "/v1/models?page_size=1000",
        "/v1/models?page_size=1000&page_token=p/2",
    ]


@needs_recordings
def test_recorded_vector() -> None:
    (exchange,) = recorded("embeddings", "cohere")

    async def ask() -> tuple[EmbeddingResult, Any]:
        async with Server([replayed(exchange)]) as server:
            request = EmbeddingRequest("embed-v4.0", tuple(exchange.request["texts"]))
            return await COHERE.embed(server.endpoint(), request), orjson.loads(server.requests[0].body)

    result, sent = run(ask())
    assert sent == exchange.request
    assert (len(result.vectors[0]), result.vectors[0][0], result.usage) == (1536, 0.025118703, Usage(7, 0))


def test_vectors_of_queries_in_batches_of_96() -> None:
    answers = [
        fetched(
            {
                "embeddings": {"float": [[1, 0]] * size},
                "meta": {"billed_units": {"input_tokens": size}},
            }
        )
        for size in (96, 4)
    ]

    async def ask() -> tuple[EmbeddingResult, list[Any]]:
        async with Server(answers) as server:
            texts = tuple(f"text {number}" for number in range(100))
            request = EmbeddingRequest("embed-v4.0", texts, dimensions=2, purpose="query")
            result = await COHERE.embed(server.endpoint(), request)
            return result, [orjson.loads(sent.body) for sent in server.requests]

    result, bodies = run(ask())
    assert (len(result.vectors), result.usage) == (100, Usage(100, 0))
    assert [(len(body["texts"]), body["input_type"], body["output_dimension"]) for body in bodies] == [
        (96, "search_query", 2),
        (4, "search_query", 2),
    ]


def reranked(body: Any) -> tuple[RerankResult, Request]:
    async def ask() -> tuple[RerankResult, Request]:
        async with Server([fetched(body)]) as server:
            request = RerankRequest("rerank-v4.0", "capital?", ("a", "b", "c"), top=2)
            return await COHERE.rerank(server.endpoint(), request), server.requests[0]

    return run(ask())


def test_documents_in_the_order_of_their_worth() -> None:
    rows = [{"index": 2, "relevance_score": 0.1}, {"index": 0, "relevance_score": 0.9}]
    result, sent = reranked({"results": rows, "meta": {"billed_units": {"search_units": 1}}})
    assert result == RerankResult([(0, 0.9), (2, 0.1)], None, "rerank-v4.0", searches=1)
    uncounted, _ = reranked({"results": rows})
    assert uncounted.searches is None
    asked_for = {"model": "rerank-v4.0", "query": "capital?", "documents": ["a", "b", "c"], "top_n": 2}
    assert (sent.path, orjson.loads(sent.body)) == ("/v1/rerank", asked_for)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        None,
        [{"index": 3, "relevance_score": 1}],
        [{"index": 0}],
        [{"index": 0, "relevance_score": 1}, {"index": 0, "relevance_score": 1}],
    ],
)
def test_scores_that_do_not_fit_are_a_broken_answer(rows: Any) -> None:
    with pytest.raises(VendorError) as caught:
        reranked({"results": rows})
    assert caught.value.kind is ErrorKind.PROTOCOL
