"""What is Vertex's alone: service accounts, their tokens, projects and locations."""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from apps.llm.vendors.base import (
    ChatRequest,
    EmbeddingRequest,
    ErrorKind,
    ListedModel,
    Modality,
    Usage,
    VendorError,
)
from apps.llm.vendors.google import service_account
from apps.llm.vendors.google.vertex import Vertex
from apps.llm.vendors.interface import Endpoint
from tests.wire.conftest import ASKED, QUICK, run
from tests.wire.dialects.google import text
from tests.wire.replay import Answer, Heard, Request, Server, needs_recordings, recorded

JSON = "application/json"
TOKEN = "ya29.token-of-the-service-account"
PAGE = "/v1/publishers/google/models?pageSize=300"
SAID = text("Hi", "!")
KEY = generate_private_key(65537, 2048)
Work = Callable[[Server], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def _no_token_is_kept() -> Iterator[None]:
    service_account._tokens.clear()
    yield
    service_account._tokens.clear()


def pem(key: RSAPrivateKey = KEY) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def account(server: Server, **changes: str) -> str:
    facts = {
        "type": "service_account",
        "project_id": "acme-1",
        "private_key_id": "kid-1",
        "private_key": pem(),
        "client_email": "bot@acme-1.iam.gserviceaccount.com",
        "token_uri": f"http://127.0.0.1:{server.port}/token",
    }
    return json.dumps(facts | changes, indent=2)


def token(seconds: float = 3599, value: str = TOKEN) -> Answer:
    body = {"access_token": value, "expires_in": seconds, "token_type": "Bearer"}
    return Answer([orjson.dumps(body)], content_type=JSON)


def refusal(status: int, body: Any) -> Answer:
    return Answer([orjson.dumps(body)], status, JSON)


async def hear(endpoint: Endpoint, request: ChatRequest = ASKED) -> Heard:
    heard = Heard()
    async for delta in Vertex().stream(endpoint, request, QUICK):
        heard.add(delta)
    return heard


def serve(work: Work, *answers: Answer) -> list[Request]:
    async def served() -> list[Request]:
        async with Server(answers) as server:
            await work(server)
            return server.requests

    return run(served())


def part_of(jwt: str, index: int) -> dict[str, Any]:
    raw = jwt.split(".")[index]
    read: dict[str, Any] = json.loads(urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    return read


def test_assertion_is_signed_exchanged_and_only_the_token_reaches_the_host() -> None:
    async def work(server: Server) -> None:
        assert (await hear(server.endpoint(account(server), location="europe-west4"))).text == "Hi!"

    exchange, call = serve(work, token(), SAID)
    form = parse_qs(exchange.body.decode())
    (jwt,) = form["assertion"]
    head, claims = part_of(jwt, 0), part_of(jwt, 1)
    assert exchange.path == "/token"
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert head == {"alg": "RS256", "typ": "JWT", "kid": "kid-1"}
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["iss"] == "bot@acme-1.iam.gserviceaccount.com"
    assert claims["aud"].endswith("/token")
    assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
    signature = urlsafe_b64decode(jwt.split(".")[2] + "==")
    KEY.public_key().verify(signature, jwt.rpartition(".")[0].encode(), PKCS1v15(), SHA256())
    assert call.headers["authorization"] == f"Bearer {TOKEN}"
    assert call.path == (
        "/v1/projects/acme-1/locations/europe-west4/publishers/google/models/asked-model"
        ":streamGenerateContent?alt=sse"
    )
    assert b"PRIVATE" not in exchange.body + call.body
    assert "x-goog-api-key" not in call.headers


def test_token_is_kept_for_its_connection_and_fetched_anew_near_its_end() -> None:
    async def kept(server: Server) -> None:
        endpoint = server.endpoint(account(server))
        await hear(endpoint)
        await hear(endpoint)

    assert [call.path == "/token" for call in serve(kept, token(), SAID)] == [True, False, False]
    service_account._tokens.clear()
    paths = [call.path == "/token" for call in serve(kept, token(299), SAID, token(), SAID)]
    assert paths == [True, False, True, False]


def test_token_of_one_tenant_is_never_used_for_another() -> None:
    async def work(server: Server) -> None:
        secret = account(server)
        for _ in range(2):
            await hear(server.endpoint(secret))

    paths = [call.path for call in serve(work, token(), SAID, token(), SAID)]
    assert [path == "/token" for path in paths] == [True, False, True, False]


def test_many_calls_at_once_share_one_exchange() -> None:
    async def at_once(server: Server) -> None:
        endpoint = server.endpoint(account(server))
        found = await asyncio.gather(*(service_account.access_token(endpoint) for _ in range(20)))
        assert set(found) == {TOKEN}

    assert len(serve(at_once, token())) == 1


def test_refused_token_is_given_up() -> None:
    unauthenticated = refusal(401, {"error": {"code": 401, "status": "UNAUTHENTICATED", "message": "x"}})

    async def work(server: Server) -> None:
        endpoint = server.endpoint(account(server))
        with pytest.raises(VendorError) as caught:
            await hear(endpoint)
        assert caught.value.kind is ErrorKind.AUTHENTICATION
        await hear(endpoint)

    paths = [call.path == "/token" for call in serve(work, token(), unauthenticated, token(), SAID)]
    assert paths == [True, False, True, False]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            refusal(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}),
            ErrorKind.AUTHENTICATION,
        ),
        (refusal(401, {"error": "invalid_client"}), ErrorKind.AUTHENTICATION),
        (refusal(404, {}), ErrorKind.AUTHENTICATION),
        (refusal(503, {}), ErrorKind.UNAVAILABLE),
        (refusal(302, {}), ErrorKind.PROTOCOL),
        (refusal(200, {"token_type": "Bearer"}), ErrorKind.PROTOCOL),
        (refusal(200, {"access_token": "a\r\nb", "expires_in": 9}), ErrorKind.PROTOCOL),
        (Answer([b"<html>"], content_type="text/html"), ErrorKind.PROTOCOL),
    ],
)
def test_failed_exchange_is_an_error_of_its_kind_and_nothing_else_is_sent(
    answer: Answer, kind: ErrorKind
) -> None:
    async def work(server: Server) -> None:
        with pytest.raises(VendorError) as caught:
            await hear(server.endpoint(account(server)))
        assert caught.value.kind is kind
        assert "PRIVATE" not in repr(caught.value) + caught.value.detail + caught.value.message

    assert [call.path for call in serve(work, answer)] == ["/token"]


