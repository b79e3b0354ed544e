"""What calls are for, in words that an administrator knows."""

from __future__ import annotations

from typing import Final

_WORDS: Final = {
    "api": "API call",
    "calibration": "Calibrating retrieval",
    "correction": "Correction",
    "embedding": "API: embedding",
    "evaluation": "Evaluation: search",
    "evaluation_answer": "Evaluation: answer",
    "evaluation_judge": "Evaluation: judge",
    "golden_question": "Drafting a golden question",
    "image": "API: picture",
    "ingest": "Reading a document",
    "query": "Searching documents",
    "reembedding": "Changing the embedding model",
    "reply": "Answer in a chat",
    "rerank": "API: ranking",
    "rerank_passages": "Ranking passages",
    "rewrite": "Rewording a question",
    "moderation": "Checking by a rule",
    "title": "Title of a chat",
    "trial": "Try-out",
}


def purpose_words(purpose: str) -> str:
    """`ingest` as "Reading a document"; one that is not known as it is written."""
    return _WORDS.get(purpose, purpose.replace("_", " ").capitalize())
