"""The vendor table of design/stack.md as data: who must be a choice, and the request that its host documents.

`limit` is what a limit on the output is called; `lists` is the address of the list of models, empty where
there is none. What each shape is taken from stands in docs/vendors.md; optional settings in vendor_wishes.py.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

Adapter = Literal["chat", "responses", "native", "completions", "images", "retired", "vectors"]


@dataclass(frozen=True, slots=True)
class Row:
    """One choice: its name in the table, its adapter, the documented address and request."""

    name: str
    slug: str
    adapter: Adapter
    url: str
    headers: dict[str, str] = field(default_factory=lambda: {"authorization": "Bearer sk-1"})
    limit: str = "max_tokens"
    counts: bool = True
    lists: str = ""


def chat(
    name: str,
    slug: str,
    base: str,
    limit: str = "max_tokens",
    *,
    counts: bool = True,
    lists: str = "/models",
) -> Row:
    """A row in OpenAI's shape; `lists` is below the base."""
    found = base + lists if lists else ""
    return Row(name, slug, "chat", f"{base}/chat/completions", limit=limit, counts=counts, lists=found)


def native(name: str, slug: str) -> Row:
    """A row with an adapter and a contract dialect of its own."""
    return Row(name, slug, "native", "")


NEWER = "max_completion_tokens"
KEY = {"authorization": "Bearer sk-1"}
WORKSPACE = "https://WORKSPACE.cloud.databricks.com"
DATABRICKS = replace(
    chat("", "databricks", f"{WORKSPACE}/serving-endpoints", counts=False),
    lists=f"{WORKSPACE}/api/2.0/serving-endpoints",
)
ROWS = (
    Row(
        "OpenAI",
        "openai",
        "responses",
        "https://api.openai.com/v1/responses",
        limit="max_output_tokens",
        lists="https://api.openai.com/v1/models",
    ),
    Row(
        "Azure OpenAI",
        "azure_openai",
        "chat",
        "https://RESOURCE.openai.azure.com/openai/v1/chat/completions",
        {"api-key": "sk-1"},
        NEWER,
        lists="https://RESOURCE.openai.azure.com/openai/v1/models",
    ),
    native("Anthropic", "anthropic"),
    native("Google Gemini", "google"),
    Row("PaLM 2", "palm", "retired", ""),
    native("Google Vertex AI", "vertex"),
    native("Amazon Bedrock", "bedrock"),
    native("Cohere", "cohere"),
    native("Mistral", "mistral"),
    chat("AI21", "ai21", "https://api.ai21.com/studio/v1", counts=False),
    chat("Meta", "meta", "https://api.llama.com/compat/v1", NEWER),
    replace(DATABRICKS, name="Databricks"),
    replace(DATABRICKS, name="MosaicML"),
    chat("NVIDIA", "nvidia", "https://integrate.api.nvidia.com/v1"),
    Row(
        "xAI",
        "xai",
        "responses",
        "https://api.x.ai/v1/responses",
        limit="max_output_tokens",
        lists="https://api.x.ai/v1/models",
    ),
    chat("Aleph Alpha", "aleph_alpha", "https://api.aleph-alpha.com", lists="/models_available"),
    Row(
        "luminous",
        "aleph_alpha_luminous",
        "completions",
        "https://api.aleph-alpha.com/complete",
        limit="maximum_tokens",
        counts=False,
    ),
    chat("Hugging Face router", "huggingface", "https://router.huggingface.co/v1"),
    chat("TGI", "tgi", "http://localhost:8080/v1"),
    Row(
        "GooseAI",
        "gooseai",
        "completions",
        "https://api.goose.ai/v1/engines/the-model/completions",
        counts=False,
    ),
    Row("EleutherAI", "base_models", "completions", "http://localhost:8000/v1/completions"),
    Row("OpenELM", "base_models", "completions", "http://localhost:8000/v1/completions"),
    chat("Alibaba", "qwen", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
    chat("Baidu", "baidu", "https://qianfan.baidubce.com/v2"),
    chat(
        "Oracle OCI",
        "oracle",
        "https://inference.generativeai.REGION.oci.oraclecloud.com/openai/v1",
        lists="",
    ),
    chat("CoreWeave", "coreweave", "https://api.inference.wandb.ai/v1"),
    chat("Lambda", "lambda", "https://api.lambda.ai/v1"),
    chat("Quora Poe", "poe", "https://api.poe.com/v1"),
    chat("Inflection", "inflection", "https://api.inflection.ai/external/api/inference/openai/v1", lists=""),
    Row("Stability AI", "stability", "images", "https://api.stability.ai/v2beta/stable-image/generate/core"),
    chat("Ollama", "ollama", "http://localhost:11434/v1"),
    chat("vLLM", "vllm", "http://localhost:8000/v1"),
    chat("llama.cpp", "llama_cpp", "http://localhost:8080/v1"),
    chat("LM Studio", "lm_studio", "http://localhost:1234/v1"),
    chat("Groq", "groq", "https://api.groq.com/openai/v1", NEWER),
    chat("DeepSeek", "deepseek", "https://api.deepseek.com/v1"),
    chat("OpenRouter", "openrouter", "https://openrouter.ai/api/v1", NEWER, counts=False),
    chat("Together", "together", "https://api.together.xyz/v1"),
    chat("Fireworks", "fireworks", "https://api.fireworks.ai/inference/v1"),
    Row(
        "Perplexity",
        "perplexity",
        "responses",
        "https://api.perplexity.ai/v1/responses",
        limit="max_output_tokens",
        lists="https://api.perplexity.ai/v1/models",
    ),
    chat("Cerebras", "cerebras", "https://api.cerebras.ai/v1", NEWER),
    chat("any OpenAI-compatible host", "openai_compatible", ""),
    Row("Hugging Face TEI", "tei", "vectors", "http://localhost:8080/rerank"),
)
"""In the table's order; the last comes from the issue's list of rerankers."""
