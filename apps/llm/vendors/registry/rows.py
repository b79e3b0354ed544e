"""How a row of the registry is written: a known host in OpenAI's shape, with what an admin should know."""

from typing import Any

from apps.llm.vendors.base import Field, Modality, VendorInfo
from apps.llm.vendors.dialect import Dialect, without
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
