"""Ranking quality of the lexical leg on sets in BEIR's layout, in memory: no database, no model.

python -m bench.lexical_quality [FOLDER]  (default ../shared/data/rag; prints nDCG@10 and recall@10 per set)
"""

import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from apps.knowledge.evaluation.measures import CUT, Quality, mean, quality_of
from apps.knowledge.language import detect_language
from apps.knowledge.lexical import document_terms, idf, query_terms

DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "rag"


@dataclass(frozen=True)
class RetrievalSet:
    """Documents and questions by id, and the graded judgments: question → document → gain."""

    documents: dict[str, str]
    questions: dict[str, str]
    judgments: dict[str, dict[str, float]]


class LexicalIndex:
    """The same arithmetic as the sparse vectors in the database."""

    def __init__(self, documents: dict[str, str]) -> None:
        self.languages: set[str | None] = set()
        self.documents = documents
        self.postings: dict[int, list[tuple[str, float]]] = defaultdict(list)
        self.size = len(documents)
        for id_, text in documents.items():
            language = detect_language(text)
            self.languages.add(language)
            for term, weight in document_terms(text, language).items():
                self.postings[term].append((id_, weight))

    def search(self, question: str, limit: int = CUT) -> list[tuple[str, float]]:
        scores: dict[str, float] = defaultdict(float)
        for term in query_terms(question, *sorted(self.languages, key=str)):
            postings = self.postings.get(term, [])
            weight = idf(self.size, len(postings))
            for id_, value in postings:
                scores[id_] += weight * value
        return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]


def load(folder: Path, every: int = 1) -> RetrievalSet:
    """Read a set; `every` keeps each n-th question only."""
    documents = {row["id"]: f"{row['title']} {row['text']}" for row in _lines(folder / "corpus.jsonl")}
    judgments: dict[str, dict[str, float]] = defaultdict(dict)
    for line in (folder / "qrels.tsv").read_text().splitlines()[1:]:
        question, document, gain = line.split("\t")
        judgments[question][document] = float(gain)
    judged = [
        row for row in _lines(folder / "queries.jsonl") if any(g > 0 for g in judgments[row["id"]].values())
    ]
    return RetrievalSet(documents, {row["id"]: row["text"] for row in judged[::every]}, dict(judgments))


def measure(data: RetrievalSet, index: LexicalIndex) -> Quality:
    """Mean nDCG@10 (gain = judgment, log2 discount) and recall@10 over the questions."""
    return mean(
        quality_of(
            [document for document, _ in index.search(question)],
            {document: gain for document, gain in data.judgments[id_].items() if gain > 0},
        )
        for id_, question in data.questions.items()
    )


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER
    for corpus in sorted(folder.rglob("corpus.jsonl")):
        data = load(corpus.parent)
        began = time.perf_counter()
        index = LexicalIndex(data.documents)
        built = time.perf_counter()
        quality = measure(data, index)
        asked = time.perf_counter()
        print(
            f"{corpus.parent.relative_to(folder)!s:<12} "
            f"nDCG@10 {quality.ndcg:.3f}  recall@10 {quality.recall:.3f}  "
            f"{len(data.documents) / (built - began):.0f} documents/s  "
            f"{1000 * (asked - built) / len(data.questions):.2f} ms/question  "
            f"{sorted(map(str, index.languages))}"
        )


if __name__ == "__main__":
    main()
