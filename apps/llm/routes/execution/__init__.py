"""Runs a route's plan inside a run: steps that people see, through the gateway alone."""

from apps.llm.routes.execution.asking import Ask, Calls, Said, TooLongError
from apps.llm.routes.execution.performing import Performance
from apps.llm.routes.execution.voices import Spoken, Voice

__all__ = ["Ask", "Calls", "Performance", "Said", "Spoken", "TooLongError", "Voice"]
