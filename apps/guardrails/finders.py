"""One look at a text for all rules that read it, and what of it is each rule's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from apps.guardrails.detectors.expressions import Expressions
from apps.guardrails.detectors.finding import candidates, settle
from apps.guardrails.detectors.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from apps.guardrails.detectors.kinds import Finding
    from apps.guardrails.rules import Rule


OWN_REACH: Final = 200
"""Code points of a growing answer that are held back for the organisation's own expressions."""


class Finder:
    """Looks for everything that any of the rules wants; raises ExpressionError for a bad expression."""

    def __init__(self, rules: Collection[Rule]) -> None:
        self._kinds = frozenset(kind for rule in rules for kind in rule.kinds)
        terms = {rule.id: rule.terms for rule in rules if rule.terms}
        patterns = {
            f"{rule.id} {index}": pattern for rule in rules for index, pattern in enumerate(rule.patterns)
        }
        self._terms = Terms(terms) if terms else None
        self._expressions = Expressions(patterns) if patterns else None

    @property
    def longest(self) -> int:
        """Code points of the longest own term, or of what an expression shall find at least in a stream."""
        return max(self._terms.longest if self._terms else 0, OWN_REACH if self._expressions else 0)

    def candidates(self, text: str) -> list[Finding]:
        """All findings in order of their start, also those that lie over one another."""
        return candidates(text, self._kinds, terms=self._terms, expressions=self._expressions)

    def taken(self, rule: Rule, found: Sequence[Finding]) -> list[Finding]:
        """Those that the rule looks for, none over another."""
        return settle(self.fitting(rule, found))

    def fitting(self, rule: Rule, found: Sequence[Finding]) -> list[Finding]:
        """Those that the rule looks for, also over one another: what is masked leaves no part of any."""
        return [each for each in found if _fits(rule, each)]


def _fits(rule: Rule, found: Finding) -> bool:
    return found.kind in rule.kinds or found.detail.partition(" ")[0] == rule.id


def covering(text: str, found: Collection[Finding]) -> list[Finding]:
    """The findings with none over another, and no part of any left uncovered, in order."""
    made: list[Finding] = []
    cluster: list[Finding] = []
    reach = -1
    for each in sorted(found, key=lambda one: one.start):
        if each.start >= reach:
            made += _covered(text, cluster)
            cluster = []
        cluster.append(each)
        reach = max(reach, each.end)
    return made + _covered(text, cluster)


def _covered(text: str, cluster: list[Finding]) -> list[Finding]:
    """The surest of findings that hang together, and what of the others stands beside them."""
    if len(cluster) <= 1:
        return cluster
    kept = settle(cluster)
    parts: list[Finding] = []
    at = next_kept = 0
    for each in cluster:
        at = max(at, each.start)
        while at < each.end:
            while next_kept < len(kept) and kept[next_kept].end <= at:
                next_kept += 1
            begins = kept[next_kept].start if next_kept < len(kept) else each.end
            if begins > at:
                parts.append(_part(each, at, min(begins, each.end), text))
            at = kept[next_kept].end if begins < each.end else each.end
    return sorted([*kept, *parts], key=lambda one: one.start)


def _part(found: Finding, start: int, end: int, text: str) -> Finding:
    return replace(found, start=start, end=end, value=text[start:end])
