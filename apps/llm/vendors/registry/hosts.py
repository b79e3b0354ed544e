"""Clouds and gateways that serve other makers' models in OpenAI's shape, one line each."""

from apps.llm.vendors.dialect import Dialect, without
from apps.llm.vendors.efforts import FOUR, THREE, groq_efforts
from apps.llm.vendors.interface import Field, Vendor
from apps.llm.vendors.registry.rows import (
    ALL,
    OPENROUTER_PICTURES,
    PROJECT_FIELD,
    PROJECT_HEADER,
    TOGETHER_PICTURES,
    WITH_VECTORS,
    host,
)

NEWER = "max_completion_tokens"

HOSTS: tuple[Vendor, ...] = (
    host(
        "cerebras", "Cerebras", "https://api.cerebras.ai/v1", "https://cloud.cerebras.ai",
        weights="open", region="United States, Canada, France",
        dialect=Dialect(
            max_tokens_field=NEWER, efforts=FOUR,
            lacks=without("frequency_penalty", "presence_penalty", "parallel_tool_calls"),
        ),
        docs="https://inference-docs.cerebras.ai/api-reference/chat-completions", checked="2026-11-23",
    ),
    host(
        "coreweave", "CoreWeave (W&B Inference)", "https://api.inference.wandb.ai/v1",
        "https://wandb.ai/settings", weights="open", region="United States",
        docs="https://docs.wandb.ai/inference/api-reference", checked="2026-11-22",
        more_fields=(PROJECT_FIELD,), headers=(PROJECT_HEADER,),
    ),
    host(
        "databricks", "Databricks (DBRX, Dolly, MosaicML)",
        "https://WORKSPACE.cloud.databricks.com/serving-endpoints",
        "https://docs.databricks.com/dev-tools/auth/pat",
        weights="mixed", region="The workspace's", modalities=WITH_VECTORS, checked="2026-11-23",
        dialect=Dialect(
            usage_option=False,
            lacks=without("seed", "frequency_penalty", "presence_penalty", "parallel_tool_calls"),
        ),
        docs="https://docs.databricks.com/machine-learning/foundation-model-apis/api-reference",
        list_path="/api/2.0/serving-endpoints",
        base_help="Your workspace's address, ending in /serving-endpoints. Models are endpoints' names.",
        note="MosaicML's own service has become part of Databricks.",
    ),
    host(
        "fireworks", "Fireworks", "https://api.fireworks.ai/inference/v1",
        "https://app.fireworks.ai/settings/users/api-keys",
        weights="open", region="United States and Europe", modalities=WITH_VECTORS, checked="2026-11-23",
        dialect=Dialect(reasoning_field="reasoning_content", efforts=FOUR, lacks=without()),
        docs="https://docs.fireworks.ai/api-reference/post-chatcompletions",
    ),
    host(
        "groq", "Groq", "https://api.groq.com/openai/v1", "https://console.groq.com/keys",
        weights="open", docs="https://console.groq.com/docs/api-reference", checked="2026-11-23",
        dialect=Dialect(max_tokens_field=NEWER, efforts=groq_efforts, lacks=without()),
    ),
    host(
        "huggingface", "Hugging Face (router)", "https://router.huggingface.co/v1",
        "https://huggingface.co/settings/tokens",
        weights="open", docs="https://huggingface.co/docs/inference-providers/tasks/chat-completion",
        checked="2026-11-23", dialect=Dialect(lacks=without("parallel_tool_calls")),
        lists_without_key=True, note="Passes each call on to one of many hosts.",
    ),
    host(
        "oracle", "Oracle OCI", "https://inference.generativeai.REGION.oci.oraclecloud.com/openai/v1",
        "https://docs.oracle.com/iaas/Content/generative-ai/api-keys.htm",
        weights="mixed", region="The address's", docs="https://docs.oracle.com/en-us/iaas/Content/generative-ai/openai-compatible-api.htm",
        list_path="", checked="2026-11-22", headers=(PROJECT_HEADER,),
        more_fields=(Field("project", "Project", "The OCID of a Generative AI project. Oracle wants one."),),
        base_help="Put your region in place of REGION, such as us-chicago-1.",
        note="It lists no models here: enter their ids.",
    ),
    host(
        "openrouter", "OpenRouter", "https://openrouter.ai/api/v1", "https://openrouter.ai/settings/keys",
        weights="mixed", docs="https://openrouter.ai/docs/api-reference/chat-completion",
        lists_without_key=True, modalities=ALL, checked="2026-11-23",
        dialect=Dialect(
            max_tokens_field=NEWER, usage_option=False, reasoning_field="reasoning",
            pictures=OPENROUTER_PICTURES,
        ),
        note="Passes each call on to one of many hosts. Enter the ids of models for pictures and ranking.",
    ),
    host(
        "poe", "Quora Poe", "https://api.poe.com/v1", "https://poe.com/api/keys",
        weights="mixed", region="United States", lists_without_key=True, checked="2026-11-23",
        docs="https://creator.poe.com/docs/external-applications/openai-compatible-api",
        note="Passes each call on to the models' makers.",
    ),
    host(
        "together", "Together", "https://api.together.xyz/v1", "https://api.together.ai/settings/api-keys",
        weights="open", region="United States", modalities=ALL,
        dialect=Dialect(
            pictures=TOGETHER_PICTURES, shortens=False, efforts=THREE,
            thinks_not={"reasoning": {"enabled": False}}, lacks=without("parallel_tool_calls"),
        ),
        base_help="Also https://api.together.ai/v1, as Together now writes it; list prices know this one.",
        docs="https://docs.together.ai/docs/inference/openai-compatibility", checked="2026-11-23",
    ),
)  # fmt: skip
