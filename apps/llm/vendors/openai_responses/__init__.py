"""OpenAI's Responses API (OpenAI, xAI, Azure, Perplexity): body, events, reasoning sent back, habits."""

from apps.llm.vendors.openai_responses.adapter import AzureOpenAI, OpenAIResponses
from apps.llm.vendors.openai_responses.habits import AZURE, OPENAI, PERPLEXITY, XAI, Habits
from apps.llm.vendors.openai_responses.perplexity import Perplexity

__all__ = ["AZURE", "OPENAI", "PERPLEXITY", "XAI", "AzureOpenAI", "Habits", "OpenAIResponses", "Perplexity"]