@pytest.mark.parametrize(
    "changes",
    [
        {"token_uri": "http://127.0.0.1:9/token"},
        {"token_uri": "https://127.0.0.1:9/token"},
        {"token_uri": "http://metadata.google.internal/token"},
        {"token_uri": "file:///etc/passwd"},
        {"token_uri": "http://[::1"},
        {"private_key": "not a key"},
        {"private_key": ""},
    ],
)
def test_bad_account_sends_nothing(changes: dict[str, str]) -> None:
    async def work(server: Server) -> None:
        with pytest.raises(VendorError) as caught:
            await hear(server.endpoint(account(server, **changes)))
        assert caught.value.kind in {ErrorKind.AUTHENTICATION, ErrorKind.CONNECTION}

    assert serve(work, token()) == []


@pytest.mark.parametrize("secret", ["{", "{}", '{"client_email": "a"}', '{"private_key": null}'])
def test_what_is_no_account_is_a_wrong_key(secret: str) -> None:
    async def work(server: Server) -> None:
        with pytest.raises(VendorError) as caught:
            await hear(server.endpoint(secret, project="p"))
        assert caught.value.kind is ErrorKind.AUTHENTICATION

    assert serve(work, token()) == []


@pytest.mark.parametrize(
    ("settings", "model", "path"),
    [
        ({}, "m", "/v1/publishers/google/models/m"),
        ({"project": "p"}, "m", "/v1/projects/p/locations/global/publishers/google/models/m"),
        ({"project": "p", "location": "us"}, "endpoints/7", "/v1/projects/p/locations/us/endpoints/7"),
    ],
)
def test_key_needs_no_account(settings: dict[str, str], model: str, path: str) -> None:
    async def work(server: Server) -> None:
        await hear(server.endpoint("AIza-key", **settings), ChatRequest(model, ASKED.messages))

    (call,) = serve(work, SAID)
    assert call.path == f"{path}:streamGenerateContent?alt=sse"
    assert (call.headers["x-goog-api-key"], "authorization" in call.headers) == ("AIza-key", False)


