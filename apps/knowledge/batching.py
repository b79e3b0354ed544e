"""How many texts go to an embedding host at once: what hosts allow, and less where one refuses.

Hosts differ (Cohere takes 96 texts, Text Embeddings Inference 32 by default, Mistral 16,384 tokens, OpenAI
2,048 texts and 300,000 tokens). A batch fits the strictest count of tokens from the start; a refused one is
halved, and what follows keeps to the smaller size. A batch is also what a crash can cost: it is paid at once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from apps.guardrails.cutting import beginning
from apps.llm.gateway.estimate import tokens_of_texts
from apps.llm.vendors.base import ErrorKind, VendorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from apps.knowledge.storing import Unembedded

Row = TypeVar("Row", bound="Unembedded")

MOST_TEXTS: Final = 64
MOST_TOKENS: Final = 12_000
_SHORTEST: Final = 200
_REFUSALS: Final = {ErrorKind.BAD_REQUEST, ErrorKind.CONTEXT_OVERFLOW}


class Batches(Generic[Row]):
    """Chunks without vectors, in reading order."""

    def __init__(self, waiting: Iterable[Row]) -> None:
        self._waiting = deque(waiting)
        self._texts, self._tokens = MOST_TEXTS, MOST_TOKENS

    def each(self, embed: Callable[[list[Row]], None]) -> None:
        """Hand all of it to `embed`, batch by batch; raises a VendorError that smaller ones can not cure."""
        while batch := self.first():
            try:
                embed(batch)
            except VendorError as error:
                if not self.is_smaller(batch, error.kind):
                    raise
            else:
                self.drop(len(batch))

    def first(self) -> list[Row]:
        """The next to embed, at least one; empty at the end."""
        batch: list[Row] = []
        tokens = 0
        for row in self._waiting:
            tokens += tokens_of_texts([row.text])
            if batch and (len(batch) == self._texts or tokens > self._tokens):
                break
            batch.append(row)
        return batch

    def drop(self, count: int) -> None:
        """So many are embedded."""
        for _ in range(count):
            self._waiting.popleft()

    def is_smaller(self, refused: list[Row], kind: ErrorKind) -> bool:
        """Whether `first` now gives less than what the host refused; False where that can not be the cause.

        One text that is too long for the model is found by its beginning.
        """
        if kind not in _REFUSALS:
            return False
        if len(refused) > 1:
            self._texts = len(refused) // 2
            return True
        text = refused[0].text
        if kind != ErrorKind.CONTEXT_OVERFLOW or len(text) <= _SHORTEST:
            return False
        self._waiting[0] = replace(refused[0], text=beginning(text, len(text) // 2))
        return True
