"""Following runs in a web process: one subscription, one track per run, viewers as cursors into it."""

from apps.runs.reader.following import Viewer, attach, expect, follow, hub

__all__ = ["Viewer", "attach", "expect", "follow", "hub"]
