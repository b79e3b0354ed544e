"""Recorded traffic with model hosts, played back to the adapters as they are."""

from apps.llm.replay.playing import Played, play
from apps.llm.replay.recordings import Exchange, UnreadableError, exchanges_of

__all__ = ["Exchange", "Played", "UnreadableError", "exchanges_of", "play"]
