"""robots.txt: what a host asks of crawlers (RFC 9309), and the pause between two pages that it wishes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

AGENT: Final = "atrium"
MOST_BYTES: Final = 512 * 1024
_MOST_RULES: Final = 5_000


@dataclass
class _Group:
    agents: list[str] = field(default_factory=list)
    rules: list[tuple[bool, str]] = field(default_factory=list)
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules that hold for Atrium, and the sitemaps that are named."""

    rules: tuple[tuple[bool, str], ...] = ()
    delay: float = 0.0
    sitemaps: tuple[str, ...] = ()

    def allows(self, path: str) -> bool:
        """Whether the path, with its query, may be fetched: the longest rule that fits decides."""
        wanted = unquote(path)
        fits = [(len(rule), allow) for allow, rule in self.rules if _fits(rule, wanted)]
        return max(fits)[1] if fits else True


FORBIDDEN: Final = Robots(rules=((False, "/"),))


def parse(text: str) -> Robots:
    """The rules of the group that names us, else of the group for all; several groups of one name add up."""
    groups: list[_Group] = []
    sitemaps: list[str] = []
    ended = True
    for line in text.splitlines():
        name, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        match name.lower():
            case "user-agent":
                if ended:
                    groups.append(_Group())
                groups[-1].agents.append(value.lower())
                ended = False
            case "allow" | "disallow" if groups:
                ended = True
                if value and len(groups[-1].rules) < _MOST_RULES:
                    groups[-1].rules.append((name.lower() == "allow", unquote(value)))
            case "crawl-delay" if groups:
                ended = True
                groups[-1].delay = _seconds(value)
            case "sitemap":
                sitemaps.append(value)
    chosen = [group for group in groups if AGENT in group.agents] or [
        group for group in groups if "*" in group.agents
    ]
    rules = tuple(rule for group in chosen for rule in group.rules)
    return Robots(rules, max((group.delay for group in chosen), default=0.0), tuple(sitemaps[:20]))


def _seconds(value: str) -> float:
    return float(value) if re.fullmatch(r"\d{1,4}(\.\d{1,3})?", value) else 0.0


def _fits(rule: str, path: str) -> bool:
    """Whether a rule fits the path's beginning: `*` is anything, `$` at its end the end. In linear time."""
    body, ends = (rule[:-1], True) if rule.endswith("$") else (rule, False)
    first, *parts = body.split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    last = parts.pop() if parts and ends else None
    for part in parts:
        at = path.find(part, at)
        if at < 0:
            return False
        at += len(part)
    if last is not None:
        return path.endswith(last) and len(path) - len(last) >= at
    return at == len(path) if ends else True
