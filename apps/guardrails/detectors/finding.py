"""Finds what a text holds, in one reading for all kinds that are asked for."""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from apps.guardrails.detectors.addresses import addresses
from apps.guardrails.detectors.documents import birth_dates, passports
from apps.guardrails.detectors.kinds import BUILT_IN, Finding, Kind
from apps.guardrails.detectors.names import names
from apps.guardrails.detectors.network import addresses_v4, addresses_v6, emails, hardware
from apps.guardrails.detectors.numbers import numbers
from apps.guardrails.detectors.phones import phones
from apps.guardrails.detectors.reading import Reading
from apps.guardrails.detectors.secrets import secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from apps.guardrails.detectors.expressions import Expressions
    from apps.guardrails.detectors.numbers import Hit
    from apps.guardrails.detectors.terms import Terms

_start: Final = attrgetter("start")
_DETECTORS: Final[tuple[tuple[Kind, Callable[[Reading], Iterator[Hit]]], ...]] = (
    (Kind.EMAIL, emails),
    (Kind.SECRET, secrets),
    (Kind.PHONE, phones),
    (Kind.IP, addresses_v4),
    (Kind.IP, addresses_v6),
    (Kind.MAC, hardware),
    (Kind.BIRTH_DATE, birth_dates),
    (Kind.PASSPORT, passports),
    (Kind.ADDRESS, addresses),
    (Kind.NAME, names),
)


def find(
    text: str,
    kinds: AbstractSet[Kind] = BUILT_IN,
    *,
    terms: Terms | None = None,
    expressions: Expressions | None = None,
) -> list[Finding]:
    """The findings in order, none over another: of two that overlap the surer stays, then the longer.

    Linear in the text's length, also for hostile text: 1 MB takes well under a second. Of the organisation's
    own `terms` and `expressions` all are looked for, whatever `kinds` says.
    """
    return settle(candidates(text, kinds, terms=terms, expressions=expressions))


def candidates(
    text: str,
    kinds: AbstractSet[Kind] = BUILT_IN,
    *,
    terms: Terms | None = None,
    expressions: Expressions | None = None,
) -> list[Finding]:
    """All findings in order, also those over one another: a rule that blocks a term must see the term that
    stands inside an e-mail address."""
    found: list[Finding] = []
    if kinds & BUILT_IN:
        reading = Reading(text)
        hits = list(numbers(reading, kinds))
        for kind, detector in _DETECTORS:
            if kind in kinds:
                hits += detector(reading)
        for kind, start, end, value, detail, certainty in hits:
            found.append(Finding(kind, *reading.original(start, end), value, detail, certainty))
    if terms is not None:
        found += terms.find(text)
    if expressions is not None:
        found += expressions.find(text)
    return sorted(found, key=lambda each: (each.start, -each.end))


def settle(found: Iterable[Finding]) -> list[Finding]:
    """Those of the findings that stay when none may lie over another, in order."""
    kept: list[Finding] = []
    cluster: list[Finding] = []
    reach = -1
    for each in sorted(found, key=_start):
        if each.start >= reach:
            kept += _settled(cluster)
            cluster = []
        cluster.append(each)
        reach = max(reach, each.end)
    return kept + _settled(cluster)


def _settled(cluster: list[Finding]) -> list[Finding]:
    """Of findings that hang together by overlaps: the surest and longest first, then what is still free."""
    if len(cluster) <= 1:
        return cluster
    kept: list[Finding] = []
    for each in sorted(cluster, key=_rank):
        at = bisect_left(kept, each.start, key=_start)
        is_free = at == len(kept) or each.end <= kept[at].start
        if is_free and (not at or kept[at - 1].end <= each.start):
            kept.insert(at, each)
    return kept


def _rank(finding: Finding) -> tuple[int, bool, int, int]:
    """What stays goes first; a password is no beginning of an e-mail address: //me:password@host.example."""
    return -finding.certainty, finding.kind is not Kind.SECRET, finding.start - finding.end, finding.start
