"""An organisation's own regular expressions, on RE2: linear in the text, whatever the expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import re2

from apps.guardrails.detectors.kinds import Certainty, Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST: Final = 1000
"""Code points of an expression."""
_MEMORY: Final = 4 << 20
"""Bytes of one compiled expression with its automaton."""
_MOST: Final = 10_000
"""Findings of one expression in one text; what comes behind them is one finding more, to the text's end."""


class ExpressionError(ValueError):
    """The expression can not be used; the message says why in plain words."""


class Expressions:
    """Expressions by name; raises ExpressionError, whose message begins with the name of the bad one."""

    def __init__(self, expressions: Mapping[str, str]) -> None:
        self._compiled = {name: compiled(pattern, name) for name, pattern in expressions.items()}

    def find(self, text: str) -> list[Finding]:
        """Every match that is not empty, expression by expression."""
        found = []
        for name, pattern in self._compiled.items():
            if not pattern.search(text):
                continue
            for count, match in enumerate(pattern.finditer(text)):
                start, end = match.span()
                if count == _MOST:
                    end = len(text)
                if end > start:
                    found.append(Finding(Kind.PATTERN, start, end, text[start:end], name, Certainty.TOLD))
                if count == _MOST:
                    break
        return found


def compiled(pattern: str, name: str = "") -> re2.Pattern:
    """The expression made ready; raises ExpressionError when it can not be used."""
    prefix = f"{name}: " if name else ""
    if len(pattern) > LONGEST:
        raise ExpressionError(f"{prefix}The expression is longer than {LONGEST} characters.")
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        made = re2.compile(pattern, options)
    except re2.error as error:
        raise ExpressionError(f"{prefix}{_reason(error)}") from error
    if made.fullmatch(""):
        raise ExpressionError(
            f"{prefix}The expression matches the empty text, so that it would match everywhere."
        )
    return made


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    hint = ""
    if "invalid perl operator" in said or "invalid escape sequence" in said:
        hint = " Look-around and back-references are not available, so that every expression stays quick."
    elif "too large" in said:
        hint = " Use smaller counts in braces."
    return f"The expression can not be read: {said}.{hint}"
