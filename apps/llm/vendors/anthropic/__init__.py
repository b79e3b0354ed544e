"""Anthropic's Messages API, spoken natively."""

from apps.llm.vendors.anthropic.adapter import Anthropic

__all__ = ["Anthropic"]
