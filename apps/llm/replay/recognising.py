"""Whose adapter a recorded request is for, told from its host and, for an unknown one, its path."""

import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from apps.llm.replay.recordings import Exchange
from apps.llm.vendors.completions import Completions
from apps.llm.vendors.interface import Vendor
from apps.llm.vendors.openai_compatible import OpenAICompatible
from apps.llm.vendors.openai_responses import OpenAIResponses
from apps.llm.vendors.registry import VENDORS

Operation = Literal["chat", "embed", "rerank", "images", "models", "token", "unknown"]
_SHAPED: tuple[tuple[str, Operation, str], ...] = (
    (r"/converse(?:-stream)?$", "chat", "bedrock"),
    (r"/model/[^/]*embed[^/]*/invoke$", "embed", "bedrock"),
    (r"/(?:foundation-models|inference-profiles)$", "models", "bedrock"),
    (r"/model/[^/]*anthropic[^/]*/invoke$", "chat", "anthropic"),
    (r":(?:rawPredict|streamRawPredict)$", "chat", "anthropic"),
    (r"/messages$", "chat", "anthropic"),
    (r":(?:streamG|g)enerateContent$", "chat", "google"),
    (r"/models?/imagen[^/]*:predict$", "unknown", "google"),
    (r":(?:batchEmbedContents|embedContent|predict)$", "embed", "google"),
    (r"/(?:responses|v1/agent)$", "chat", "responses"),
    (r"/chat/completions$", "chat", "openai"),
    (r"/api/(?:chat|generate)$", "chat", "ollama"),
    (r"/api/embed(?:dings)?$", "embed", "ollama"),
    (r"/api/tags$", "models", "ollama"),
    (r"/complete$", "chat", "luminous"),
    (r"/v2/chat$", "chat", "cohere"),
    (r"(?<!/fim)/completions$", "chat", "completions"),
    (r"/v[12]/embed$", "embed", "cohere"),
    (r"/embeddings$", "embed", "openai"),
    (r"/v[12]/rerank$", "rerank", "cohere"),
    (r"/rerank$", "rerank", "openai"),
    (r"/stable-image/generate/", "images", "stability"),
    (r"/images/generations$", "images", "openai"),
    (r"/models$", "models", "openai"),
    (r"/token$", "token", "google"),
)
_OLLAMA_PORT = ":11434"
_LUMINOUS_HOST = "aleph_alpha"
_PATHS = tuple((re.compile(pattern), operation, shape) for pattern, operation, shape in _SHAPED)
_HOSTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), slug)
    for pattern, slug in (
        (r"(?:^|\.)anthropic\.com$", "anthropic"),
        (r"^bedrock|\.bedrock-runtime\.", "bedrock"),
        (r"^generativelanguage\.googleapis\.com$", "google"),
        (r"(?:^|-)aiplatform\.|^oauth2\.googleapis\.com$", "vertex"),
        (r"\.(?:openai|cognitiveservices|services\.ai)\.azure\.com$", "azure_openai"),
        (r"\.azuredatabricks\.net$|\.databricks\.com$", "databricks"),
        (r"(?:^|\.)cohere\.(?:com|ai)$", "cohere"),
        (r"\.oci\.oraclecloud\.com$", "oracle"),
        (r"^api\.together\.(?:ai|xyz)$", "together"),
        (r"(?:^|\.)dashscope[\w-]*\.aliyuncs\.com$|\.maas\.aliyuncs\.com$", "qwen"),
        (r"\.inf7ks8\.com$|\.inf7cw9\.com$", "inflection"),
    )
)
_SHAPES = {
    "anthropic": "anthropic",
    "bedrock": "bedrock",
    "cohere": "cohere",
    "completions": "base_models",
    "google": "google",
    "luminous": "aleph_alpha_luminous",
    "ollama": "ollama",
    "openai": "openai_compatible",
    "responses": "openai",
    "stability": "stability",
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """The adapter, what it is to do, for which model, under which of its settings."""

    vendor: Vendor
    operation: Operation
    model: str
    settings: dict[str, str] = field(default_factory=dict)


def recognised(exchange: Exchange) -> Recognised:
    """Never fails: what no adapter does is `unknown`, with the vendor whose host it is."""
    parts = urlsplit(exchange.url)
    path = parts.path.rstrip("/")
    operation, shape = next(
        ((operation, shape) for pattern, operation, shape in _PATHS if pattern.search(path)),
        ("unknown", "openai"),
    )
    known = (
        VENDORS["ollama"] if parts.netloc.endswith(_OLLAMA_PORT) else _vendor_of_host(parts.hostname or "")
    )
    if known is not None and _of_its_own(known, shape, operation):
        operation = "unknown"
    vendor = known if known is not None and _speaks(known, shape, operation) else VENDORS[_SHAPES[shape]]
    return Recognised(vendor, operation, _model(exchange, path), _settings(vendor, shape))


def _vendor_of_host(host: str) -> Vendor | None:
    """By the addresses of the table of vendors; by patterns where it has a name in it."""
    for pattern, slug in _HOSTS:
        if pattern.search(host):
            return VENDORS.get(slug)
    by_host = {
        urlsplit(default).hostname: vendor for vendor in VENDORS.values() if (default := _address(vendor))
    }
    found = by_host.get(host)
    return None if host in {"", "localhost"} else found


def _address(vendor: Vendor) -> str:
    return next((field.default for field in vendor.fields if field.name == "base_url"), "")


def _speaks(vendor: Vendor, shape: str, operation: Operation) -> bool:
    """Whether the host's own adapter is for requests of this shape, rather than the shape's."""
    if operation in {"models", "token", "unknown"}:
        return True
    if shape == "openai":
        chats = isinstance(vendor, OpenAICompatible) and not isinstance(vendor, Completions)
        return chats or vendor.slug == "mistral"
    if shape == "responses":
        return isinstance(vendor, OpenAIResponses)
    if shape == "google":
        return vendor.slug in {"google", "vertex"}
    return vendor.slug == _SHAPES[shape]


def _of_its_own(vendor: Vendor, shape: str, operation: Operation) -> bool:
    """Whether only the path is as elsewhere: Bedrock's rerank is not the one others share."""
    if shape == "luminous":
        return not vendor.slug.startswith(_LUMINOUS_HOST)
    return operation in {"rerank", "images"} and not _speaks(vendor, shape, operation)


def _settings(vendor: Vendor, shape: str) -> dict[str, str]:
    if shape == "ollama":
        return {"api": "native"}
    if isinstance(vendor, OpenAIResponses):
        return {"api": "responses" if shape == "responses" else "chat"}
    return {"project": "recorded"} if vendor.slug == "vertex" else {}


def _model(exchange: Exchange, path: str) -> str:
    named = exchange.asked.get("model") or exchange.asked.get("preset")
    if isinstance(named, str) and named:
        return named
    found = re.search(r"/models?/([^/:]+(?::\d[^/:]*)?)", unquote(path))
    return found[1] if found else "recorded"
