"""Vendors as an administrator sees them before choosing: marks in words, from the registry alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.llm.vendors.registry import GROUPS, VENDORS

if TYPE_CHECKING:
    from apps.llm.vendors.interface import Vendor

_WEIGHTS: Final = {"open": "Open", "closed": "Closed", "mixed": "Open, closed"}
_HOSTING: Final = {"hosted": "Hosted", "own": "Your own", "both": "Hosted or your own"}
_GIVES: Final = {"chat": "Chat", "embedding": "Vectors", "image": "Pictures", "rerank": "Reranking"}


@dataclass(frozen=True, slots=True)
class VendorChoice:
    """One vendor with its marks; `instead` are vendors to use in place of a retired one."""

    vendor: Vendor
    group: str
    weights: str
    hosting: str
    gives: str
    instead: tuple[Vendor, ...]


def vendor_choices() -> list[VendorChoice]:
    """All that people can choose from, by group, then by name."""
    return [
        _choice(vendor, group)
        for group, vendors in GROUPS.items()
        for vendor in sorted(vendors, key=lambda vendor: vendor.label.lower())
    ]


def vendor_choice(vendor: Vendor) -> VendorChoice:
    """The marks of one vendor."""
    return _choice(vendor, next((name for name, vendors in GROUPS.items() if vendor in vendors), ""))


def _choice(vendor: Vendor, group: str) -> VendorChoice:
    info = vendor.info
    gives = ", ".join(words for name, words in _GIVES.items() if name in vendor.modalities)
    instead = tuple(VENDORS[slug] for slug in info.instead)
    return VendorChoice(vendor, group, _WEIGHTS[info.weights], _HOSTING[info.hosting], gives, instead)
