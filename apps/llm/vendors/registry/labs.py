"""Makers of models that are spoken to in OpenAI's shapes, one line each."""

from dataclasses import replace

from apps.llm.vendors.completions import Completions
from apps.llm.vendors.dialect import Dialect, without
from apps.llm.vendors.efforts import these
from apps.llm.vendors.interface import Field, Vendor, VendorInfo
from apps.llm.vendors.openai_responses import (
    AZURE,
    OPENAI,
    PERPLEXITY,
    XAI,
    AzureOpenAI,
    OpenAIResponses,
    Perplexity,
)
from apps.llm.vendors.registry.rows import (
    CHAT,
    COUNTS_UNASKED,
    NEWER_LIMIT,
    PROJECT_FIELD,
    PROJECT_HEADER,
    WITH_PICTURES,
    WITH_SCORES,
    WITH_VECTORS,
    XAI_PICTURES,
    host,
)
from apps.llm.vendors.stability import Stability

_API_HELP = "Responses keeps reasoning between calls; chat completions is for old models."
_AGENT_HELP = (
    "Responses is its Agent API. Chat completions ended on 27 September 2026: for relays of it only."
)
_CHOICES = (("responses", "Responses"), ("chat", "Chat completions"))
SUMMARIES_FIELD = Field(
    "summaries",
    "Show summaries of reasoning",
    "OpenAI gives them to verified organisations only; to others every call fails while this is on.",
    kind="boolean",
    default="no",
)

SEARCH_FIELD = Field(
    "search",
    "Let models search the web",
    "Perplexity charges each search besides the tokens. Presets decide for themselves.",
    kind="boolean",
    default="yes",
)


def _api_field(default: str, help: str = _API_HELP) -> Field:  # noqa: A002 - the field's own word
    return Field("api", "API", help, kind="choice", default=default, choices=_CHOICES)


