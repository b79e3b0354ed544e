"""Every vendor, one line each; a known host in OpenAI's shape is a row."""

from collections.abc import Mapping

from apps.llm.vendors.base import Vendor
from apps.llm.vendors.chat_body import Dialect
from apps.llm.vendors.extractive import Extractive
from apps.llm.vendors.openai_compatible import OpenAICompatible


def _host(slug: str, label: str, base_url: str, key_page: str) -> OpenAICompatible:
    return OpenAICompatible(slug, label, base_url, key_page, key_required=True)


_ALL: tuple[Vendor, ...] = (
    OpenAICompatible("openai_compatible", "OpenAI-compatible host"),
    OpenAICompatible("builtin", "Built-in model"),
    Extractive(),
    OpenAICompatible(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        "https://platform.openai.com/api-keys",
        key_required=True,
        dialect=Dialect(max_tokens_field="max_completion_tokens"),
    ),
    OpenAICompatible(
        "azure_openai",
        "Azure OpenAI",
        "https://RESOURCE.openai.azure.com/openai/v1",
        "https://ai.azure.com",
        key_required=True,
        dialect=Dialect(auth_header="api-key", auth_prefix="", max_tokens_field="max_completion_tokens"),
    ),
    OpenAICompatible(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        "https://openrouter.ai/settings/keys",
        key_required=True,
        lists_without_key=True,
    ),
    OpenAICompatible(
        "huggingface",
        "Hugging Face",
        "https://router.huggingface.co/v1",
        "https://huggingface.co/settings/tokens",
        key_required=True,
        lists_without_key=True,
    ),
    OpenAICompatible("ollama", "Ollama", "http://localhost:11434/v1"),
    OpenAICompatible("vllm", "vLLM", "http://localhost:8000/v1"),
    _host("ai21", "AI21", "https://api.ai21.com/studio/v1", "https://studio.ai21.com/account/api-key"),
    _host("cerebras", "Cerebras", "https://api.cerebras.ai/v1", "https://cloud.cerebras.ai"),
    _host(
        "databricks",
        "Databricks",
        "https://WORKSPACE.cloud.databricks.com/serving-endpoints",
        "https://docs.databricks.com/dev-tools/auth/pat",
    ),
    _host("deepseek", "DeepSeek", "https://api.deepseek.com/v1", "https://platform.deepseek.com/api_keys"),
    _host(
        "fireworks",
        "Fireworks",
        "https://api.fireworks.ai/inference/v1",
        "https://app.fireworks.ai/settings/users/api-keys",
    ),
    _host("groq", "Groq", "https://api.groq.com/openai/v1", "https://console.groq.com/keys"),
    _host("meta", "Meta Llama API", "https://api.llama.com/compat/v1", "https://llama.developer.meta.com"),
    _host("nvidia", "NVIDIA", "https://integrate.api.nvidia.com/v1", "https://build.nvidia.com"),
    _host("perplexity", "Perplexity", "https://api.perplexity.ai", "https://www.perplexity.ai/account/api"),
    _host(
        "qwen",
        "Alibaba Qwen",
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "https://bailian.console.alibabacloud.com",
    ),
    _host("together", "Together", "https://api.together.xyz/v1", "https://api.together.ai/settings/api-keys"),
)

VENDORS: Mapping[str, Vendor] = {vendor.slug: vendor for vendor in _ALL}


def vendor_for(slug: str) -> Vendor:
    """The vendor of that slug; raises KeyError for one that does not exist."""
    return VENDORS[slug]
