"""Documents are read in a closed subprocess; see `runner.parse_sandboxed`."""

from apps.knowledge.sandbox.runner import parse_sandboxed

__all__ = ["parse_sandboxed"]
