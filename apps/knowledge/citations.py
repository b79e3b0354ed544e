"""Citations: which passage says what an answer claims. Every one is checked.

The answer's text is never changed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.knowledge.claims import Claim, claims_of
from apps.knowledge.language import detect_language
from apps.knowledge.quotations import bare, quotations_of
from apps.knowledge.support import Evidence, Support, Words, words_of

MARKED_COVERAGE = 0.5
ALIGNED_COVERAGE = 0.6
ALIGNED_WORDS = 3
STATED_WORDS = 4
_MIN_WORDS = 2


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as it was put into the prompt under a number."""

    number: int
    chunk_id: str
    title: str
    page: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A claim's source. All places are in code points.

    answer[start:end] is the claim; passage.text[quote_start:quote_end] == quote is what supports it. Where
    the model named a passage that does not support the claim, `verified` is False and the quote is empty.
    Words that the claim has in quotation marks stand in the passage, or the passage does not support it.
    """

    start: int
    end: int
    number: int
    chunk_id: str
    quote: str
    verified: bool
    quote_start: int
    quote_end: int


def cite(answer: str, passages: Sequence[Passage]) -> list[Citation]:
    """The answer's citations in the order of its text.

    Markers that the model wrote are checked one by one; a number that no passage has is dropped. A marked
    claim that no named passage supports is also given the passage that does, if there is one. An answer
    without any usable marker is aligned with the passages claim by claim.
    """
    desk = _Desk(answer, passages)
    claims = claims_of(answer)
    if any(number in desk.passages for claim in claims for number in claim.numbers):
        found = [citation for claim in claims if claim.numbers for citation in desk.marked(claim)]
    else:
        found = [citation for claim in claims for citation in desk.aligned(claim, besides=())]
    return list({(item.start, item.end, item.number): item for item in found}.values())


def unsupported(answer: str, citations: Sequence[Citation]) -> list[Claim]:
    """The claims that state something and that no passage was seen to support, in the order of the text.

    A sentence that says what is not, as "The documents do not say", or that holds few words, claims too
    little to be marked.
    """
    supported = {(citation.start, citation.end) for citation in citations if citation.verified}
    language = detect_language(answer)
    return [
        claim
        for claim in claims_of(answer)
        if (claim.start, claim.end) not in supported and _states(words_of(claim.text, language))
    ]


def _states(words: Words) -> bool:
    return not words.negates and len(words.stems) + len(words.numbers) >= STATED_WORDS


def used_passages(citations: Sequence[Citation], passages: Sequence[Passage]) -> list[Passage]:
    """The passages that really support something in the answer, in the order in which it first cites them."""
    by_number = {passage.number: passage for passage in passages}
    numbers = dict.fromkeys(citation.number for citation in citations if citation.verified)
    return [by_number[number] for number in numbers if number in by_number]


class _Desk:
    """The passages of one answer, prepared once."""

    def __init__(self, answer: str, passages: Sequence[Passage]) -> None:
        self.passages = {passage.number: passage for passage in passages}
        self._evidence = {
            passage.number: Evidence(passage.text, passage.title) for passage in self.passages.values()
        }
        self._language = detect_language(answer)
        self._bare: dict[int, str] = {}

    def marked(self, claim: Claim) -> Iterator[Citation]:
        """Citations of a claim for the numbers that the model wrote."""
        numbers = [number for number in claim.numbers if number in self.passages]
        verified = False
        for number in numbers:
            evidence = self._evidence[number]
            words = evidence.claim_words(claim.text, self._language)
            if not words.stems and not words.numbers:
                return
            elsewhere = frozenset[str]().union(
                *(self._evidence[other].numbers for other in numbers if other != number)
            )
            support = evidence.best(words) if self._has_quotations(claim, number) else None
            if support and _is_marked_support(words, support, elsewhere):
                verified = True
                yield self._citation(claim, number, support)
            else:
                yield self._unverified(claim, number)
        if not verified:
            yield from self.aligned(claim, besides=numbers)

    def aligned(self, claim: Claim, besides: Sequence[int]) -> Iterator[Citation]:
        """The citation of the passage that supports a claim best, the lower number first among equals.

        Or none.
        """
        best: tuple[float, int, Support] | None = None
        for number, evidence in self._evidence.items():
            if number in besides or not self._has_quotations(claim, number):
                continue
            words = evidence.claim_words(claim.text, self._language)
            support = evidence.best(words)
            if support and _is_aligned_support(words, support) and (best is None or support.rank > best[0]):
                best = support.rank, number, support
        if best:
            yield self._citation(claim, best[1], best[2])

    def _has_quotations(self, claim: Claim, number: int) -> bool:
        """Whether the passage, or its title, has what the claim quotes."""
        quotations = quotations_of(claim.text)
        if quotations and number not in self._bare:
            passage = self.passages[number]
            self._bare[number] = f"{bare(passage.title)} {bare(passage.text)}"
        return all(words in self._bare[number] for words in quotations)

    def _citation(self, claim: Claim, number: int, support: Support) -> Citation:
        passage = self.passages[number]
        quote = passage.text[support.start : support.end]
        return Citation(
            claim.start, claim.end, number, passage.chunk_id, quote, verified=True,
            quote_start=support.start, quote_end=support.end,
        )  # fmt: skip

    def _unverified(self, claim: Claim, number: int) -> Citation:
        chunk_id = self.passages[number].chunk_id
        return Citation(
            claim.start, claim.end, number, chunk_id, "", verified=False, quote_start=0, quote_end=0
        )


def _is_marked_support(claim: Words, support: Support, elsewhere: frozenset[str]) -> bool:
    """A number may also stand in another passage that the same claim names."""
    missing = len(claim.numbers - elsewhere) > support.numbers
    enough = support.matched + support.numbers >= min(_MIN_WORDS, len(claim.stems) + len(claim.numbers))
    return support.coverage >= MARKED_COVERAGE and enough and not missing and not support.contradicted


def _is_aligned_support(claim: Words, support: Support) -> bool:
    missing = len(claim.numbers) > support.numbers
    enough = support.matched + support.numbers >= ALIGNED_WORDS and support.matched > 0
    return support.coverage >= ALIGNED_COVERAGE and enough and not missing and not support.contradicted
