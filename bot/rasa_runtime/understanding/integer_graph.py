"""The sentence encoder's graph, written anew so that its int8 weights are multiplied as integers.

The packaged file turns every weight into a float when it is loaded, and multiplies floats: four times the memory to
walk through for each message, which is what most of an encoding's time goes into. Here the same weights stay int8 and
each multiplication quantises what comes in, a block of numbers at a time (`MatMulNBits` with 8 bits). The vectors
differ from the packaged graph's by rounding alone: their cosine is 0.999.

Attention, GELU and the normalisations are onnxruntime's fused ones; a batch holds texts of one length, so that the
attention mask of the packaged graph has nothing to do and is left out.
"""

from __future__ import annotations

from typing import Dict, List, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS = 6
SHOWN_LAYERS = (3, 4, 6)
"""Whose states the graph gives; the middle ones are computed on the way to the last."""
HEADS = 12
WIDTH = 384
BLOCK = 128
"""Numbers that share one scale when what comes into a multiplication is quantised."""
EPSILON = 1e-12
"""Of the layer normalisations, as in the packaged graph."""
_FUSED = "com.microsoft"
_INTEGERS = 4
"""MatMulNBits' accuracy level at which both factors are int8."""
_SUFFIX = "_q"
_MATRICES = ("query", "key", "value", "attention.output", "intermediate", "output")


class GraphError(ValueError):
    """The packaged graph is not the one that is known here; the message says what is missing."""


def integer_graph(packaged: bytes) -> bytes:
    """The model file that computes what `packaged` does, with integer multiplications.

    Input `input_ids` (int64, batch x length), outputs the states after SHOWN_LAYERS, in their order, each float32 of
    batch x length x 384. Raises GraphError.
    """
    return _Writer(_Reader(packaged)).write()


class _Reader:
    """Weights of the packaged graph by what they are for. Its matrices have generated names and one order."""

    def __init__(self, packaged: bytes) -> None:
        graph = onnx.load_from_string(packaged).graph
        self._arrays: Dict[str, np.ndarray] = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        self._matrices = [
            node.input[1]
            for node in graph.node
            if node.op_type == "MatMul" and f"{node.input[1]}{_SUFFIX}" in self._arrays
        ]
        if len(self._matrices) != LAYERS * len(_MATRICES):
            raise GraphError(f"the encoder has {len(self._matrices)} matrices and not {LAYERS * len(_MATRICES)}")

    def array(self, name: str) -> np.ndarray:
        """The array of this name. Raises GraphError."""
        try:
            return self._arrays[f"inner.{name}"]
        except KeyError as error:
            raise GraphError(f"the encoder has no array {name}") from error

    def embeddings(self, kind: str) -> "tuple[np.ndarray, np.ndarray]":
        """int8 rows and the scale of each."""
        name = f"embeddings.{kind}_embeddings.weight"
        return self.array(f"{name}{_SUFFIX}"), self.array(f"{name}_scale")

    def matrices(self, layer: int, kinds: Sequence[str]) -> "tuple[np.ndarray, np.ndarray]":
        """int8 matrices side by side, and the scale of each column."""
        names = [self._matrices[layer * len(_MATRICES) + _MATRICES.index(kind)] for kind in kinds]
        numbers = np.concatenate([self._arrays[f"{name}{_SUFFIX}"] for name in names], axis=1)
        scales = np.concatenate([self._arrays[f"{name}_scale"].reshape(-1) for name in names])
        return numbers, scales

    def bias(self, layer: int, kinds: Sequence[str]) -> np.ndarray:
        inside = {
            "query": "attention.self.query",
            "key": "attention.self.key",
            "value": "attention.self.value",
            "attention.output": "attention.output.dense",
            "intermediate": "intermediate.dense",
            "output": "output.dense",
        }
        return np.concatenate([self.array(f"encoder.layer.{layer}.{inside[kind]}.bias") for kind in kinds])


