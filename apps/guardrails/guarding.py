"""The rules of one call, made ready: what they make of the texts that go out. Pure, and safe in a thread."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from apps.guardrails.answering import Answer, readers
from apps.guardrails.classes import BY_RULE, DataClass, highest
from apps.guardrails.detectors.finding import settle
from apps.guardrails.detectors.kinds import Kind
from apps.guardrails.finders import Finder, covering
from apps.guardrails.policy import (
    GuardrailAskError,
    GuardrailRefusedError,
    Hit,
    Known,
    Memory,
    Moderators,
    Outgoing,
    Shown,
    counted,
)
from apps.guardrails.recurring import Recurring, recurring_of
from apps.guardrails.rules import Action, Active, Rule

if TYPE_CHECKING:
    from apps.guardrails.detectors.kinds import Finding
    from apps.guardrails.placeholders import Placeholders
    from apps.guardrails.policy import Outcome

MOST_SHOWN: Final = 20
"""Findings that a person is shown before they agree."""
UNREAD_RULE: Final = "Files that no rule can read"
UNREAD_WORDS: Final = (
    "Your organisation's rules cannot read pictures and files of this type, so they are not sent to this "
    "model. Send their text instead."
)
FIXED_WORDS: Final = "It stands in a name that cannot be masked. Choose another name."
_DONE: Final[Mapping[Action, Outcome]] = {
    Action.LOG: "logged",
    Action.WARN: "asked",
    Action.MASK: "masked",
    Action.ROUTE: "routed",
    Action.BLOCK: "blocked",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a call sends: texts that may be changed, names that may not, and parts that no rule can read.

    `beside` are texts of the same affair that are not sent now: whom they name is known here, too.
    """

    texts: Sequence[str]
    names: Sequence[str] = ()
    unread: int = 0
    beside: Sequence[str] = ()

    @property
    def size(self) -> int:
        """Code points in all."""
        return sum(len(text) for texts in (self.texts, self.names, self.beside) for text in texts)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one rule found, text by text; `fits` are also findings that lie over one another."""

    active: Active
    found: Sequence[Sequence[Finding]]
    fits: Sequence[Sequence[Finding]]

    @classmethod
    def of(cls, active: Active, finder: Finder, found: Sequence[Sequence[Finding]]) -> _Taken:
        """What of the findings in each text is the rule's."""
        fits = [finder.fitting(active.rule, each) for each in found]
        return cls(active, [settle(each) for each in fits], fits)

    @property
    def all(self) -> list[Finding]:
        return [each for found in self.found for each in found]

    def hit(self, outcome: Outcome | None = None) -> Hit:
        kinds = counted([each.kind for each in self.all])
        return Hit(self.active, kinds, outcome or _DONE[self.active.rule.action])


