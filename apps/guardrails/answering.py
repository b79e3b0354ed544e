"""What follows an answer: rules on what comes back, then the originals for their placeholders. Pure.

The rules read what the model wrote, before anything is put back: a person's own values break no rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from apps.guardrails.classes import DataClass
from apps.guardrails.detectors.finding import settle
from apps.guardrails.detectors.streaming import open_from
from apps.guardrails.finders import Finder, covering
from apps.guardrails.placeholders import Restorer, in_json
from apps.guardrails.policy import GuardrailRefusedError, Hit
from apps.guardrails.rules import Action

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.guardrails.detectors.kinds import Finding, Kind
    from apps.guardrails.placeholders import Value
    from apps.guardrails.policy import Channel, Outcome
    from apps.guardrails.rules import Active

EVERY: Final = 48
"""Code points that are added to a text before rules that act read it again."""
SELDOM: Final = 1_000
"""The same for rules that only note: nobody waits for them, and less of the text is read twice."""
CHAIN: Final = 1_000
"""Code points of values that hang together which are waited for; a longer chain is masked piece by piece."""
BEHIND: Final = 200
"""Code points of what was settled that are read again, for the words before a value that tell what it is."""


class Reader(NamedTuple):
    """Rules on answers that read a text together, each time so many code points were added."""

    actives: Sequence[Active]
    finder: Finder
    every: int = EVERY


def readers(actives: Sequence[Active]) -> list[Reader]:
    """Those that act apart from those that only note, and read often."""
    acting = [each for each in actives if not each.is_shadow and each.rule.action in _ACTING]
    noting = [each for each in actives if each not in acting]
    return [
        Reader(chosen, Finder([each.rule for each in chosen]), every)
        for chosen, every in ((noting, SELDOM), (acting, EVERY))
        if chosen
    ]


class Watch:
    """Reads one text as it grows; with rules that mask, gives it on only as far as it is settled."""

    def __init__(self, reader: Reader, counts: Counter[tuple[int, Kind]]) -> None:
        self._actives, self._finder, self._every = reader
        self._counts = counts
        actives = reader.actives
        self._masks = any(each.rule.action is Action.MASK and not each.is_shadow for each in actives)
        self._line = ""
        self._settled = 0
        self._unread = 0

    def feed(self, text: str) -> str:
        """What may be shown; raises GuardrailRefusedError."""
        self._line += text
        self._unread += len(text)
        if self._unread < self._every:
            return "" if self._masks else text
        return self._read(self._open()) if self._masks else self._seen(text, self._open())

    def finish(self) -> str:
        """The rest; raises GuardrailRefusedError."""
        until = len(self._line)
        return self._read(until) if self._masks else self._seen("", until)

    def _seen(self, text: str, until: int) -> str:
        self._read(until)
        return text

    def _open(self) -> int:
        """Up to where the text is settled, whatever follows."""
        return max(open_from(self._line, self._finder.longest), self._settled)

    def _read(self, until: int) -> str:
        """Hold the rules against all that ends by `until` and was not held before; the text up to there."""
        self._unread = 0
        found = [each for each in self._finder.candidates(self._line) if each.end > self._settled]
        clear = max(_clear_of(found, until), self._settled)
        until = clear if until - clear < CHAIN else until
        start = self._settled
        new = [_within(each, start, until) for each in found if max(each.start, start) < until]
        made = _blanked(self._line, self._apply(new), self._settled, until)
        kept = max(until - BEHIND, 0)
        self._line, self._settled = self._line[kept:], until - kept
        return made

    def _apply(self, new: Sequence[Finding]) -> list[Finding]:
        """Count what was found for each rule; what is to be masked. Raises GuardrailRefusedError."""
        masked: list[Finding] = []
        for index, active in enumerate(self._actives):
            fits = self._finder.fitting(active.rule, new)
            self._counts.update((index, found.kind) for found in settle(fits))
            count = sum(number for (at, _), number in self._counts.items() if at == index)
            if not fits or active.is_shadow or count < active.rule.least:
                continue
            if active.rule.action is Action.BLOCK:
                raise GuardrailRefusedError(active.rule.name, active.rule.said)
            if active.rule.action is Action.MASK:
                masked += fits
        return masked


def _clear_of(found: Sequence[Finding], until: int) -> int:
    """The last place up to `until` that stands inside none of the findings, also where they hang together."""
    for each in sorted(found, key=lambda one: one.end, reverse=True):
        if each.start < until < each.end:
            until = each.start
    return until


def _within(found: Finding, start: int, end: int) -> Finding:
    """What of the finding stands there: it may show itself late, or hang on others without an end."""
    is_inside = start <= found.start and found.end <= end
    return found if is_inside else replace(found, start=max(found.start, start), end=min(found.end, end))


def _blanked(line: str, masked: Sequence[Finding], start: int, until: int) -> str:
    """line[start:until] with no part of what is masked, also of findings that lie over one another."""
    made: list[str] = []
    at = start
    for found in covering(line, dict.fromkeys(masked)):
        made += (line[at : found.start], f"[{found.kind.name}]")
        at = found.end
    return "".join([*made, line[at:until]])


class Answer:
    """The policy's Incoming of one call; `tools` is the highest class that each tool may be given."""

    def __init__(
        self,
        values: Mapping[str, Value],
        reading: Sequence[Reader],
        tools: Mapping[str, DataClass],
    ) -> None:
        self._values = values
        self._tools = tools
        self._reading: list[tuple[Reader, Counter[tuple[int, Kind]]]] = [
            (reader, Counter()) for reader in reading
        ]
        self._ways = {
            "text": _Way(self._watches(), Restorer(values)),
            "reasoning": _Way(self._watches(), Restorer(values, is_strict=True)),
        }
        self._calls: dict[int, _Way] = {}

    def feed(self, channel: Channel, text: str) -> str:
        """The text that may be shown now; raises GuardrailRefusedError."""
        return self._ways[channel].feed(text)

    def finish(self, channel: Channel) -> str:
        """What was held back; raises GuardrailRefusedError."""
        return self._ways[channel].finish()

    def feed_tool(self, index: int, name: str, arguments: str) -> str:
        """The next fragment of a call's JSON, with those values that the tool may be given."""
        way = self._calls.get(index)
        if way is None:
            way = self._calls[index] = _Way(self._watches(), Restorer(self._open_to(name), encode=in_json))
        return way.feed(arguments)

    def finish_tools(self) -> list[tuple[int, str]]:
        """What was held back of each call's arguments."""
        return [(index, rest) for index, way in self._calls.items() if (rest := way.finish())]

    def hits(self) -> list[Hit]:
        """What the rules on answers found."""
        return [hit for reader, counts in self._reading for hit in _hits(reader, counts)]

    def _open_to(self, name: str) -> Mapping[str, Value]:
        cleared = self._tools.get(name, DataClass.PUBLIC)
        return {token: value for token, value in self._values.items() if value.data_class <= cleared}

    def _watches(self) -> list[Watch]:
        return [Watch(reader, counts) for reader, counts in self._reading]


