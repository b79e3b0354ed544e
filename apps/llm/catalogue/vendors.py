"""One entry for each vendor of the registry: what its models usually are, and whence their prices come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from apps.llm.vendors.base import Modality

ABILITIES: Final = ("vision", "tools", "reasoning", "documents", "structured")

PriceSource = Literal["genai-prices", "catalogue", "free", "unknown"]

_ALL: Final = frozenset(ABILITIES)
_SHAPED: Final = _ALL - {"documents"}
_NONE: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class VendorEntry:
    """`modality`: of a model whose name says nothing. `carries`: abilities that the adapter can put to use.

    `why`: where prices are unknown, the reason, for the administrator. `knows_windows`: False where each
    server sets the window itself, so that a name says nothing about it.
    """

    prices: PriceSource = "genai-prices"
    why: str = ""
    modality: Modality = Modality.CHAT
    carries: frozenset[str] = _SHAPED
    knows_windows: bool = True


def _unknown(why: str, *, carries: frozenset[str] = _SHAPED) -> VendorEntry:
    return VendorEntry("unknown", why, carries=carries)


def _own(*, modality: Modality = Modality.CHAT, carries: frozenset[str] = _SHAPED) -> VendorEntry:
    """A server of the customer's."""
    why = "Your own server has no list price. Enter what it costs you, or 0."
    return VendorEntry("unknown", why, modality, carries, knows_windows=False)


ENTRIES: Final[Mapping[str, VendorEntry]] = {
    "builtin": VendorEntry("free", knows_windows=False),
    "extractive": VendorEntry("free", carries=_NONE, knows_windows=False),
    "anthropic": VendorEntry(carries=_ALL),
    "bedrock": VendorEntry(carries=_ALL),
    "cohere": VendorEntry(),
    "google": VendorEntry(carries=_ALL),
    "mistral": VendorEntry(carries=_ALL),
    "vertex": VendorEntry(carries=_ALL),
    "openai": VendorEntry(carries=_ALL),
    "azure_openai": VendorEntry(carries=_ALL),
    "xai": VendorEntry(),
    "ai21": VendorEntry("catalogue"),
    "aleph_alpha": _unknown("Aleph Alpha agrees prices with each customer."),
    "aleph_alpha_luminous": _unknown("Aleph Alpha agrees prices with each customer.", carries=_NONE),
    "baidu": VendorEntry("catalogue", "Baidu's prices in yuan could not be confirmed."),
    "deepseek": VendorEntry(),
    "gooseai": _unknown("GooseAI charges by request and by token; no current list is known.", carries=_NONE),
    "inflection": VendorEntry("catalogue"),
    "meta": _unknown("Meta ended this service."),
    "nvidia": _unknown("NVIDIA's catalogue runs on trial credits; own NIMs are licensed by GPU."),
    "perplexity": VendorEntry(
        why="A preset's model is Perplexity's choice; searches cost extra. Enter what it costs you."
    ),
    "qwen": VendorEntry("catalogue", "Prices are known for the international address only."),
    "stability": VendorEntry("catalogue", modality=Modality.IMAGE, carries=_NONE),
    "cerebras": VendorEntry(),
    "coreweave": VendorEntry("catalogue"),
    "databricks": VendorEntry(why="Provisioned endpoints are paid by the hour, not by tokens."),
    "fireworks": VendorEntry(),
    "groq": VendorEntry(),
    "huggingface": _unknown("The router passes each call to one of many hosts, each with its own price."),
    "oracle": _unknown("Oracle charges most models by characters, not by tokens."),
    "openrouter": VendorEntry(),
    "poe": _unknown("Poe is paid in points of a subscription, not in money per token."),
    "together": VendorEntry(),
    "openai_compatible": VendorEntry(
        why="No price list knows this address. Enter what it costs you, or 0.", knows_windows=False
    ),
    "base_models": _own(carries=_NONE),
    "llama_cpp": _own(),
    "lm_studio": _own(),
    "ollama": _own(),
    "tei": _own(modality=Modality.EMBEDDING, carries=_NONE),
    "tgi": _own(),
    "vllm": _own(),
    "palm": _unknown("Google has ended PaLM 2.", carries=_NONE),
    "lambda": _unknown("Lambda ended this service."),
}

UNKNOWN_VENDOR: Final = VendorEntry(
    "unknown", "This version does not know the provider.", knows_windows=False
)
"""For a connection of a vendor that this version has no more."""
