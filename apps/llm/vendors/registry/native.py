"""Vendors with an adapter of their own."""

from apps.llm.vendors.anthropic import Anthropic
from apps.llm.vendors.bedrock import Bedrock
from apps.llm.vendors.cohere.vendor import Cohere
from apps.llm.vendors.google.gemini import Gemini
from apps.llm.vendors.google.vertex import Vertex
from apps.llm.vendors.interface import Vendor
from apps.llm.vendors.mistral.vendor import Mistral

NATIVE: tuple[Vendor, ...] = (Anthropic(), Bedrock(), Cohere(), Gemini(), Mistral(), Vertex())
