"""The page where a key is made: the admin's form links it, so it is the vendor's own and encrypted.

None is opened here: no test leaves this machine.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from apps.llm.vendors.registry import VENDORS, vendor_for

OWN = {
    "anthropic": "claude.com",
    "baidu": "baidu.com",
    "bedrock": "amazon.com",
    "cohere": "cohere.com",
    "google": "google.com",
    "meta": "meta.com",
    "mistral": "mistral.ai",
    "oracle": "oracle.com",
    "qwen": "alibabacloud.com",
    "together": "together.ai",
    "vertex": "google.com",
}
"""Domains of vendors whose calls go to another one, or whose adapter knows its host itself."""
UNKEYED = {
    "base_models", "builtin", "extractive", "llama_cpp", "lm_studio", "ollama", "openai_compatible", "palm",
    "tei", "tgi", "vllm",
}  # fmt: skip
"""Run by the organisation itself, or retired: nobody makes a key for them."""


def domain(address: str) -> str:
    """The part of a host's name that a vendor registers."""
    return ".".join((urlsplit(address).hostname or "").split(".")[-2:])


@pytest.mark.parametrize("slug", sorted(set(VENDORS) - UNKEYED))
def test_a_key_is_made_on_the_vendors_own_encrypted_page(slug: str) -> None:
    vendor = vendor_for(slug)
    page = urlsplit(vendor.key_page)
    assert page.scheme == "https"
    assert (page.username, page.password, page.port) == (None, None, None)
    assert domain(vendor.key_page) == OWN.get(slug, domain(getattr(vendor, "base_url", "")))
    assert urlsplit(vendor.info.docs).scheme == "https"


def test_who_needs_no_key_has_no_page_and_no_domain_is_listed_in_vain() -> None:
    assert [slug for slug in sorted(UNKEYED) if vendor_for(slug).key_page] == []
    assert [
        slug for slug, own in OWN.items() if own == domain(getattr(vendor_for(slug), "base_url", ""))
    ] == []
