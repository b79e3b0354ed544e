"""One look at a text for all rules that read it, and what of it is each rule's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.guardrails.detectors.finding import candidates, settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from apps.guardrails.detectors.kinds import Finding
    from apps.guardrails.rules import Rule


class Finder:
    """Looks for everything that any of the rules wants."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._kinds = frozenset(kind for rule in rules for kind in rule.kinds)

    def candidates(self, text: str) -> list[Finding]:
        """All findings in order of their start, also those that lie over one another."""
        return candidates(text, self._kinds)

    def taken(self, rule: Rule, found: Sequence[Finding]) -> list[Finding]:
        """Those that the rule looks for, none over another."""
        return settle([each for each in found if _fits(rule, each)])


def _fits(rule: Rule, found: Finding) -> bool:
    return found.kind in rule.kinds or found.detail == rule.id