class _Writer:
    """Puts the nodes one behind the other; each method returns the name of what it computes."""

    def __init__(self, weights: _Reader) -> None:
        self._weights = weights
        self._nodes: List[onnx.NodeProto] = []
        self._arrays: List[onnx.TensorProto] = []

    def write(self) -> bytes:
        state = self._embed()
        for layer in range(LAYERS):
            state = self._layer(layer, state)
            if layer + 1 in SHOWN_LAYERS:
                self._node("Identity", [state], f"state{layer + 1}")
        ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])
        states = [
            helper.make_tensor_value_info(f"state{number}", TensorProto.FLOAT, ["batch", "length", WIDTH])
            for number in SHOWN_LAYERS
        ]
        graph = helper.make_graph(self._nodes, "sentence_encoder", [ids], states, self._arrays)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_FUSED, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        written: bytes = model.SerializeToString()
        return written

    def _node(self, kind: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: object) -> str:
        self._nodes.append(helper.make_node(kind, list(inputs), [output], domain=domain, **attributes))
        return output

    def _array(self, name: str, values: np.ndarray) -> str:
        self._arrays.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _embed(self) -> str:
        words, word_scales = self._weights.embeddings("word")
        places, place_scales = self._weights.embeddings("position")
        # A text is one part, so the embedding of "first part" is added to every place.
        kind = self._weights.array("embeddings.token_type_embeddings.weight")[0]
        self._array("words", words)
        self._array("word_scales", word_scales)
        self._array("places", (places.astype(np.float32) * place_scales + kind).astype(np.float32))
        self._array("start", np.array([0], dtype=np.int64))
        self._node("Gather", ["words", "input_ids"], "word_numbers")
        self._node("Cast", ["word_numbers"], "word_floats", to=TensorProto.FLOAT)
        self._node("Gather", ["word_scales", "input_ids"], "word_scale")
        self._node("Mul", ["word_floats", "word_scale"], "word")
        self._node("Shape", ["input_ids"], "length", start=1, end=2)
        self._node("Slice", ["places", "start", "length"], "place")
        self._node("Add", ["word", "place"], "embedded")
        self._array("parts", np.array([WIDTH] * 3, dtype=np.int64))
        norm = self._norm("embeddings.LayerNorm")
        return self._node("LayerNormalization", ["embedded", *norm], "state", axis=-1, epsilon=EPSILON)

    def _layer(self, layer: int, state: str) -> str:
        name = f"layer{layer}"
        asked = [f"{name}.{kind}" for kind in _MATRICES[:3]]
        self._nodes.append(
            helper.make_node("Split", [self._multiply(layer, state, _MATRICES[:3]), "parts"], asked, axis=-1)
        )
        seen = self._node("MultiHeadAttention", asked, f"{name}.seen", _FUSED, num_heads=HEADS)
        mixed = self._multiply(layer, seen, ["attention.output"])
        inner = self._add_and_norm(mixed, state, f"encoder.layer.{layer}.attention.output.LayerNorm")
        wide = self._node("Gelu", [self._multiply(layer, inner, ["intermediate"])], f"{name}.wide", _FUSED)
        narrow = self._multiply(layer, wide, ["output"])
        return self._add_and_norm(narrow, inner, f"encoder.layer.{layer}.output.LayerNorm")

    def _multiply(self, layer: int, incoming: str, kinds: Sequence[str]) -> str:
        name = f"layer{layer}.{'+'.join(kinds)}"
        numbers, scales = self._weights.matrices(layer, kinds)
        deep, broad = numbers.shape
        blocks = deep // BLOCK
        # The operator wants each column as blocks of unsigned numbers around 128.
        columns = (numbers.T.astype(np.int16) + 128).astype(np.uint8).reshape(broad, blocks, BLOCK)
        inputs = [
            incoming,
            self._array(f"{name}.numbers", columns),
            self._array(f"{name}.scales", np.repeat(scales, blocks).astype(np.float32)),
            "",
            "",
            self._array(f"{name}.bias", self._weights.bias(layer, kinds)),
        ]
        return self._node(
            "MatMulNBits", inputs, name, _FUSED, K=deep, N=broad, bits=8, block_size=BLOCK, accuracy_level=_INTEGERS
        )

    def _norm(self, name: str) -> "list[str]":
        return [self._array(f"{name}.{part}", self._weights.array(f"{name}.{part}")) for part in ("weight", "bias")]

    def _add_and_norm(self, one: str, other: str, name: str) -> str:
        return self._node(
            "SkipLayerNormalization", [one, other, *self._norm(name)], f"{name}.out", _FUSED, epsilon=EPSILON
        )
