"""acme connected to a recording model host, and a stream through the gateway."""

from tests.llm.conftest import connected, host, say

__all__ = ["connected", "host", "say"]
