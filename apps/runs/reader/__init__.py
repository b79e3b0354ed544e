"""Following runs in a web process: one subscription, one track per run, viewers as cursors into it."""

from apps.runs.reader.following import attach, expect, follow, hub
from apps.runs.reader.viewer import Viewer

__all__ = ["Viewer", "attach", "expect", "follow", "hub"]
