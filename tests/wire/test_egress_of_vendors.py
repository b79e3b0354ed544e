"""No variable of a vendor's SDK reaches a request, no redirect is followed, no key leaves its host."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from apps.egress import EgressRefused, session_for
from apps.llm.vendors.base import EmbeddingRequest, ImageRequest, Modality, RerankRequest, VendorError
from apps.llm.vendors.interface import Endpoint, Vendor
from apps.llm.vendors.registry import GROUPS
from tests.wire.conftest import ASKED, QUICK, run
from tests.wire.replay import Answer, Server

VENDORS = [vendor for group in GROUPS.values() for vendor in group]
every = pytest.mark.parametrize("vendor", VENDORS, ids=[vendor.slug for vendor in VENDORS])
KEY = "sk-of-the-connection-0123456789"
LEAK = "leaked.invalid"
SDK_VARIABLES = (
    "OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_BASE_URL", "OPENAI_API_TYPE",
    "OPENAI_CUSTOM_HEADERS", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_AD_TOKEN",
    "OPENAI_API_VERSION", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL",
    "ANTHROPIC_CUSTOM_HEADERS", "GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GEMINI_BASE_URL",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
    "CO_API_KEY", "CO_API_URL", "COHERE_API_KEY", "MISTRAL_API_KEY", "MISTRAL_BASE_URL", "XAI_API_KEY",
    "GROQ_API_KEY", "GROQ_BASE_URL", "DEEPSEEK_API_KEY", "OPENROUTER_API_KEY", "TOGETHER_API_KEY",
    "FIREWORKS_API_KEY", "PERPLEXITY_API_KEY", "HF_TOKEN", "HUGGINGFACE_API_KEY", "DATABRICKS_TOKEN",
    "DATABRICKS_HOST", "STABILITY_API_KEY", "AI21_API_KEY", "AA_TOKEN", "OLLAMA_HOST", "OLLAMA_API_KEY",
    "NVIDIA_API_KEY", "LLAMA_API_KEY", "DASHSCOPE_API_KEY", "QIANFAN_AK", "WANDB_API_KEY", "POE_API_KEY",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
)  # fmt: skip
Ask = Callable[[Vendor, Endpoint], Awaitable[object]]


async def chat(vendor: Vendor, endpoint: Endpoint) -> None:
    async for _ in vendor.stream(endpoint, ASKED, QUICK):
        pass


CALLS: dict[str, tuple[Modality | None, Ask]] = {
    "chat": (Modality.CHAT, chat),
    "vectors": (Modality.EMBEDDING, lambda vendor, at: vendor.embed(at, EmbeddingRequest("m", ("a",)))),
    "pictures": (Modality.IMAGE, lambda vendor, at: vendor.generate_images(at, ImageRequest("m", "a cat"))),
    "scores": (Modality.RERANK, lambda vendor, at: vendor.rerank(at, RerankRequest("m", "q", ("a",)))),
    "list": (None, lambda vendor, at: vendor.list_models(at)),
    "check": (None, lambda vendor, at: vendor.check(at)),
}


async def call_all(vendor: Vendor, endpoint: Endpoint) -> dict[str, VendorError | None]:
    """Every call that the vendor offers, and how it failed."""
    found: dict[str, VendorError | None] = {}
    for name, (modality, ask) in CALLS.items():
        if modality is not None and modality not in vendor.modalities:
            continue
        try:
            await ask(vendor, endpoint)
            found[name] = None
        except VendorError as failed:
            found[name] = failed
    return found


@asynccontextmanager
async def host(answer: Answer) -> AsyncIterator[Server]:
    async with Server([answer]) as server:
        yield server


@every
def test_variables_of_sdks_reach_no_request(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SDK_VARIABLES:
        monkeypatch.setenv(name, f"http://{LEAK}/{name.lower()}")

    async def ask() -> str:
        async with host(Answer([b"{}"], content_type="application/json")) as server:
            await call_all(vendor, server.endpoint(KEY, project="p"))
            assert bool(server.requests) is (vendor.slug != "palm")
            return repr(server.requests)

    sent = run(ask())
    assert LEAK not in sent
    assert os.environ["OPENAI_API_KEY"] not in sent


@every
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_the_key_stays(vendor: Vendor, status: int) -> None:
    async def ask() -> tuple[dict[str, VendorError | None], int]:
        async with host(Answer([b"{}"])) as other:
            moved = Answer([b""], status, "text/plain", (("Location", other.base_url),))
            async with host(moved) as server:
                endpoint = server.endpoint(KEY, project="p")
                allowed = endpoint.allowed | {("127.0.0.1", other.port)}
                both = Endpoint(endpoint.base_url, KEY, endpoint.settings, endpoint.tenant_id, allowed)
                return await call_all(vendor, both), other.connections

    failures, elsewhere = run(ask())
    assert elsewhere == 0
    assert all(failed is not None and KEY not in failed.detail for failed in failures.values())


@every
def test_a_call_to_another_host_is_refused_before_a_socket_opens(vendor: Vendor) -> None:
    async def ask() -> int:
        async with host(Answer([b"{}"])) as other:
            endpoint = Endpoint(
                "http://127.0.0.1:9/v1", KEY, {}, other.endpoint().tenant_id, other.endpoint().allowed
            )
            with pytest.raises(EgressRefused, match="other_host"):
                await session_for(endpoint).open("GET", other.base_url, headers={})
            await call_all(vendor, endpoint)
            return other.connections

    assert run(ask()) == 0


def test_the_signed_assertion_of_a_service_account_holds_no_private_key() -> None:
    """Vertex's token service is another host: it gets a signature, never what is stored."""
    import json

    from apps.llm.vendors.registry import vendor_for

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()

    async def ask() -> tuple[str, dict[str, VendorError | None]]:
        async with host(Answer([b"{}"], content_type="application/json")) as server:
            account: dict[str, Any] = {
                "type": "service_account",
                "project_id": "p",
                "client_email": "a@p.iam.gserviceaccount.com",
                "private_key": pem,
                "token_uri": f"http://127.0.0.1:{server.port}/token",
            }
            endpoint = server.endpoint(json.dumps(account))
            found = await call_all(vendor_for("vertex"), endpoint)
            return repr(server.requests), found

    sent, found = run(ask())
    middle = pem.splitlines()[5]
    assert middle not in sent
    assert all(failed is None or middle not in failed.detail + failed.message for failed in found.values())
