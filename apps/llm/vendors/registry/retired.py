"""Services that have ended or end soon: no connection can be added, the form says what to use instead."""

from dataclasses import replace

from apps.llm.vendors.base import Vendor, VendorInfo
from apps.llm.vendors.google.palm import Palm
from apps.llm.vendors.openai_compatible import OpenAICompatible
from apps.llm.vendors.registry.rows import CHAT

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
            retired="Lambda is ending its inference service. Use CoreWeave, Together or another host.",
            docs="https://docs.lambda.ai/public-cloud/lambda-inference-api/",
            instead=("coreweave", "together"),
        ),
    ),
)
