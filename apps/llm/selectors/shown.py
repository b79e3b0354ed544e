"""How a model is shown: its provider, badges and price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apps.llm.endpoints import BUILTIN, EXTRACTIVE, BadAddressError, address_of
from apps.llm.selectors.catalogued import price_for
from apps.llm.vendors.registry import VENDORS

if TYPE_CHECKING:
    from apps.llm.models import Connection, Model

_SHOWN_ABILITIES: Final = ("vision", "tools", "reasoning")
_LOCAL: Final = frozenset({BUILTIN, EXTRACTIVE})


def vendor_label(slug: str) -> str:
    """The vendor's name, or its slug where this version does not know it."""
    vendor = VENDORS.get(slug)
    return vendor.label if vendor else slug


def is_private(connection: Connection) -> bool:
    """True when questions stay with the organisation: the installation's own models, or a private host."""
    if connection.vendor in _LOCAL:
        return True
    try:
        return address_of(connection.base_url).is_private
    except BadAddressError:
        return False


def badges_of(model: Model) -> list[str]:
    """Words that stand beside the model's name in the picker."""
    badges = ["Private"] if is_private(model.connection) else []
    return badges + [name.capitalize() for name in _SHOWN_ABILITIES if name in model.abilities]


def price_of(model: Model) -> str:
    """Input and output price per million tokens in words: set, listed, free, or unknown."""
    return str(price_for(model))
