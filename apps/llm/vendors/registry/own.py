"""Servers of the customer's own, any host in OpenAI's shape, and what the installation brings."""

from apps.llm.vendors.base import Modality
from apps.llm.vendors.completions import Completions
from apps.llm.vendors.dialect import Dialect, without
from apps.llm.vendors.efforts import FOUR
from apps.llm.vendors.extractive import Extractive
from apps.llm.vendors.interface import Field, Vendor, VendorInfo
from apps.llm.vendors.ollama import Ollama
from apps.llm.vendors.openai_compatible import OpenAICompatible
from apps.llm.vendors.registry.rows import CHAT, WITH_SCORES, WITH_VECTORS
from apps.llm.vendors.tei import TextEmbeddingsInference

CHECKED = "2026-11-23"


def _own(docs: str, note: str = "", checked: str = "") -> VendorInfo:
    return VendorInfo(weights="open", hosting="own", region="Yours", note=note, docs=docs, checked=checked)


_LLAMA_CPP = Dialect(names_tool=False, lacks=without())

INSTALLED: tuple[Vendor, ...] = (
    OpenAICompatible("builtin", "Built-in model", dialect=_LLAMA_CPP),
    Extractive(),
)

OWN: tuple[Vendor, ...] = (
    OpenAICompatible(
        "openai_compatible",
        "OpenAI-compatible host",
        info=VendorInfo(
            hosting="both",
            note="Any host that is not listed but speaks OpenAI's protocol.",
            docs="https://platform.openai.com/docs/api-reference/chat",
        ),
    ),
    Completions(
        "base_models",
        "Base models (EleutherAI, OpenELM and others)",
        "http://localhost:8000/v1",
        modalities=CHAT,
        info=_own(
            "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
            "Models without chat, on vLLM or any endpoint: a chat template makes the prompt.",
        ),
    ),
    OpenAICompatible(
        "llama_cpp",
        "llama.cpp",
        "http://localhost:8080/v1",
        dialect=_LLAMA_CPP,
        modalities=WITH_SCORES,
        info=_own(
            "https://github.com/ggml-org/llama.cpp/tree/master/tools/server", "Any GGUF file.", CHECKED
        ),
    ),
    OpenAICompatible(
        "lm_studio",
        "LM Studio",
        "http://localhost:1234/v1",
        dialect=Dialect(names_tool=False, formats=frozenset({"text", "json_schema"}), lacks=without()),
        modalities=WITH_VECTORS,
        info=_own("https://lmstudio.ai/docs/developer/openai-compat", "Any GGUF or MLX file.", CHECKED),
    ),
    Ollama(
        "ollama",
        "Ollama",
        "http://localhost:11434/v1",
        dialect=Dialect(efforts=FOUR, lacks=without()),
        modalities=WITH_VECTORS,
        more_fields=(
            Field(
                "api",
                "API",
                "The native one can set the size of the context and tells thinking apart.",
                kind="choice",
                default="openai",
                choices=(("openai", "OpenAI-compatible"), ("native", "Native")),
            ),
            Field("context", "Size of the context", "Tokens. Native API only; empty for the server's own."),
        ),
        info=_own(
            "https://github.com/ollama/ollama/blob/main/docs/api.md", "Gemma, Phi and many others.", CHECKED
        ),
    ),
    TextEmbeddingsInference(
        "tei",
        "Hugging Face TEI",
        "http://localhost:8080/v1",
        modalities=frozenset({Modality.EMBEDDING, Modality.RERANK}),
        info=_own(
            "https://huggingface.co/docs/text-embeddings-inference",
            "Text Embeddings Inference: vectors and reranking, no chat.",
        ),
    ),
    OpenAICompatible(
        "tgi",
        "Hugging Face TGI",
        "http://localhost:8080/v1",
        modalities=CHAT,
        info=_own(
            "https://huggingface.co/docs/text-generation-inference/messages_api",
            "Text Generation Inference, also as an Inference Endpoint (HuggingChat, OpenAssistant, Falcon). "
            "Its development ended in March 2026: new installations take vLLM.",
            CHECKED,
        ),
    ),
    OpenAICompatible(
        "vllm",
        "vLLM",
        "http://localhost:8000/v1",
        modalities=WITH_SCORES,
        info=_own("https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html"),
    ),
)
