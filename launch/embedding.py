"""The built-in embedding models, int8, run by onnxruntime: MiniLM for English, E5 for many languages."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

HIDDEN = 384
BATCH = 16


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model by the name that its graph has too, and how many tokens of a text it reads."""

    id: str
    max_tokens: int


ENGLISH = LocalModel("all-minilm-l6-v2", 256)
MULTILINGUAL = LocalModel("multilingual-e5-small", 512)


@dataclass(frozen=True, slots=True)
class Batch:
    """Vectors (float32, rows of 384, length one) for the texts at `places`, and how many tokens they had."""

    places: list[int]
    vectors: "np.ndarray[Any, Any]"
    tokens: int


class Embedder:
    """Turns texts into vectors. For one thread at a time."""

    def __init__(self, graph: Path, threads: int, model: LocalModel = ENGLISH) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(tokenizer_path(model)))
        self._tokenizer.enable_truncation(model.max_tokens)
        self._tokenizer.no_padding()

    def batches(self, texts: Sequence[str]) -> Iterator[Batch]:
        """Embed the texts sixteen at a time, those of like length together, in the order that this gives."""
        import numpy as np

        encoded = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda place: len(encoded[place].ids))
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            rows = [encoded[place].ids for place in places]
            ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
            for index, row in enumerate(rows):
                ids[index, : len(row)] = row
            mask = np.zeros_like(ids)
            for index, row in enumerate(rows):
                mask[index, : len(row)] = 1
            vectors = self._session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})[0]
            yield Batch(places, vectors, sum(map(len, rows)))


def tokenizer_path(model: LocalModel = ENGLISH) -> Path:
    """The tokenizer's JSON, beside the graph."""
    return graph_path(model).with_name(f"{model.id}-tokenizer.json")


def graph_path(model: LocalModel = ENGLISH) -> Path:
    """Where set-up leaves the graph that launch.embedding_graph builds."""
    return Path(sys.prefix) / "share/atrium" / f"{model.id}-int8.onnx"
