"""Every vendor by its slug, in the groups in which an administrator looks for one."""

from collections.abc import Mapping

from apps.llm.vendors.interface import Vendor
from apps.llm.vendors.registry.hosts import HOSTS
from apps.llm.vendors.registry.labs import LABS
from apps.llm.vendors.registry.native import NATIVE
from apps.llm.vendors.registry.own import INSTALLED, OWN
from apps.llm.vendors.registry.retired import RETIRED

__all__ = ["GROUPS", "INSTALLED", "VENDORS", "vendor_for"]

GROUPS: Mapping[str, tuple[Vendor, ...]] = {
    "Maker of models": (*NATIVE, *LABS),
    "Cloud or gateway": HOSTS,
    "Your own host": OWN,
    "Retired": RETIRED,
}
"""What people can choose from. `INSTALLED` vendors are connected by the installation itself."""

VENDORS: Mapping[str, Vendor] = {
    vendor.slug: vendor for group in (INSTALLED, *GROUPS.values()) for vendor in group
}


def vendor_for(slug: str) -> Vendor:
    """The vendor of that slug; raises KeyError for one that does not exist."""
    return VENDORS[slug]