LABS: tuple[Vendor, ...] = (
    OpenAIResponses(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        "https://platform.openai.com/api-keys",
        key_required=True,
        dialect=NEWER_LIMIT,
        modalities=WITH_PICTURES,
        more_fields=(
            _api_field("responses"),
            SUMMARIES_FIELD,
            Field("organization", "Organisation", "Optional. Only for keys that belong to several."),
            PROJECT_FIELD,
        ),
        headers=(("organization", "OpenAI-Organization"), PROJECT_HEADER),
        info=VendorInfo(
            weights="closed",
            region="United States; Europe and others by choice of project",
            docs="https://platform.openai.com/docs/api-reference/responses",
            checked="2026-11-23",
        ),
        habits=OPENAI,
    ),
    AzureOpenAI(
        "azure_openai",
        "Azure OpenAI, AI Foundry",
        "https://RESOURCE.openai.azure.com/openai/v1",
        "https://ai.azure.com",
        key_required=True,
        dialect=Dialect("api-key", "", "max_completion_tokens"),
        modalities=WITH_PICTURES,
        more_fields=(
            Field(
                "auth",
                "Kind of key",
                "A resource's key, or a token of Entra ID (which ends after about an hour).",
                kind="choice",
                default="key",
                choices=(("key", "API key"), ("entra", "Entra ID token")),
            ),
            _api_field("chat"),
            Field(
                "family",
                "Family of the deployments",
                "Reasoning models refuse some settings. Say it where deployments have names of their own.",
                kind="choice",
                default="name",
                choices=(("name", "By their names"), ("reasoning", "Reasoning"), ("plain", "Not reasoning")),
            ),
            SUMMARIES_FIELD,
            Field("api_version", "API version", "Only for addresses without /v1: 2025-04-01-preview."),
        ),
        base_help="The address of your resource, ending in /openai/v1. Models are your deployments' names.",
        info=VendorInfo(
            weights="mixed",
            region="The resource's",
            note="Also Phi, Grok and others that are deployed there. Enter deployments by their names.",
            docs="https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle",
            checked="2026-11-23",
        ),
        habits=AZURE,
        api="chat",
    ),
    OpenAIResponses(
        "xai",
        "xAI",
        "https://api.x.ai/v1",
        "https://console.x.ai",
        key_required=True,
        dialect=replace(NEWER_LIMIT, lacks=without("presence_penalty"), pictures=XAI_PICTURES),
        modalities=WITH_PICTURES,
        more_fields=(_api_field("responses"),),
        info=VendorInfo(
            weights="closed",
            region="United States",
            docs="https://docs.x.ai/docs/api-reference",
            checked="2026-11-23",
        ),
        habits=XAI,
    ),
    host(
        "ai21", "AI21", "https://api.ai21.com/studio/v1", "https://studio.ai21.com/account/api-key",
        weights="mixed", docs="https://docs.ai21.com/reference/jamba-1-6-api-ref", checked="2026-11-23",
        dialect=Dialect(
            usage_option=False, formats=frozenset({"text", "json_object"}),
            lacks=without(
                "seed", "tool_choice", "parallel_tool_calls", "frequency_penalty", "presence_penalty",
                "reasoning_effort",
            ),
        ),
        lists_without_key=True, note="Where its list is empty, enter ids: jamba-large, jamba-mini.",
    ),
    host(
        "aleph_alpha", "Aleph Alpha", "https://api.aleph-alpha.com", "https://app.aleph-alpha.com/profile",
        weights="mixed", region="Germany", docs="https://docs.aleph-alpha.com/api/chat-completions",
        list_path="models_available", checked="2026-11-23",
        dialect=Dialect(
            formats=frozenset({"json_schema"}),
            lacks=without("seed", "parallel_tool_calls", "reasoning_effort"),
        ),
        base_help="Aleph Alpha's own address, or that of the host in your organisation.",
        note="For Luminous models choose “Aleph Alpha Luminous”.",
    ),
    Completions(
        "aleph_alpha_luminous",
        "Aleph Alpha Luminous",
        "https://api.aleph-alpha.com",
        "https://app.aleph-alpha.com/profile",
        key_required=True,
        dialect=Dialect(usage_option=False, lacks=without("seed")),
        modalities=CHAT,
        list_path="models_available",
        shape="luminous",
        info=VendorInfo(
            weights="closed",
            region="Germany",
            note="Text completion: a chat template makes the prompt.",
            docs="https://docs.aleph-alpha.com/api/complete",
            checked="2026-11-23",
        ),
    ),
    host(
        "baidu", "Baidu (ERNIE)", "https://qianfan.baidubce.com/v2",
        "https://console.bce.baidu.com/iam/#/iam/apikey/list",
        weights="mixed", region="China", docs="https://cloud.baidu.com/doc/qianfan/s/Hmh4suq26",
        checked="2026-11-22", modalities=WITH_SCORES, headers=(("appid", "appid"),),
        more_fields=(Field("appid", "Application", "Optional. An appid: calls are counted under it."),),
    ),
    host(
        "deepseek", "DeepSeek", "https://api.deepseek.com/v1", "https://platform.deepseek.com/api_keys",
        weights="open", region="China", docs="https://api-docs.deepseek.com/guides/thinking_mode",
        checked="2026-11-23",
        dialect=Dialect(
            reasoning_field="reasoning_content", efforts=these("low", "high", "max"),
            thinks_not={"thinking": {"type": "disabled"}}, calls_unthinking=True,
            formats=frozenset({"text", "json_object"}), lacks=without("seed", "parallel_tool_calls"),
        ),
    ),
    Completions(
        "gooseai",
        "GooseAI",
        "https://api.goose.ai/v1",
        "https://goose.ai/dashboard/apikeys",
        key_required=True,
        dialect=COUNTS_UNASKED,
        modalities=CHAT,
        list_path="engines",
        shape="engines",
        info=VendorInfo(
            weights="open",
            region="United States",
            note="A chat template makes the prompt. Whether the service still runs is unknown.",
            docs="https://goose.ai/docs/api",
        ),
    ),
    host(
        "inflection", "Inflection", "https://api.inflection.ai/external/api/inference/openai/v1",
        "https://developers.inflection.ai/keys",
        weights="closed", region="United States", docs="https://developers.inflection.ai/docs",
        list_path="",
        base_help="Or the address that came with the key + /external/api/inference/openai/v1.",
        note="It lists no models: enter their ids.",
    ),
    host(
        "nvidia", "NVIDIA (NIM, NeMo, NVLM)", "https://integrate.api.nvidia.com/v1", "https://build.nvidia.com",
        weights="open", docs="https://docs.api.nvidia.com/nim/reference/llm-apis",
        lists_without_key=True, modalities=WITH_VECTORS,
        dialect=Dialect(purpose_field="input_type", lacks=without()),
        base_help="NVIDIA's address, or that of a NIM on your own machines, ending in /v1.",
    ),
    Perplexity(
        "perplexity",
        "Perplexity",
        "https://api.perplexity.ai",
        "https://console.perplexity.ai",
        key_required=True,
        dialect=COUNTS_UNASKED,
        modalities=CHAT,
        more_fields=(_api_field("responses", _AGENT_HELP), SEARCH_FIELD),
        lists_without_key=True,
        list_path="/v1/models",
        info=VendorInfo(
            weights="mixed",
            region="United States",
            note="Its own models and others' with a web search. A preset (fast, low, medium, high) is "
            "entered like a model.",
            docs="https://docs.perplexity.ai/docs/agent-api/quickstart",
            checked="2026-11-23",
        ),
        habits=PERPLEXITY,
        responses_path="/v1/responses",
    ),
    host(
        "qwen", "Alibaba (Qwen)", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "https://bailian.console.alibabacloud.com",
        weights="mixed", region="Singapore; other addresses for the United States, Japan and China",
        base_help="Or your workspace's own address, ending in .maas.aliyuncs.com/compatible-mode/v1.",
        checked="2026-11-23",
        dialect=Dialect(
            thinks={"enable_thinking": True}, thinks_not={"enable_thinking": False}, calls_unthinking=True,
            lacks=without("frequency_penalty", "reasoning_effort"), vectors="float",
        ),
        docs="https://www.alibabacloud.com/help/model-studio/compatibility-of-openai-with-dashscope",
        modalities=WITH_VECTORS,
    ),
    Stability(
        "stability",
        "Stability AI",
        "https://api.stability.ai",
        "https://platform.stability.ai/account/keys",
        VendorInfo(
            weights="mixed",
            note="Pictures only.",
            docs="https://platform.stability.ai/docs/api-reference",
        ),
    ),
)  # fmt: skip
