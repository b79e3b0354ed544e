"""OpenAI's Responses API (OpenAI, xAI, Azure): body, events, replay of reasoning, what models reject."""

from apps.llm.vendors.openai_responses.adapter import AzureOpenAI, OpenAIResponses
from apps.llm.vendors.openai_responses.habits import AZURE, OPENAI, XAI, Habits

__all__ = ["AZURE", "OPENAI", "XAI", "AzureOpenAI", "Habits", "OpenAIResponses"]