class Guard:
    """The rules that hold for a call. One without rules does not exist: `None` stands for it."""

    def __init__(self, actives: Sequence[Active], *, blocks_unread: bool = True) -> None:
        self._out = [active for active in actives if active.rule.goes_out and not active.rule.moderation]
        self._in = [active for active in actives if active.rule.comes_in and not active.rule.moderation]
        moderate = [active for active in actives if active.rule.moderation]
        self._asked_out = [active for active in moderate if active.rule.goes_out]
        self._asked_in = [active for active in moderate if active.rule.comes_in]
        self._finder = Finder([active.rule for active in self._out])
        self._masks = _masked_kinds(self._out)
        self._readers = readers(self._in)
        reading = (*self._out, *self._asked_out)
        acting = any(not each.is_shadow and each.rule.action is not Action.LOG for each in reading)
        self._blocks_unread = blocks_unread and acting

    @property
    def moderates(self) -> bool:
        """Whether a model has to be asked before anything is sent."""
        return bool(self._asked_out)

    def outgoing(self, sent: Sent, known: Known) -> Outgoing:
        """The texts as they may leave; raises GuardrailRefusedError, or GuardrailAskError where to ask.

        May change `known.placeholders`: it is this call's own.
        """
        taken = self._taken([*sent.texts, *sent.names])
        shadows = [each.hit() for each in taken if each.active.is_shadow]
        acting = [each for each in taken if not each.active.is_shadow]
        self._refuse(sent, acting, shadows)
        agreed = self._ask(sent, acting, known, shadows)
        before = len(known.placeholders)
        texts = self._masked(sent, acting, known)
        values = known.placeholders.sent
        follows = Answer(values, self._readers, known.tools) if values or self._readers else None
        is_new = len(known.placeholders) > before or agreed > known.agreed
        raised = _raised(acting)
        return Outgoing(
            texts,
            follows,
            hits=[*(each.hit(_passed(each)) for each in acting), *shadows],
            data_class=raised,
            why=_why(acting, raised),
            memory=Memory(known.placeholders, agreed) if is_new else None,
            moderators=self._moderators(replace(known, agreed=agreed)),
        )

    def _masked(self, sent: Sent, acting: Sequence[_Taken], known: Known) -> Sequence[str]:
        """The texts with placeholders; the same where there is nothing to mask."""
        masking = [each for each in acting if each.active.rule.action is Action.MASK]
        told = chain(_spelled(sent.texts, masking), self._told(sent.beside))
        again = recurring_of(told, known.placeholders.values, self._masks)
        return _masked(sent.texts, masking, again, known) if masking or again else sent.texts

    def _told(self, beside: Sequence[str]) -> Iterator[tuple[str, Finding, DataClass]]:
        """What would be masked of texts that are not sent with the call."""
        if not beside or not self._masks:
            return
        found = [self._finder.candidates(text) for text in beside]
        masking = [each for each in self._out if each.rule.action is Action.MASK and not each.is_shadow]
        yield from _spelled(beside, [_Taken.of(active, self._finder, found) for active in masking])

    def _moderators(self, known: Known) -> Moderators | None:
        if not self._asked_out and not self._asked_in:
            return None
        return Moderators(self._asked_out, self._asked_in, known)

    def _taken(self, texts: Sequence[str]) -> list[_Taken]:
        """What each rule finds, for those that find enough."""
        found = [self._finder.candidates(text) for text in texts]
        taken = (_Taken.of(active, self._finder, found) for active in self._out)
        return [each for each in taken if len(each.all) >= each.active.rule.least]

    def _refuse(self, sent: Sent, acting: Sequence[_Taken], shadows: Sequence[Hit]) -> None:
        blocked = [each for each in acting if each.active.rule.action is Action.BLOCK]
        if blocked:
            rule = blocked[0].active.rule
            hits = [*(each.hit() for each in blocked), *shadows]
            raise GuardrailRefusedError(rule.name, rule.said, hits=hits)
        for each in acting:
            rule = each.active.rule
            if rule.action is Action.MASK and any(each.found[len(sent.texts) :]):
                hits = [each.hit("blocked"), *shadows]
                raise GuardrailRefusedError(rule.name, f"{rule.said} {FIXED_WORDS}", hits=hits)
        if sent.unread and self._blocks_unread:
            raise GuardrailRefusedError(UNREAD_RULE, UNREAD_WORDS, hits=shadows)

    def _ask(
        self, sent: Sent, acting: Sequence[_Taken], known: Known, shadows: Sequence[Hit]
    ) -> frozenset[str]:
        """The fingerprints of all that is agreed to; raises GuardrailAskError while something is not."""
        agreed = set(known.agreed)
        asking = []
        for each in acting:
            rule = each.active.rule
            if rule.action is not Action.WARN:
                continue
            marks = {fingerprint(rule.id, found) for found in each.all}
            if rule.id in known.confirmed:
                agreed |= marks
            elif not marks <= agreed:
                asking.append(each)
        if asking:
            hits = [each.hit() for each in asking]
            raise GuardrailAskError([*hits, *shadows], hits, _shown([*sent.texts, *sent.names], asking))
        return frozenset(agreed)


