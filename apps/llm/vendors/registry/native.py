"""Vendors with an adapter of their own."""

from apps.llm.vendors.base import Vendor

NATIVE: tuple[Vendor, ...] = ()
