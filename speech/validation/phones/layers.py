"""The layers of the phone recogniser, a Conformer (Gulati et al. 2020), written as an ONNX graph of its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from speech.validation.phones.weights import Array

_OPSET: Final = 17
_IR_VERSION: Final = 8
"""The oldest that has the operators, so that every onnxruntime of the requirements reads them."""

_HEADS: Final = 4
_SQRT_2: Final = 1.4140625  # as the model's half precision has it
_FLOOR: Final = 1e-10
_EPSILON: Final = 1e-5
_BATCH: Final = 1


def build(weights: Mapping[str, Array]) -> bytes:
    """An ONNX model from ``frames``, shape ``(1, frames, samples)``, to ``log_probabilities``.

    Args:
        weights: of `read_archive`.

    Raises:
        KeyError, IndexError: an array is missing.
    """
    graph = _Graph()
    # The export folded normalisations into convolutions and gave those and all matrices numbers for names.
    convolutions = [weights[name] for name in weights if name.startswith("onnx::Conv_")]
    matrices = [weights[name] for name in weights if name.startswith("onnx::MatMul_")]
    x = _begin(graph, _features(graph, weights), convolutions[0], convolutions[1])
    for number in range(len(matrices) // 6):
        block = _Block(graph, weights, number, matrices[6 * number :][:6], convolutions[2 + 2 * number :][:2])
        x = block.run(x)
    head = "acoustic_model.model.proj"
    logits = graph.linear(x, weights[f"{head}.weight"][:, :, 0].T, weights[f"{head}.bias"])
    return graph.model("frames", graph.add("LogSoftmax", logits, axis=-1), "log_probabilities")


class _Graph:
    """Collects operators; arrays among their inputs become constants."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def add(self, operator: str, *inputs: str | np.ndarray[Any, Any] | float, **attributes: Any) -> str:
        """The output of one more operator."""
        return self.split(operator, 1, *inputs, **attributes)[0]

    def split(
        self, operator: str, count: int, *inputs: str | np.ndarray[Any, Any] | float, **attributes: Any
    ) -> list[str]:
        """The outputs of one that has several."""
        from onnx import helper

        names = [given if isinstance(given, str) else self._constant(given) for given in inputs]
        outputs = [f"{operator}_{len(self._nodes)}_{number}" for number in range(count)]
        self._nodes.append(helper.make_node(operator, names, outputs, **attributes))
        return outputs

    def linear(self, x: str, matrix: Array, bias: Array) -> str:
        return self.add("Add", self.add("MatMul", x, matrix), bias)

    def silu(self, x: str) -> str:
        return self.add("Mul", x, self.add("Sigmoid", x))

    def normalise(self, x: str, scale: Array, shift: Array) -> str:
        return self.add("LayerNormalization", x, scale, shift, axis=-1, epsilon=_EPSILON)

    def model(self, source: str, result: str, name: str) -> bytes:
        from onnx import TensorProto, helper

        nodes = [*self._nodes, helper.make_node("Identity", [result], [name])]
        ends = [helper.make_tensor_value_info(end, TensorProto.FLOAT, [_BATCH, None, None]) for end in (source, name)]
        graph = helper.make_graph(nodes, "phones", ends[:1], ends[1:], self._constants)
        opset = helper.make_opsetid("", _OPSET)
        return bytes(helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION).SerializeToString())

    def _constant(self, value: np.ndarray[Any, Any] | float) -> str:
        from onnx import numpy_helper

        name = f"constant_{len(self._constants)}"
        array = np.ascontiguousarray(value) if isinstance(value, np.ndarray) else np.array(value, np.float32)
        self._constants.append(numpy_helper.from_array(array, name))
        return name


def _features(graph: _Graph, weights: Mapping[str, Array]) -> str:
    """Log-mel energies of the frames."""
    from onnx import TensorProto

    parts = [graph.add("MatMul", "frames", weights[f"stft_{part}_kernel"][:, 0].T) for part in ("real", "imag")]
    power = graph.add("Add", *(graph.add("Mul", part, part) for part in parts))
    energies = graph.add("Log", graph.add("Max", graph.add("MatMul", power, weights["mel_fb"]), _FLOOR))
    # The model was exported with its features in half precision.
    halved = graph.add("Cast", energies, to=TensorProto.FLOAT16)
    return graph.add("Cast", halved, to=TensorProto.FLOAT)


