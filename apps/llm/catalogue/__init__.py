"""What is known of a model before anybody says otherwise: kind, context window, abilities, price.

From the host's own list, then this catalogue's dated data, then `genai-prices`. What none of them knows is
unknown (None), never 0.
"""

from apps.llm.catalogue.facts import Facts, facts_of
from apps.llm.catalogue.hosts import price_at
from apps.llm.catalogue.prices import ShownPrice, price_shown
from apps.llm.catalogue.vendors import ABILITIES, ENTRIES, VendorEntry

__all__ = [
    "ABILITIES",
    "ENTRIES",
    "Facts",
    "ShownPrice",
    "VendorEntry",
    "facts_of",
    "price_at",
    "price_shown",
]
