"""How a row of the registry is written: a known host in OpenAI's shape, with what an admin should know."""

from typing import Any

from apps.llm.vendors.base import Modality
from apps.llm.vendors.dialect import Dialect, without
from apps.llm.vendors.images import Pictures
from apps.llm.vendors.interface import Field, VendorInfo
from apps.llm.vendors.openai_compatible import OpenAICompatible

CHAT = frozenset({Modality.CHAT})
WITH_VECTORS = CHAT | {Modality.EMBEDDING}
WITH_PICTURES = WITH_VECTORS | {Modality.IMAGE}
WITH_SCORES = WITH_VECTORS | {Modality.RERANK}
ALL = WITH_PICTURES | WITH_SCORES

NEWER_LIMIT = Dialect(max_tokens_field="max_completion_tokens")
PLAIN = Dialect(lacks=without())
"""For hosts of others' models: what OpenAI alone knows is not sent."""
COUNTS_UNASKED = Dialect(usage_option=False, lacks=without())
"""For hosts that send token counts in any case and document no `stream_options`."""

XAI_PICTURES = Pictures(
    sizes="ratio",
    ratios=(
        "1:1", "3:4", "4:3", "9:16", "16:9", "2:3", "3:2", "9:19.5", "19.5:9", "9:20", "20:9", "1:2", "2:1",
    ),
    sizeless=("grok-2-image",),
    lacks=frozenset({"style", "background", "moderation", "output_format", "output_compression"}),
)  # fmt: skip
OPENROUTER_PICTURES = Pictures(encoding="", path="images", lacks=frozenset({"style", "moderation"}))
TOGETHER_PICTURES = Pictures(
    "base64",
    sizes="sides",
    lacks=frozenset({"quality", "style", "background", "moderation", "output_compression"}),
)

PROJECT_FIELD = Field("project", "Project", "Optional. Calls are counted under it.")
PROJECT_HEADER = ("project", "OpenAI-Project")

_ABOUT = ("weights", "docs", "region", "note", "checked")


def host(slug: str, label: str, base_url: str, key_page: str, **more: Any) -> OpenAICompatible:
    """A hosted row. Of `more`, weights, region, note, docs (whence its shape is taken) and checked
    are its marks. What the rows rest on, and what is open, stands in docs/vendors.md."""
    info = VendorInfo(**{name: more.pop(name) for name in _ABOUT if name in more})
    more.setdefault("modalities", CHAT)
    more.setdefault("dialect", PLAIN)
    return OpenAICompatible(slug, label, base_url, key_page, key_required=True, info=info, **more)
