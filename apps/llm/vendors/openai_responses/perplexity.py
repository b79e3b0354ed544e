"""Perplexity's Agent API (docs.perplexity.ai/docs/agent-api): Responses with presets and a web search."""

from typing import Any, Final

from apps.llm.vendors.base import ChatRequest
from apps.llm.vendors.interface import Endpoint
from apps.llm.vendors.openai_responses.adapter import OpenAIResponses

PRESETS: Final = frozenset({"fast", "low", "medium", "high", "xhigh", "wide-research"})
"""Perplexity's own choices of model, search and steps, called by name in place of a model."""
_SEARCH: Final = {"type": "web_search"}


class Perplexity(OpenAIResponses):
    """A preset goes out as one and brings its tools; a model is offered the web search unless that is off.

    Chat completions have ended: no request is sent there for what Responses does not take.
    """

    def _is_for_responses(self, endpoint: Endpoint, request: ChatRequest) -> bool:
        del request
        return self._has_responses(endpoint)

    def _body(self, endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
        body = super()._body(endpoint, request)
        if request.model in PRESETS:
            return {"preset": body.pop("model"), **body}
        if endpoint.settings.get("search", "yes") == "yes":
            body["tools"] = [_SEARCH, *body.get("tools", ())]
        return body