def _masked_kinds(actives: Sequence[Active]) -> frozenset[Kind]:
    """The kinds of which a rule makes placeholders."""
    rules = [each.rule for each in actives if each.rule.action is Action.MASK and not each.is_shadow]
    own = [
        (Kind.TERM, any(rule.terms for rule in rules)),
        (Kind.PATTERN, any(rule.patterns for rule in rules)),
    ]
    return frozenset().union(*(rule.kinds for rule in rules), (kind for kind, is_own in own if is_own))


def _spelled(texts: Sequence[str], masking: Sequence[_Taken]) -> Iterator[tuple[str, Finding, DataClass]]:
    """What is masked of the texts, each with the text that it stands in."""
    for each in masking:
        for text, found in zip(texts, each.found, strict=False):
            yield from ((text, one, each.active.rule.class_of([one.kind])) for one in found)


def _masked(texts: Sequence[str], masking: Sequence[_Taken], again: Recurring, known: Known) -> list[str]:
    made = []
    for index, text in enumerate(texts):
        classes: dict[Finding, DataClass] = dict(again.findings(text))
        for each in masking:
            for found in each.fits[index]:
                wanted = each.active.rule.class_of([found.kind])
                classes[found] = max(wanted, classes.get(found, wanted))
        made.append(masked(text, classes, known.placeholders))
    return made


def masked(text: str, findings: Mapping[Finding, DataClass], placeholders: Placeholders) -> str:
    """The text with a placeholder for each finding; what looked like one before is replaced as well."""
    made: list[str] = []
    at = 0
    for found in covering(text, findings):
        made.append(placeholders.escaped(text[at : found.start]))
        value = text[found.start : found.end]
        data_class = findings.get(found) or found.kind.data_class
        made.append(placeholders.stand_in(found.kind.name, found.value, value, data_class))
        at = found.end
    made.append(placeholders.escaped(text[at:]))
    return "".join(made)


def _passed(taken: _Taken) -> Outcome:
    action = taken.active.rule.action
    return "agreed" if action is Action.WARN else _DONE[action]


def _class_of(taken: _Taken) -> DataClass | None:
    """What the rule says the call is, or what is found where only a cleared model may read it."""
    rule = taken.active.rule
    if rule.action is Action.ROUTE:
        return rule.class_of([found.kind for found in taken.all])
    return rule.data_class


def _raised(acting: Sequence[_Taken]) -> DataClass | None:
    return highest(map(_class_of, acting))


def why_raised(rule: Rule, data_class: DataClass) -> str:
    """That the rule gave a call its class, in a sentence."""
    return f"{BY_RULE}{rule.name}” what would be sent is {data_class.slug}. {rule.words}".strip()


def _why(acting: Sequence[_Taken], raised: DataClass | None) -> str:
    """Which rule gave the call its class, in a sentence."""
    if raised is None:
        return ""
    rule = next(each.active.rule for each in acting if _class_of(each) == raised)
    return why_raised(rule, raised)


def _shown(texts: Sequence[str], asking: Sequence[_Taken]) -> list[Shown]:
    """Each value once, veiled, in the order of the texts."""
    seen = {
        (found.kind, found.value): Shown(found.kind, veiled(text[found.start : found.end]))
        for index, text in enumerate(texts)
        for each in asking
        for found in each.found[index]
    }
    return list(seen.values())[:MOST_SHOWN]


def fingerprint(rule_id: str, found: Finding) -> str:
    """What a person agreed to, without the value; kept sealed all the same."""
    said = f"{rule_id}|{found.kind.value}|{found.value}"
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def veiled(value: str) -> str:
    """The value with its ends alone: enough to know it again."""
    if len(value) < 6:  # noqa: PLR2004 - of less, the ends would be half of it
        return "•" * len(value)
    return f"{value[0]}{'•' * min(len(value) - 3, 8)}{value[-2:]}"