def _begin(graph: _Graph, features: str, kernel: Array, bias: Array) -> str:
    """Halve the rate."""
    channels = graph.add("Transpose", features, perm=[0, 2, 1])
    x = graph.add("Conv", channels, kernel, bias, strides=[2], pads=[1, 1])
    gate = graph.add("Add", graph.add("Erf", graph.add("Div", x, _SQRT_2)), 1.0)
    return graph.add("Transpose", graph.add("Mul", graph.add("Mul", x, gate), 0.5), perm=[0, 2, 1])


class _Block:
    """One block of the Conformer: half a feed-forward step, attention, convolution, the other half."""

    def __init__(
        self, graph: _Graph, weights: Mapping[str, Array], number: int, matrices: list[Array], depthwise: list[Array]
    ) -> None:
        self._graph = graph
        self._weights = weights
        self._prefix = f"acoustic_model.model.blocks.{number}"
        self._matrices = matrices
        self._depthwise = depthwise

    def run(self, x: str) -> str:
        graph = self._graph
        up, down, project, out, up_again, down_again = self._matrices
        x = graph.add("Add", x, self._feed_forward(x, "ffn1", up, down))
        x = graph.add("Add", x, self._attend(x, project, out))
        x = graph.add("Add", x, self._convolve(x))
        x = graph.add("Add", x, self._feed_forward(x, "ffn2", up_again, down_again))
        return self._normalised(x, "norm")

    def _own(self, name: str) -> Array:
        return self._weights[f"{self._prefix}.{name}"]

    def _normalised(self, x: str, name: str) -> str:
        return self._graph.normalise(x, self._own(f"{name}.weight"), self._own(f"{name}.bias"))

    def _feed_forward(self, x: str, name: str, up: Array, down: Array) -> str:
        """Half of its result, as Conformers add it."""
        graph = self._graph
        wide = graph.silu(graph.linear(self._normalised(x, f"{name}.norm"), up, self._own(f"{name}.fc1.bias")))
        return graph.linear(wide, 0.5 * down, 0.5 * self._own(f"{name}.fc2.bias"))

    def _attend(self, x: str, project: Array, out: Array) -> str:
        graph = self._graph
        width = project.shape[0] // _HEADS
        projected = graph.linear(self._normalised(x, "attn_norm"), project, self._own("attn.in_proj_bias"))
        heads = graph.add("Reshape", projected, np.array([_BATCH, -1, 3 * _HEADS, width]))
        query, key, value = graph.split("Split", 3, graph.add("Transpose", heads, perm=[0, 2, 1, 3]), axis=1)
        scores = graph.add("MatMul", query, graph.add("Transpose", key, perm=[0, 1, 3, 2]))
        likely = graph.add("Softmax", graph.add("Div", scores, float(width**0.5)), axis=-1)
        mixed = graph.add("Transpose", graph.add("MatMul", likely, value), perm=[0, 2, 1, 3])
        joined = graph.add("Reshape", mixed, np.array([_BATCH, -1, _HEADS * width]))
        return graph.linear(joined, out, self._own("attn.out_proj.bias"))

    def _convolve(self, x: str) -> str:
        graph = self._graph
        kernel, kernel_bias = self._depthwise
        wide = self._pointwise(self._normalised(x, "conv.norm"), 1)
        kept, gate = graph.split("Split", 2, wide, axis=-1)
        gated = graph.add("Transpose", graph.add("Mul", kept, graph.add("Sigmoid", gate)), perm=[0, 2, 1])
        edge = kernel.shape[2] // 2
        filtered = graph.add("Conv", gated, kernel, kernel_bias, group=len(kernel), pads=[edge, edge])
        return self._pointwise(graph.add("Transpose", graph.silu(filtered), perm=[0, 2, 1]), 2)

    def _pointwise(self, x: str, number: int) -> str:
        name = f"conv.pointwise{number}"
        return self._graph.linear(x, self._own(f"{name}.weight")[:, :, 0].T, self._own(f"{name}.bias"))