def _hits(reader: Reader, counts: Counter[tuple[int, Kind]]) -> list[Hit]:
    kinds: dict[int, Counter[Kind]] = {}
    for (index, kind), count in counts.items():
        kinds.setdefault(index, Counter())[kind] += count
    return [
        Hit(reader.actives[index], found, _CAME[reader.actives[index].rule.action], "in")
        for index, found in kinds.items()
        if found.total() >= reader.actives[index].rule.least
    ]


class _Way:
    """One text of the answer: first the rules, then the originals."""

    def __init__(self, watches: Sequence[Watch], restorer: Restorer) -> None:
        self._watches = watches
        self._restorer = restorer

    def feed(self, text: str) -> str:
        for watch in self._watches:
            text = watch.feed(text)
        return self._restorer.feed(text)

    def finish(self) -> str:
        rest = ""
        for watch in self._watches:
            rest = (watch.feed(rest) if rest else "") + watch.finish()
        return self._restorer.feed(rest) + self._restorer.finish()


_ACTING: Final = frozenset({Action.MASK, Action.BLOCK})
_CAME: Final[Mapping[Action, Outcome]] = {
    Action.LOG: "logged",
    Action.MASK: "masked",
    Action.BLOCK: "withdrawn",
    Action.WARN: "logged",
    Action.ROUTE: "logged",
}
