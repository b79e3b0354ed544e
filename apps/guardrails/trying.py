"""What a policy would do to a text: the playground. Nothing is sent, noted or kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from apps.guardrails.finders import Finder, covering
from apps.guardrails.guarding import Guard, Sent
from apps.guardrails.moderation import CATEGORIES, Judged
from apps.guardrails.placeholders import Placeholders, restored
from apps.guardrails.policy import GuardrailAskError, GuardrailRefusedError, Known, counted
from apps.guardrails.rules import Active

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from apps.guardrails.detectors.kinds import Finding, Kind
    from apps.guardrails.policy import Hit, Outcome
    from apps.guardrails.rules import Rule

LONGEST: Final = 20_000
"""Code points of a text: about twenty milliseconds."""
WAYS: Final = [("out", "Goes to a model"), ("in", "Is a model's answer")]
"""Choices of a form or the API: what the text is."""
Result = Literal["unchanged", "masked", "asked", "routed", "blocked", "withdrawn"]
_WORDS: Final[Mapping[Result, str]] = {
    "unchanged": "It passes as it is.",
    "masked": "It passes with placeholders.",
    "asked": "Nothing passes until the person agrees.",
    "routed": "It passes to models that are cleared for its class alone.",
    "blocked": "Nothing passes.",
    "withdrawn": "The answer is withdrawn.",
}
_FOLLOWS: Final[Mapping[Outcome, str]] = {
    "blocked": "nothing passes",
    "withdrawn": "the answer is withdrawn",
    "asked": "nothing passes until the person agrees",
    "routed": "it passes to models that are cleared for its class alone",
    "logged": "it passes and that is logged",
    "unchecked": "it passes unchecked and that is logged",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text: plain, or what a rule found, with the names of all rules that did."""

    text: str
    kind: Kind | None = None
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """The text in pieces, what would pass of it (None: nothing), and what the rules say.

    `asks`: which models a call would ask about it now, and what follows from their answers, rule by rule.
    """

    pieces: Sequence[Piece]
    passes: str | None
    result: Result
    words: str
    data_class: str = ""
    restored: str = ""
    asks: Sequence[str] = ()

    @property
    def sentence(self) -> str:
        """What becomes of the text."""
        return _WORDS[self.result]

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """What was found, in words with counts."""
        found = counted([piece.kind for piece in self.pieces if piece.kind])
        return [(kind.label, count) for kind, count in found.items()]


def trial_of(
    guard: Guard | None,
    rules: Sequence[Rule],
    text: str,
    *,
    comes_in: bool = False,
    models: Mapping[str, str] | None = None,
) -> Trial:
    """What the rules make of a text that goes out, or of an answer; `models` are names by id, for `asks`."""
    read = [rule for rule in rules if (rule.comes_in if comes_in else rule.goes_out)]
    pieces = pieces_of(text, read)
    if guard is None:
        return Trial(pieces, text, "unchanged", "")
    trial = _received(guard, text, pieces) if comes_in else _sent(guard, text, pieces)
    if trial.passes is None:
        return trial
    return replace(
        trial, asks=[_asking(rule, models or {}, comes_in=comes_in) for rule in read if rule.moderation]
    )


def _asking(rule: Rule, models: Mapping[str, str], *, comes_in: bool) -> str:
    """What a rule that asks a model does in a call, where it is not asked itself."""
    moderation = rule.moderation
    assert moderation is not None  # noqa: S101 - for the type checker: others do not ask
    name = models.get(str(moderation.model_id))
    sought = ", ".join(CATEGORIES[each][0] for each in moderation.categories)
    found = follows(Judged(Active(rule), moderation.categories), comes_in=comes_in)
    silent = follows(Judged(Active(rule), None), comes_in=comes_in)
    if name is None:
        return f"“{rule.name}” would ask a model that is off or gone, so that nobody answers: {silent}."
    return (
        f"“{rule.name}” would ask {name} about it: {sought}. Where it finds any, {found}; where it gives no "
        f"answer within {moderation.seconds} s, {silent}."
    )


def follows(judged: Judged, *, comes_in: bool) -> str:
    """What becomes of the text by a rule that asked a model, as the end of a sentence."""
    return _FOLLOWS[judged.hit(comes_in=comes_in).outcome]


def _sent(guard: Guard, text: str, pieces: Sequence[Piece]) -> Trial:
    try:
        made = guard.outgoing(Sent([text]), Known(Placeholders()))
    except GuardrailAskError as error:
        return Trial(pieces, None, "asked", error.message)
    except GuardrailRefusedError as error:
        return Trial(pieces, None, "blocked", error.message)
    passes = made.texts[0]
    back = restored(passes, made.memory.placeholders.values) if made.memory else passes
    slug = made.data_class.slug if made.data_class else ""
    return Trial(pieces, passes, _result(made.hits, passes != text), _said(made.hits), slug, back)


def _received(guard: Guard, text: str, pieces: Sequence[Piece]) -> Trial:
    follows = guard.outgoing(Sent([]), Known(Placeholders())).incoming
    if follows is None:
        return Trial(pieces, text, "unchanged", "")
    try:
        passes = follows.feed("text", text) + follows.finish("text")
    except GuardrailRefusedError as error:
        return Trial(pieces, None, "withdrawn", error.message)
    found = follows.hits()
    return Trial(pieces, passes, _result(found, passes != text), _said(found))


def _result(hits: Sequence[Hit], is_changed: bool) -> Result:  # noqa: FBT001 - a fact about the text
    if is_changed:
        return "masked"
    return "routed" if any(hit.outcome == "routed" for hit in hits) else "unchanged"


def _said(hits: Sequence[Hit]) -> str:
    return " ".join(dict.fromkeys(hit.active.rule.said for hit in hits))


def pieces_of(text: str, rules: Sequence[Rule]) -> list[Piece]:
    """The text cut where the rules found something, with who did."""
    finder = Finder(rules)
    candidates = finder.candidates(text)
    taken = {rule.name: finder.taken(rule, candidates) for rule in rules}
    made: list[Piece] = []
    at = 0
    for found in covering(text, [each for mine in taken.values() for each in mine]):
        names = tuple(name for name, mine in taken.items() if any(_over(found, each) for each in mine))
        made += (Piece(text[at : found.start]), Piece(text[found.start : found.end], found.kind, names))
        at = found.end
    made.append(Piece(text[at:]))
    return [piece for piece in made if piece.text]


def _over(one: Finding, other: Finding) -> bool:
    return one.start < other.end and other.start < one.end
