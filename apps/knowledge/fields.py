"""pgvector's two kinds of column that retrieval stands on, without numpy: lists and dictionaries to text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Base = models.Field[Any, Any]
else:
    Base = models.Field


def vector_text(values: Sequence[float]) -> str:
    """pgvector's text form of a dense vector."""
    return f"[{','.join(map(repr, values))}]"


def sparse_text(weights: Mapping[int, float], dimensions: int) -> str:
    """pgvector's text form of a sparse vector; our indices count from 0, pgvector's text from 1."""
    entries = ",".join(f"{index + 1}:{weight!r}" for index, weight in sorted(weights.items()))
    return f"{{{entries}}}/{dimensions}"


class _VectorField(Base):
    kind = ""

    def __init__(self, *args: Any, dimensions: int = 0, **options: Any) -> None:
        self.dimensions = dimensions
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"dimensions": self.dimensions}

    def db_type(self, connection: Any) -> str:
        return f"{self.kind}({self.dimensions})" if self.dimensions else self.kind


class HalfVectorField(_VectorField):
    """A dense vector of 16-bit floats: `dimensions` finite numbers, or any count of them without."""

    kind = "halfvec"

    def get_prep_value(self, value: Any) -> str | None:
        """The text form; raises ValueError for another length or a number that is none."""
        if value is None or isinstance(value, str):
            return value
        if self.dimensions not in {0, len(value)} or not all(map(math.isfinite, value)):
            raise ValueError(f"not a vector of {self.dimensions or 'some'} finite numbers")
        return vector_text(value)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> list[float] | None:
        """The numbers again."""
        return None if value is None else [float(part) for part in value.strip("[]").split(",")]


class SparseVectorField(_VectorField):
    """A sparse vector: weights by index, which counts from 0."""

    kind = "sparsevec"

    def get_prep_value(self, value: Any) -> str | None:
        """The text form."""
        return value if value is None or isinstance(value, str) else sparse_text(value, self.dimensions)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> dict[int, float] | None:
        """The weights again."""
        if value is None:
            return None
        pairs = (pair.split(":") for pair in value[1 : value.rindex("}")].split(",") if pair)
        return {int(index) - 1: float(weight) for index, weight in pairs}
