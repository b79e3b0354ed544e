"""What `genai-prices` says of a model: its price at an address, and its window there or elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.llm.vendors.base import Modality
from apps.metering.prices import painted_rate

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo

_ELSEWHERE = "openrouter"


@dataclass(frozen=True, slots=True)
class ListPrice:
    """Per 1,000,000 tokens, None where the list does not say; `rises`: dearer for long prompts."""

    input: Decimal | None
    output: Decimal | None
    rises: bool
    version: str


def list_price(base_url: str, model: str, modality: str = "") -> ListPrice | None:
    """The price of this moment at this address, of an image model by its pictures; None without one."""
    from genai_prices import __version__

    found = _found(model, base_url=base_url)
    if found is None:
        return None
    rates = found.get_prices(datetime.now(UTC), None)
    given = painted_rate(rates) if modality == Modality.IMAGE.value else rates.output_mtok
    pair: tuple[Any, Any] = (rates.input_mtok, given)
    plain: list[Any] = [getattr(rate, "base", rate) for rate in pair]
    if plain == [None, None]:
        return None
    return ListPrice(plain[0], plain[1], rises=pair != tuple(plain), version=__version__)


def listed_window(base_url: str, model: str) -> int | None:
    """Tokens that fit into one call: as listed for this address, else for the same model at OpenRouter."""
    for found in (_found(model, base_url=base_url), _found(model, provider=_ELSEWHERE)):
        if found is not None and found.context_window:
            return int(found.context_window)
    return None


def _found(model: str, *, base_url: str = "", provider: str | None = None) -> ModelInfo | None:
    from genai_prices.data_snapshot import get_snapshot

    if not base_url and provider is None:
        return None
    address: Any = None if provider else base_url
    try:
        return get_snapshot().find_provider_model(model, None, provider, address)[1]
    except LookupError:
        return None
