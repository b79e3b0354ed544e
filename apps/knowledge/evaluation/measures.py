"""How good a ranking is: nDCG@10, recall@10, MRR@10 and percentiles. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CUT: Final = 10


@dataclass(frozen=True, slots=True)
class Quality:
    """Between 0 and 1 each; the mean over questions, or one question's."""

    ndcg: float
    recall: float
    mrr: float

    def named(self) -> dict[str, float]:
        """The figures by their usual names, to four places."""
        return {
            "ndcg@10": round(self.ndcg, 4),
            "recall@10": round(self.recall, 4),
            "mrr@10": round(self.mrr, 4),
        }


def quality_of(ranked: Sequence[str], gains: Mapping[str, float]) -> Quality:
    """Of one question, whose right documents (at least one) have these gains; log2 discount."""
    top = [gains.get(id_, 0.0) for id_ in ranked[:CUT]]
    best = _discounted(sorted(gains.values(), reverse=True)[:CUT])
    first = next((rank for rank, gain in enumerate(top, start=1) if gain > 0), None)
    return Quality(
        ndcg=_discounted(top) / best,
        recall=sum(gain > 0 for gain in top) / len(gains),
        mrr=1 / first if first else 0.0,
    )


def mean(qualities: Iterable[Quality]) -> Quality:
    """Over at least one question."""
    rows = list(qualities)
    return Quality(
        ndcg=sum(row.ndcg for row in rows) / len(rows),
        recall=sum(row.recall for row in rows) / len(rows),
        mrr=sum(row.mrr for row in rows) / len(rows),
    )


def means(rows: Sequence[Mapping[str, float | None]], fields: Mapping[str, str]) -> dict[str, float]:
    """Of each field that any row has, by its name, over the rows that have it, to four places."""
    found = {}
    for name, field in fields.items():
        values = [value for row in rows if (value := row[field]) is not None]
        if values:
            found[name] = round(sum(values) / len(values), 4)
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _discounted(gains: Iterable[float]) -> float:
    return sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains))
