"""How a model is shown: its provider, badges and price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apps.llm.endpoints import BUILTIN, EXTRACTIVE, BadAddressError, address_of
from apps.llm.selectors.catalogued import price_for
from apps.llm.vendors.base import Modality
from apps.llm.vendors.registry import GROUPS, INSTALLED, VENDORS

if TYPE_CHECKING:
    from apps.llm.models import Connection, Model

_SHOWN_ABILITIES: Final = ("vision", "tools", "reasoning")
_LOCAL: Final = frozenset({BUILTIN, EXTRACTIVE})
OWN: Final = "organization"
"""`owned_by` of routes and of models on one's own hosts."""


def vendor_label(slug: str) -> str:
    """The vendor's name, or its slug where this version does not know it."""
    vendor = VENDORS.get(slug)
    return vendor.label if vendor else slug


def owner_of(connection: Connection) -> str:
    """Whose model it is, for programs: the vendor's slug, or `organization` for what runs on one's own hosts.

    The connection's name is the administrators' alone.
    """
    vendor = VENDORS.get(connection.vendor)
    if vendor is None or vendor in INSTALLED or vendor in GROUPS["Your own host"]:
        return OWN
    return vendor.slug


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
    badges += ["Pictures"] if model.modality == Modality.IMAGE.value else []
    return badges + [name.capitalize() for name in _SHOWN_ABILITIES if name in model.abilities]


def price_of(model: Model) -> str:
    """Input and output price per million tokens in words: set, listed, free, or unknown."""
    return str(price_for(model))
