"""What is Bedrock's alone: signatures, bodies, lists from the control endpoint, vectors."""

import base64
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import botocore.auth
import orjson
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    EmbeddingRequest,
    ErrorKind,
    FilePart,
    ListedModel,
    Modality,
    ToolCallPart,
    ToolResultPart,
    Usage,
    VendorError,
)
from apps.llm.vendors.bedrock import Bedrock
from apps.llm.vendors.bedrock.signing import Credentials, signed_headers
from apps.llm.vendors.interface import Endpoint
from tests.wire.conftest import QUICK, run
from tests.wire.dialects.bedrock import CLAUDE
from tests.wire.replay import Answer, Request, Server

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
JSON = "application/json"


def sent(request: ChatRequest, key: str = "k", **settings: str) -> Request:
    async def ask() -> Request:
        async with Server([CLAUDE.text]) as server:
            async for _ in Bedrock().stream(server.endpoint(key, **settings), request, QUICK):
                pass
            return server.requests[0]

    return run(ask())


@pytest.mark.parametrize("token", ["", "session-token"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/model/us.anthropic.claude-haiku-4-5-20251001-v1:0/converse-stream", b'{"a": 1}'),
        ("POST", "/model/arn:aws:bedrock:us-east-1:1:inference-profile%2Fx.y-v1:0/invoke", b"{}"),
        ("GET", "/inference-profiles?maxResults=1000&nextToken=a%2Fb%3D%3D", b""),
    ],
)
def test_signature_is_the_one_that_amazons_own_client_makes(
    method: str, path: str, body: bytes, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 22, 20, 0, 0, tzinfo=UTC)
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda: now.replace(tzinfo=None), raising=False
    )
    url = f"https://bedrock-runtime.eu-central-1.amazonaws.com{path}"
    ours = signed_headers(method, url, body, "eu-central-1", Credentials(KEY_ID, SECRET, token), now)
    request = AWSRequest(method, url, {"Content-Type": JSON}, body)
    signer = botocore.auth.SigV4Auth(
        BotoCredentials(KEY_ID, SECRET, token or None), "bedrock", "eu-central-1"
    )
    request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    if token:
        request.headers["X-Amz-Security-Token"] = token
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    assert ours["Authorization"].endswith(f"Signature={signature}")
    assert ours.get("X-Amz-Security-Token", "") == token


@pytest.mark.parametrize(
    ("key", "settings", "scheme"),
    [
        ("bedrock-api-key-abc", {}, "Bearer bedrock-api-key-abc"),
        (SECRET, {"access_key_id": KEY_ID, "region": "eu-west-3"}, f"AWS4-HMAC-SHA256 Credential={KEY_ID}/"),
        (f"{KEY_ID}:{SECRET}", {}, f"AWS4-HMAC-SHA256 Credential={KEY_ID}/"),
    ],
)
def test_key_goes_out_as_bearer_or_only_signs(key: str, settings: dict[str, str], scheme: str) -> None:
    request = sent(ChatRequest("m", (ChatMessage.text("user", "hi"),)), key, **settings)
    assert request.headers["authorization"].startswith(scheme)
    assert (SECRET in repr(request)) is False
    assert f"/{settings.get('region', 'us-east-1')}/bedrock/" in request.headers["authorization"] + (
        "/us-east-1/bedrock/" if scheme.startswith("Bearer") else ""
    )


def test_environment_variables_of_the_sdk_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_BEARER_TOKEN_BEDROCK", "AWS_REGION"):
        monkeypatch.setenv(name, "leaked")
    assert "leaked" not in repr(sent(ChatRequest("m", (ChatMessage.text("user", "hi"),))))


def test_profile_arn_is_one_segment_of_the_path() -> None:
    model = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"
    path = sent(ChatRequest(model, (ChatMessage.text("user", "hi"),))).path
    assert path == f"/v1/model/{model.replace('/', '%2F')}/converse-stream"


def test_body_in_converses_shape() -> None:
    request = ChatRequest(
        "us.amazon.nova-2-lite-v1:0",
        (
            ChatMessage.text("system", "Be brief."),
            ChatMessage("user", (FilePart("Über_x.md", "text/markdown", b"# Hi"),)),
            ChatMessage("assistant", (ToolCallPart("a/1", "look", '{"q": 1}'),)),
            ChatMessage("tool", (ToolResultPart("a/1", "no", is_error=True),)),
        ),
        temperature=0.5,
        max_tokens=100,
        stop=("END", " "),
        reasoning_effort="medium",
        extra={"guardrailConfig": {"guardrailIdentifier": "g"}, "top_k": 4, "messages": []},
    )
    assert orjson.loads(sent(request, cache_prompts="yes").body) == {
        "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {
                        "document": {
                            "format": "md",
                            "name": "ber x",
                            "source": {"bytes": base64.b64encode(b"# Hi").decode()},
                        }
                    },
                    {"text": "Read the attached file."},
                ],
            },
            {
                "role": "assistant",
                "content": [{"toolUse": {"toolUseId": "a_1", "name": "look", "input": {"q": 1}}}],
            },
            {
                "role": "user",
                "content": [
                    {"toolResult": {"toolUseId": "a_1", "content": [{"text": "no"}], "status": "error"}},
                    {"cachePoint": {"type": "default"}},
                ],
            },
        ],
        "toolConfig": {
            "tools": [
                {
                    "toolSpec": {
                        "name": "look",
                        "description": "No longer offered.",
                        "inputSchema": {"json": {"type": "object"}},
                    }
                }
            ]
        },
        "inferenceConfig": {"maxTokens": 100, "temperature": 0.5, "stopSequences": ["END"]},
        "guardrailConfig": {"guardrailIdentifier": "g"},
        "additionalModelRequestFields": {
            "reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"},
            "top_k": 4,
        },
    }


