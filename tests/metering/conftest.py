"""The fixtures of the models app: a connection to a scripted host."""

from tests.llm.conftest import connected, host, say

__all__ = ["connected", "host", "say"]