def test_address_without_a_version_gets_one() -> None:
    async def work(server: Server) -> None:
        bare = f"http://127.0.0.1:{server.port}"
        place = server.endpoint("AIza-key")
        await hear(Endpoint(bare, "AIza-key", {}, place.tenant_id, place.allowed))

    assert serve(work, SAID)[0].path.startswith("/v1beta1/publishers/google/models/")


def test_check_lists_googles_own_models_of_all_pages() -> None:
    def page(*names: str, more: str = "") -> Answer:
        rows = [{"name": f"publishers/google/models/{name}", "versionId": "default"} for name in names]
        body = {"publisherModels": rows} | ({"nextPageToken": more} if more else {})
        return Answer([orjson.dumps(body)], content_type=JSON)

    async def work(server: Server) -> None:
        endpoint = server.endpoint(account(server))
        assert await Vertex().list_models(endpoint) == [
            ListedModel("gemini-3.6-flash", Modality.CHAT),
            ListedModel("text-embedding-005", Modality.EMBEDDING),
            ListedModel("imagen-4.0-generate-001", Modality.IMAGE),
        ]

    pages = (
        page("bert", "gemini-3.6-flash", more="a/b"),
        page("text-embedding-005", "imagen-4.0-generate-001"),
    )
    assert [call.path for call in serve(work, token(), *pages)] == [
        "/token",
        PAGE,
        f"{PAGE}&pageToken=a/b",
    ]


@pytest.mark.parametrize(
    ("model", "calls"), [("text-embedding-005", [22]), ("gemini-embedding-001", [20, 2])]
)
def test_vectors_by_predict(model: str, calls: list[int]) -> None:
    def predicted(count: int) -> Answer:
        one = {"embeddings": {"values": [1, 0.5], "statistics": {"token_count": 4, "truncated": False}}}
        return Answer([orjson.dumps({"predictions": [one] * count})], content_type=JSON)

    async def work(server: Server) -> None:
        request = EmbeddingRequest(model, ("a",) * 22, dimensions=2, purpose="query")
        result = await Vertex().embed(server.endpoint(account(server)), request)
        assert (result.vectors, result.usage) == ([[1.0, 0.5]] * 22, Usage(88, 0))

    _, *sent = serve(work, token(), *(predicted(count) for count in calls))
    bodies = [orjson.loads(call.body) for call in sent]
    assert [len(body["instances"]) for body in bodies] == calls
    assert bodies[0]["parameters"] == {"autoTruncate": False, "outputDimensionality": 2}
    assert {row["task_type"] for body in bodies for row in body["instances"]} == {"RETRIEVAL_QUERY"}


def test_vectors_of_the_second_generation_one_by_one_with_the_task_in_words() -> None:
    one = {"embedding": {"values": [1, 0.5]}, "usageMetadata": {"promptTokenCount": 5}}

    async def work(server: Server) -> None:
        request = EmbeddingRequest("gemini-embedding-2", ("a", "b"), dimensions=2)
        result = await Vertex().embed(server.endpoint("AIza-key", project="p"), request)
        assert (result.vectors, result.usage) == ([[1.0, 0.5]] * 2, Usage(10, 0))

    sent = serve(work, Answer([orjson.dumps(one)], content_type=JSON))
    path = "/v1/projects/p/locations/global/publishers/google/models/gemini-embedding-2:embedContent"
    assert [call.path for call in sent] == [path, path]
    assert sorted(call.body for call in sent) == [
        b'{"content":{"parts":[{"text":"title: none | text: %b"}]},"outputDimensionality":2}' % text
        for text in (b"a", b"b")
    ]


@needs_recordings
def test_recorded_token_is_read() -> None:
    exchange = recorded("vertex")[0]

    async def work(server: Server) -> None:
        found = await service_account.access_token(server.endpoint(account(server)))
        assert found == "<GOOGLE_ACCESS_TOKEN>"

    serve(work, Answer([exchange.body], content_type=exchange.content_type))
