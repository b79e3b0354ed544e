"""Services that have ended: no connection can be added, the form says what to use instead."""

from dataclasses import replace

from apps.llm.vendors.google.palm import Palm
from apps.llm.vendors.interface import Vendor, VendorInfo
from apps.llm.vendors.openai_compatible import OpenAICompatible
from apps.llm.vendors.registry.rows import CHAT, NEWER_LIMIT

RETIRED: tuple[Vendor, ...] = (
    Palm(info=replace(Palm().info, instead=("google", "vertex"))),
    OpenAICompatible(
        "lambda",
        "Lambda",
        "https://api.lambda.ai/v1",
        "https://cloud.lambda.ai/api-keys",
        key_required=True,
        modalities=CHAT,
        info=VendorInfo(
            weights="open",
            region="United States",
            retired="Lambda ended its inference service on 25 September 2025. Use CoreWeave, Together or "
            "another host.",
            docs="https://docs.lambda.ai/public-cloud/lambda-inference-api/",
            checked="2026-11-23",
            instead=("coreweave", "together"),
        ),
    ),
    OpenAICompatible(
        "meta",
        "Meta (Llama API)",
        "https://api.llama.com/compat/v1",
        "https://llama.developer.meta.com",
        key_required=True,
        dialect=NEWER_LIMIT,
        modalities=CHAT,
        info=VendorInfo(
            weights="open",
            region="United States",
            retired="Meta ended the Llama API on 6 July 2026. Llama models stay open: use Groq, Together, "
            "Bedrock or a server of your own.",
            docs="https://llama.developer.meta.com/docs/features/compatibility",
            checked="2026-11-23",
            instead=("groq", "together", "bedrock", "vllm"),
        ),
    ),
)