def test_a_file_that_converse_does_not_take_is_refused_before_anything_is_sent() -> None:
    async def ask() -> tuple[VendorError, int]:
        async with Server([CLAUDE.text]) as server:
            message = ChatMessage("user", (FilePart("a.zip", "application/zip", b"PK"),))
            with pytest.raises(VendorError) as caught:
                async for _ in Bedrock().stream(server.endpoint(), ChatRequest("m", (message,)), QUICK):
                    pass
            return caught.value, server.connections

    failed, connections = run(ask())
    assert (failed.kind, failed.retryable, connections) == (ErrorKind.BAD_REQUEST, False, 0)


def as_json(body: Any, *headers: tuple[str, str]) -> Answer:
    return Answer([orjson.dumps(body)], content_type=JSON, headers=headers)


FOUNDATION = {
    "modelSummaries": [
        {
            "modelId": "amazon.titan-embed-text-v2:0",
            "outputModalities": ["EMBEDDING"],
            "inferenceTypesSupported": ["ON_DEMAND"],
        },
        {
            "modelId": "meta.llama4-v1:0",
            "outputModalities": ["TEXT"],
            "inferenceTypesSupported": ["INFERENCE_PROFILE"],
        },
        {"modelId": "amazon.nova-canvas-v1:0", "outputModalities": ["IMAGE"]},
    ]
}
PROFILES = {
    "inferenceProfileSummaries": [
        {
            "inferenceProfileId": "us.meta.llama4-v1:0",
            "models": [{"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/meta.llama4-v1:0"}],
        }
    ]
}


@pytest.mark.parametrize("lists_profiles", [True, False])
def test_list_of_models_and_profiles(lists_profiles: bool) -> None:
    denied = Answer([b'{"message": "no"}'], 403, JSON, (("x-amzn-ErrorType", "AccessDeniedException"),))

    async def ask() -> tuple[list[ListedModel], list[str]]:
        async with Server([as_json(FOUNDATION), as_json(PROFILES) if lists_profiles else denied]) as server:
            found = await Bedrock().list_models(server.endpoint())
            return found, [request.path for request in server.requests]

    found, paths = run(ask())
    assert paths == ["/v1/foundation-models", "/v1/inference-profiles?maxResults=1000"]
    assert found[:2] == [
        ListedModel("amazon.titan-embed-text-v2:0", Modality.EMBEDDING),
        ListedModel("amazon.nova-canvas-v1:0", Modality.IMAGE),
    ]
    assert found[2:] == ([ListedModel("us.meta.llama4-v1:0", Modality.CHAT)] if lists_profiles else [])


def embedded(answers: list[Answer], request: EmbeddingRequest) -> tuple[Any, list[Any]]:
    async def ask() -> tuple[Any, list[Any]]:
        async with Server(answers) as server:
            result = await Bedrock().embed(server.endpoint(), request)
            return result, sorted((orjson.loads(sent.body) for sent in server.requests), key=str)

    return run(ask())


def test_titan_takes_one_text_a_call() -> None:
    request = EmbeddingRequest("amazon.titan-embed-text-v2:0", ("a", "b"), dimensions=2)
    said = as_json({"embedding": [0.5, 1], "inputTextTokenCount": 3})
    result, bodies = embedded([said], request)
    assert (result.vectors, result.usage) == ([[0.5, 1.0], [0.5, 1.0]], Usage(6, 0))
    assert bodies == [{"inputText": text, "dimensions": 2} for text in ("a", "b")]


def test_cohere_takes_a_batch_and_a_purpose() -> None:
    request = EmbeddingRequest("cohere.embed-v4:0", ("a", "b"), purpose="query")
    counted = ("X-Amzn-Bedrock-Input-Token-Count", "5")
    result, bodies = embedded([as_json({"embeddings": {"float": [[1], [2]]}}, counted)], request)
    assert (result.vectors, result.usage) == ([[1.0], [2.0]], Usage(5, 0))
    assert [(body["texts"], body["input_type"]) for body in bodies] == [(["a", "b"], "search_query")]


def test_refused_embedding_is_typed() -> None:
    denied = Answer([b'{"message": "x"}'], 429, JSON, (("x-amzn-ErrorType", "ThrottlingException"),))
    with pytest.raises(VendorError) as caught:
        embedded([denied], EmbeddingRequest("amazon.titan-embed-text-v2:0", ("a",) * 9))
    assert caught.value.kind is ErrorKind.RATE_LIMIT


def test_region_is_read_from_the_address() -> None:
    from apps.llm.vendors.bedrock.adapter import _region

    for url, settings, region in (
        ("https://bedrock-runtime.eu-central-1.amazonaws.com", {}, "eu-central-1"),
        ("https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com", {}, "us-gov-west-1"),
        ("https://vpce-1.bedrock-runtime.ap-south-2.vpce.amazonaws.com", {}, "ap-south-2"),
        ("https://proxy.example/aws", {"region": "sa-east-1"}, "sa-east-1"),
    ):
        assert _region(Endpoint(url, "k", settings, uuid4(), frozenset())) == region
