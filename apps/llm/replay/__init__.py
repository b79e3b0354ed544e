"""Recorded traffic with model hosts, played back to the adapters as they are."""

from apps.llm.replay.playing import UNREADABLE, Played, play
from apps.llm.replay.recordings import Exchange, UnreadableError, exchanges_of

__all__ = ["UNREADABLE", "Exchange", "Played", "UnreadableError", "exchanges_of", "play"]
